import JSONText
import Manifests
import PodModel

/// What `swiftlet validate` says about manifests.
struct ValidationReport {
  private let result: ManifestResult
  private let verbose: Bool

  init(_ result: ManifestResult, verbose: Bool = false) {
    self.result = result
    self.verbose = verbose
  }

  /// Errors and warnings, each with its line of the text.
  var problems: [String] { result.diagnostics.map { $0.rendered() } }

  /// A line for each object when all are valid, and for each field without effect when somebody asks.
  var summary: String {
    let objects = objects.map { "\($0.kind) \($0.metadata.namespace)/\($0.metadata.name): valid\n" }
    let notes = verbose ? result.notes.map { "\($0.description)\n" } : []
    return (notes + objects).joined()
  }

  private var objects: [(kind: String, metadata: ObjectMeta)] {
    result.pods.map { ("pod", $0.metadata) } + result.configMaps.map { ("configmap", $0.metadata) }
      + result.secrets.map { ("secret", $0.metadata) }
  }

  /// The same for programs: keys are sorted, problems stand in the order of the text.
  var json: String {
    let value = JSONValue.object([
      JSONMember("diagnostics", .array(result.diagnostics.map(Self.json))),
      JSONMember("objects", .array(objects.map(Self.json))),
      JSONMember("valid", .bool(!result.hasErrors)),
      JSONMember("withoutEffect", .array(result.notes.map(Self.json))),
    ])
    return String(decoding: value.serialized(), as: UTF8.self)
  }

  private static func json(_ object: (kind: String, metadata: ObjectMeta)) -> JSONValue {
    .object([
      JSONMember("kind", .string(object.kind)), JSONMember("name", .string(object.metadata.name)),
      JSONMember("namespace", .string(object.metadata.namespace)),
    ])
  }

  private static func json(_ diagnostic: Diagnostic) -> JSONValue {
    .object([
      JSONMember("column", .integer(Int64(diagnostic.column))), JSONMember("file", .string(diagnostic.file)),
      JSONMember("hint", diagnostic.hint.map { .string($0) } ?? .null),
      JSONMember("line", .integer(Int64(diagnostic.line))), JSONMember("message", .string(diagnostic.message)),
      JSONMember("severity", .string(diagnostic.severity.rawValue)),
    ])
  }
}
