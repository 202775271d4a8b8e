import PodModel
import Yams

/// Reads pods, ConfigMaps and Secrets from YAML or JSON, and finds as many problems at once as it can.
///
/// The texts are not trusted: their size, nesting, aliases and the number of problems are bounded.
public enum ManifestReader {
  /// The longest text in bytes.
  public static let greatestSize = 4 << 20

  /// Reads every document of `text`; `file` is only named in diagnostics.
  public static func read(_ text: String, file: String, node: NodeIdentity? = nil) -> ManifestResult {
    read([ManifestText(text, file: file)], node: node)
  }

  /// Reads every document of all texts, which may refer to each other's objects.
  ///
  /// - Parameter node: The node that pods are to run on: what they require of it must hold. Nil where nobody asks.
  public static func read(_ texts: [ManifestText], node: NodeIdentity? = nil) -> ManifestResult {
    var readings: [Reading] = []
    var objects = ObjectCollection()
    for text in texts {
      let (reading, found) = documents(of: text, node)
      for object in found { objects.add(object, reading) }
      readings.append(reading)
    }
    objects.settle()
    var result = ManifestResult()
    for reading in readings {
      result.diagnostics += reading.diagnostics.inOrder
      result.notes += reading.notes.inOrder
    }
    if !result.hasErrors {
      result.pods = objects.pods
      result.configMaps = objects.configMaps
      result.secrets = objects.secrets
    }
    return result
  }

  private static func documents(of text: ManifestText, _ node: NodeIdentity?) -> (Reading, [ReadObject]) {
    guard text.text.utf8.count <= greatestSize else {
      let source = SourceText(file: text.file, text: "")
      let reading = Reading(source)
      let message = "the text has \(text.text.utf8.count) bytes, more than \(greatestSize)"
      reading.report(source.diagnostic(.error, line: 1, column: 1, message))
      return (reading, [])
    }
    let source = SourceText(file: text.file, text: text.text)
    let stream = DocumentStream(source, text: SurrogatePairs.joined(text.text))
    let reading = Reading(source, node: node)
    if let problem = stream.problem { reading.report(problem) }
    let objects = stream.roots.flatMap { DocumentReader.objects(Place(node: $0, path: ""), reading) }
    if objects.isEmpty, reading.diagnostics.isEmpty {
      reading.report(source.diagnostic(.error, line: 1, column: 1, "no pod in this file"))
    }
    return (reading, objects)
  }
}

extension [Diagnostic] {
  /// Sorted by their places.
  fileprivate var inOrder: [Diagnostic] {
    enumerated().sorted {
      ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
    }.map(\.element)
  }
}
