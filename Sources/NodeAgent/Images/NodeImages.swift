import Images
import NodeSettings
import PodEngine
import PodModel
import Registry
import Synchronization

/// The images of this node: its store, and the registries that fill it.
struct NodeImages: ImageSource {
  let store: ImageStore
  let registries: RegistryClient
  let options: PullOptions
  /// The Secrets that pods may name.
  let secrets: [Secret]

  func find(_ reference: ImageReference, holder: String) async throws(ImageStoreError) -> UsableImage? {
    try store.usable(reference, holder: holder)
  }

  func pull(
    _ reference: ImageReference,
    for pod: Pod,
    holder: String,
    progress: @escaping @Sendable (String) -> Void
  ) async throws(ImageStoreError) -> UsableImage {
    let repository = registries.repository(of: reference, secrets: try credentials(of: pod))
    let meter = PullMeter(progress)
    let image = try await store.pull(reference, from: repository, options: options) { meter.take($0) }
    return try store.usable(image, holder: holder)
  }

  /// A Secret that cannot be read is an error, one that is not there is not: the image may be public.
  private func credentials(of pod: Pod) throws(ImageStoreError) -> [any CredentialSource] {
    var sources: [any CredentialSource] = []
    for name in pod.spec.imagePullSecrets {
      let secret = secrets.first { $0.metadata.name == name && $0.metadata.namespace == pod.metadata.namespace }
      guard let secret else { continue }
      do throws(CredentialError) {
        if let source = try secret.registryCredentials() { sources.append(source) }
      } catch {
        throw .source(ContentSourceError(.configuration, error.description))
      }
    }
    return sources
  }
}

/// Makes words of a pull's events, once a second at most.
final class PullMeter: Sendable {
  private struct State {
    var layers: [ContentDigest: LayerProgress] = [:]
    var count = 0
    var total: Int64 = 0
    var told = ContinuousClock.now
  }

  private let state = Mutex(State())
  private let tell: @Sendable (String) -> Void

  init(_ tell: @escaping @Sendable (String) -> Void) { self.tell = tell }

  func take(_ event: PullEvent) {
    let text = state.withLock { state -> String? in
      switch event {
      case .waiting: return "waiting for other images that are being pulled"
      case .notice: return nil
      case .retrying(let text): return text
      case .resolved(_, _, let layers):
        state.count = layers.count
        state.total = layers.reduce(0) { $0 &+ $1.size }
        return nil
      case .layer(let progress):
        state.layers[progress.digest] = progress
        guard state.told.duration(to: .now) >= .seconds(1) else { return nil }
        state.told = .now
        let bytes = state.layers.values.reduce(0) { $0 &+ $1.bytes }
        let done = state.layers.values.count { $0.state == .done || $0.state == .present }
        return "pulling image: \(humanMegabytes(bytes)) of \(humanMegabytes(state.total)) MB, "
          + "\(done) of \(state.count) layers done"
      }
    }
    if let text { tell(text) }
  }
}

private func humanMegabytes(_ bytes: Int64) -> String {
  let tenths = bytes / 100_000
  return tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : "\(tenths / 10)"
}
