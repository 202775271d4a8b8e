import Glibc
import Linux
import Manifests
import PodModel

/// The pod of a file.
enum ManifestSource {
  /// What is wrong with it, as lines for a person.
  struct Problem: Error {
    var text: String
  }

  /// The pod, and warnings about it.
  struct Found {
    var pod: Pod
    var secrets: [Secret]
    var warnings: [String]
  }

  /// Reads the one pod of a file, or of the standard input for `-`.
  static func read(_ file: String) throws(Problem) -> Found {
    let name = file == "-" ? "standard input" : file
    let bytes: [UInt8]
    do throws(SyscallError) {
      if file == "-" {
        bytes = try readAll(STDIN_FILENO, limit: ManifestReader.greatestSize)
      } else {
        let opened = try openAt(AT_FDCWD, file, O_RDONLY)
        bytes = try readAll(opened.raw, limit: ManifestReader.greatestSize)
      }
    } catch {
      throw Problem(text: "\(name) cannot be read: \(errorText(error.errno))")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Problem(text: "\(name) is not UTF-8 text")
    }
    return try pick(ManifestReader.read(text, file: name), name)
  }

  private static func pick(_ result: ManifestResult, _ name: String) throws(Problem) -> Found {
    let lines = result.diagnostics.map { $0.rendered() }
    guard !result.hasErrors, let pod = result.pods.first else {
      throw Problem(text: lines.isEmpty ? "\(name): no pod in this file" : lines.joined(separator: "\n"))
    }
    guard result.pods.count == 1 else {
      let names = result.pods.map(\.metadata.name).joined(separator: ", ")
      throw Problem(text: "\(name): swiftlet run takes one pod, and the file has \(result.pods.count): \(names)")
    }
    return Found(pod: pod, secrets: result.secrets, warnings: lines)
  }
}
