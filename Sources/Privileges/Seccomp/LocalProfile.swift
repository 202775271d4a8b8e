import Glibc
import Linux
import RuntimeAPI

/// Profiles that an administrator put on the node, named by `seccompProfile.localhostProfile`.
public struct LocalProfile: Sendable {
  /// The directory's path, for errors.
  private let path: String

  /// - Parameter directory: Where profiles lie; Kubernetes' is `<state>/seccomp`.
  public init(directory path: String) { self.path = path }

  /// Reads a profile for one container.
  ///
  /// - Parameters:
  ///   - name: A path relative to the directory, without `..`, as Kubernetes demands; links stay inside the directory.
  ///   - target: What a conditional profile is resolved for.
  /// - Throws: ``PrivilegesError`` that names the file, and the field in it.
  public func profile(named name: String, for target: SeccompTarget) throws(PrivilegesError) -> SeccompProfile {
    let field = "seccompProfile.localhostProfile"
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard !name.isEmpty, name.utf8.count <= 4096, !name.utf8.contains(0), parts.first?.isEmpty == false,
      !parts.contains(where: { $0.elementsEqual("..".utf8) })
    else {
      throw PrivilegesError(
        .invalid,
        field,
        "\(quoted(name)) must be a relative path without .. below \(path)"
      )
    }
    let bytes: [UInt8]
    do throws(SyscallError) {
      let directory = try openDirectory(AT_FDCWD, path)
      let file = try openInRoot(directory.raw, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
      bytes = try readRegularFile(file, limit: ProfileDocument.maximumBytes)
    } catch {
      let kind: PrivilegesError.Kind = error.errno == ENOENT ? .notFound : .unreadable
      throw PrivilegesError(
        kind,
        field,
        "cannot read seccomp profile \(quoted(name)) in \(path): \(errorText(error.errno))"
      )
    }
    do throws(PrivilegesError) {
      return try ProfileDocument.parse(bytes, for: target)
    } catch {
      throw PrivilegesError(error.kind, "seccomp profile \(quoted(name))", error.description)
    }
  }
}
