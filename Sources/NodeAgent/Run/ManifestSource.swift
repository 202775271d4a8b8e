import Manifests
import NodeSettings
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
    var configMaps: [ConfigMap]
    var secrets: [Secret]
    var warnings: [String]
  }

  /// Reads the one pod of a file, or of the standard input for `-`; what it requires of its node must hold for `node`.
  static func read(_ file: String, node: NodeIdentity) throws(Problem) -> Found {
    let result: ManifestResult
    do {
      result = try ManifestFiles.read([file], node: node)
    } catch {
      throw Problem(text: error.description)
    }
    return try pick(result, file == "-" ? "standard input" : file)
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
    return Found(pod: pod, configMaps: result.configMaps, secrets: result.secrets, warnings: lines)
  }
}
