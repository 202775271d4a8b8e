import JSONText

/// Credentials in the form of docker's `config.json` or of the older `.dockercfg`.
public struct DockerConfig: CredentialSource {
  private struct Entry: Sendable {
    let pattern: String
    let credential: RegistryCredential
  }

  private let entries: [Entry]
  private let origin: String
  /// The program that has all other credentials (`credsStore`), and those for single registries (`credHelpers`): not run.
  private let helper: String?
  private let helpers: [String: String]

  /// The longest file in bytes.
  public static let greatestSize = 1 << 20

  /// Reads an untrusted file.
  ///
  /// - Parameters:
  ///   - bytes: Its bytes.
  ///   - origin: What to call it in messages.
  ///   - isLegacy: Whether it is a `.dockercfg`: the registries without `auths` around them.
  public init(parsing bytes: [UInt8], origin: String, isLegacy: Bool = false) throws(CredentialError) {
    let root: JSONValue
    do throws(JSONTextError) {
      root = try JSONValue(parsing: bytes, limits: JSONLimits(bytes: Self.greatestSize, depth: 8, values: 50_000))
    } catch {
      throw CredentialError("\(origin): not JSON: \(error)")
    }
    guard root.members != nil else { throw CredentialError("\(origin): expected an object") }
    var entries: [Entry] = []
    let auths = isLegacy ? root : root["auths"] ?? .object([])
    guard let members = auths.members else { throw CredentialError("\(origin): auths: expected an object") }
    for member in members {
      let place = "\(origin): auths[\"\(member.name.shortened)\"]"
      if let credential = try Self.credential(member.value, place) {
        entries.append(Entry(pattern: member.name, credential: credential))
      }
    }
    self.entries = entries
    self.origin = origin
    helper = root["credsStore"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    helpers = (root["credHelpers"]?.members ?? []).reduce(into: [:]) { $0[$1.name] = $1.value.string ?? "" }
  }

  /// The credential of an entry; nil where it holds none, as docker writes it for registries whose credentials a helper
  /// has.
  private static func credential(_ value: JSONValue, _ place: String) throws(CredentialError) -> RegistryCredential? {
    func text(_ name: String) throws(CredentialError) -> String? {
      guard let field = value[name], field != .null else { return nil }
      guard let text = field.string else { throw CredentialError("\(place).\(name): expected a string") }
      let isSafe = text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
      guard isSafe else { throw CredentialError("\(place).\(name): must not contain control characters") }
      return text.isEmpty ? nil : text
    }
    guard value.members != nil else { throw CredentialError("\(place): expected an object") }
    if let token = try text("registrytoken") { return .registryToken(token) }
    if let token = try text("identitytoken") { return .identityToken(token) }
    if let user = try text("username"), let password = try text("password") {
      return .password(user: user, password: password)
    }
    guard let auth = try text("auth") else { return nil }
    guard let decoded = Base64.decode(auth), let plain = String(validating: decoded, as: UTF8.self) else {
      throw CredentialError("\(place).auth: expected the base64 of user:password")
    }
    // Docker pads with NUL.
    let trimmed = plain.prefix { $0 != "\0" }
    guard let colon = trimmed.firstIndex(of: ":"), colon != trimmed.startIndex,
      trimmed.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
    else { throw CredentialError("\(place).auth: expected the base64 of user:password") }
    return .password(
      user: String(trimmed[..<colon]),
      password: String(trimmed[trimmed.index(after: colon)...])
    )
  }

  /// The longest pattern first.
  public func credentials(registry: String, path: String) async throws(CredentialError) -> [OfferedCredential] {
    let found = entries.map { (CredentialPattern($0.pattern), $0.credential) }
      .filter { $0.0.matches(registry: registry, path: path) }
      .sorted { $0.0.weight > $1.0.weight }
      .map { OfferedCredential($0.1, origin: origin) }
    guard found.isEmpty, let program = helper(for: registry) else { return found }
    let note =
      "\(origin) leaves the credentials to docker-credential-\(program.shortened), and such helpers are not run: write them "
      + "into the file, or configure a credential provider"
    return [OfferedCredential(.anonymous, origin: origin, note: note)]
  }

  private func helper(for registry: String) -> String? {
    helpers.first { CredentialPattern($0.key).matches(registry: registry, path: "") }?.value ?? helper
  }
}
