/// What proves to a registry who asks.
public enum RegistryCredential: Hashable, Sendable {
  /// Nothing.
  case anonymous
  /// A name and a password.
  case password(user: String, password: String)
  /// A token of the registry's token service, which gives others in exchange (`identitytoken` of docker's file).
  case identityToken(String)
  /// A token that the registry itself takes (`registrytoken`).
  case registryToken(String)

  /// HTTP basic authentication (RFC 7617).
  static func basic(_ user: String, _ password: String) -> String {
    "Basic " + Base64.encode(Array("\(user):\(password)".utf8))
  }
}

/// A credential and where it comes from, for messages.
public struct OfferedCredential: Hashable, Sendable {
  /// The credential.
  public let credential: RegistryCredential
  /// `imagePullSecrets: registry`, `/etc/swiftlet/auth.json`.
  public let origin: String
  /// What a person should know if the registry refuses: why there is no better credential; nil usually.
  public let note: String?

  /// Makes one.
  public init(_ credential: RegistryCredential, origin: String, note: String? = nil) {
    self.credential = credential
    self.origin = origin
    self.note = note
  }

  static let anonymous = OfferedCredential(.anonymous, origin: "no credentials")
}

/// Knows credentials for images.
public protocol CredentialSource: Sendable {
  /// Those that fit a repository at a registry, the best first.
  ///
  /// - Parameters:
  ///   - registry: The registry that is asked, as image names have it; a mirror's own name.
  ///   - path: The repository within it.
  func credentials(registry: String, path: String) async throws(CredentialError) -> [OfferedCredential]
}

/// Why credentials could not be read.
public struct CredentialError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What happened, where, and what to do; without any secret.
  public let description: String

  /// Makes an error.
  public init(_ description: String) { self.description = description }
}
