import Glibc
import Linux
import Manifests

/// Reads `/etc/swiftlet/config.yaml`.
public enum ConfigurationFile {
  /// What is wrong with it, as lines for a person.
  public struct Problem: Error, CustomStringConvertible {
    /// The lines.
    public let description: String
  }

  /// The place where nothing need be.
  public static let usual = "/etc/swiftlet/config.yaml"

  /// The configuration of a file; the defaults if it is the usual one and not there.
  ///
  /// - Returns: The configuration, and warnings about it.
  public static func read(_ path: String) throws(Problem) -> (NodeConfiguration, warnings: [String]) {
    if path == usual, access(path, F_OK) != 0, errno == ENOENT { return (NodeConfiguration(), []) }
    let text = try text(path)
    let (configuration, diagnostics) = ConfigurationReader.read(text, file: path)
    let lines = diagnostics.map { $0.rendered() }
    guard let configuration else { throw Problem(description: lines.joined(separator: "\n")) }
    return (configuration, lines)
  }

  static func text(_ path: String) throws(Problem) -> String {
    let bytes: [UInt8]
    do throws(SyscallError) {
      let file = try openAt(AT_FDCWD, path, O_RDONLY | O_NONBLOCK)
      bytes = try readAll(file.raw, limit: ManifestReader.greatestSize)
    } catch {
      throw Problem(description: "the configuration \(path) cannot be read: \(errorText(error.errno))")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Problem(description: "the configuration \(path) is not UTF-8 text")
    }
    return text
  }
}
