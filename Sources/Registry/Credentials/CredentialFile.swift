import Glibc
import Linux

/// A file in the form of docker's `config.json`, read whenever credentials are wanted: tools renew it.
public struct CredentialFile: CredentialSource {
  private let path: String
  private let registry: String?
  private let isRequired: Bool

  /// - Parameters:
  ///   - path: Absolute.
  ///   - registry: The only registry that it is for; nil for all.
  ///   - isRequired: Whether its absence is an error.
  public init(_ path: String, registry: String? = nil, isRequired: Bool) {
    self.path = path
    self.registry = registry
    self.isRequired = isRequired
  }

  /// What the file has for a repository.
  public func credentials(registry: String, path: String) async throws(CredentialError) -> [OfferedCredential] {
    if let only = self.registry, only != registry { return [] }
    let bytes: [UInt8]
    do throws(SyscallError) {
      let file = try openAt(AT_FDCWD, self.path, O_RDONLY | O_NONBLOCK)
      bytes = try readAll(file.raw, limit: DockerConfig.greatestSize)
    } catch {
      if error.errno == ENOENT && !isRequired { return [] }
      throw CredentialError("\(self.path): cannot be read: \(errorText(error.errno))")
    }
    return try await DockerConfig(parsing: bytes, origin: self.path).credentials(registry: registry, path: path)
  }
}
