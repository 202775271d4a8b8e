import Glibc
import Linux
import Manifests

/// Reads manifests from files.
public enum ManifestFiles {
  /// A file that cannot be read, in one line for a person.
  public struct Problem: Error, CustomStringConvertible {
    /// The line.
    public let description: String
  }

  /// What the files say together; `-` is the standard input.
  ///
  /// - Parameter node: The node that pods are to run on; see ``Manifests/ManifestReader``.
  public static func read(_ paths: [String], node: NodeIdentity?) throws(Problem) -> ManifestResult {
    var texts: [ManifestText] = []
    for path in paths { texts.append(try text(path)) }
    return ManifestReader.read(texts, node: node)
  }

  private static func text(_ path: String) throws(Problem) -> ManifestText {
    let name = path == "-" ? "standard input" : path
    let bytes: [UInt8]
    do throws(SyscallError) {
      if path == "-" {
        bytes = try readAll(STDIN_FILENO, limit: ManifestReader.greatestSize)
      } else {
        let opened = try openAt(AT_FDCWD, path, O_RDONLY)
        bytes = try readAll(opened.raw, limit: ManifestReader.greatestSize)
      }
    } catch {
      throw Problem(description: "\(name) cannot be read: \(errorText(error.errno))")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Problem(description: "\(name) is not UTF-8 text")
    }
    return ManifestText(text, file: name)
  }
}
