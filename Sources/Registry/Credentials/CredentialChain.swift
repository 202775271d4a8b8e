/// Sources one after the other, and at the end nothing: many images are public.
public struct CredentialChain: CredentialSource {
  private let sources: [any CredentialSource]

  /// - Parameter sources: The ones that are asked first stand first: secrets of the pod, files, programs.
  public init(_ sources: [any CredentialSource]) { self.sources = sources }

  /// All that fit, without repetitions, `anonymous` last.
  public func credentials(registry: String, path: String) async throws(CredentialError) -> [OfferedCredential] {
    var all: [OfferedCredential] = []
    for source in sources {
      for offer in try await source.credentials(registry: registry, path: path) {
        let isNew = offer.credential != .anonymous && !all.contains { $0.credential == offer.credential }
        if offer.note != nil || isNew { all.append(offer) }
      }
    }
    return all + [.anonymous]
  }
}
