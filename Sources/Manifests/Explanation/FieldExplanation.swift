/// What a field is, for people.
public struct FieldExplanation: Sendable {
  /// From the kind on: `pod.spec.containers.name`.
  public let path: String
  /// What becomes of it.
  public let fate: FieldFate
  private let outline: FieldOutline

  init(path: String, outline: FieldOutline, fate: FieldFate) {
    self.path = path
    self.outline = outline
    self.fate = fate
  }

  /// Its own name.
  public var name: String { outline.name }
  /// Its type's name, as `kubectl explain` writes it.
  public var type: String { outline.shape.name }
  /// A sentence or two.
  public var text: String { outline.text }
  /// Whether it must be there.
  public var isRequired: Bool { outline.isRequired }
  /// What holds when it is not there, in words.
  public var defaultValue: String? { outline.defaultValue }
  /// The values that are possible where only some are.
  public var values: [String] { outline.shape.values }

  /// The fields of the object, or of the objects in the list.
  public var fields: [FieldExplanation] {
    outline.shape.fields.map { field in
      FieldExplanation(path: "\(path).\(field.name)", outline: field, fate: fate.inherited(by: field.fate))
    }
  }
}

extension FieldFate {
  /// A field of something that is refused is refused, a field of what has no effect has none.
  fileprivate func inherited(by part: FieldFate) -> FieldFate { self == .honoured ? part : self }
}

/// The kinds of objects and all that is in them.
public enum FieldCatalogue {
  /// Why a path leads nowhere.
  public struct Problem: Error, CustomStringConvertible {
    /// The field, what there is, and what may be meant.
    public let description: String
  }

  /// Pods, ConfigMaps and Secrets.
  public static let kinds: [FieldExplanation] = [
    kind("pod", PodFields.table.shape, "Containers that run together and share network, IPC and volumes."),
    kind("configmap", ConfigMapFields.table.shape, "Values by name, for variables and files of pods."),
    kind("secret", SecretFields.table.shape, "Confidential values by name, for variables, files and registries."),
  ]

  private static func kind(_ name: String, _ shape: Shape, _ text: String) -> FieldExplanation {
    FieldExplanation(path: name, outline: FieldOutline(name, shape, text), fate: .honoured)
  }

  /// What a path means: `pod.spec.volumes.emptyDir`, `spec.containers[0].image`; without a kind it is a pod's.
  public static func explain(_ path: String) throws(Problem) -> FieldExplanation {
    var parts = path.split(separator: ".", omittingEmptySubsequences: false).map(withoutIndex)
    var found = kinds[0]
    if let kind = kinds.first(where: { $0.name == parts.first?.lowercased() }) {
      found = kind
      parts.removeFirst()
    }
    for part in parts {
      let fields = found.fields
      guard let next = fields.first(where: { $0.name == part }) else { throw problem(part, found, fields) }
      found = next
    }
    return found
  }

  private static func withoutIndex(_ part: Substring) -> String {
    String(part.prefix { $0 != "[" })
  }

  private static func problem(_ part: String, _ owner: FieldExplanation, _ fields: [FieldExplanation]) -> Problem {
    let shown = "\(owner.path).\(part)".quoted
    if fields.isEmpty {
      return Problem(description: "\(shown): \(owner.path) has no fields; it is of type \(owner.type)")
    }
    var candidates = fields.map(\.name)
    if owner.path == kinds[0].path { candidates += kinds.map(\.name) }
    let hint =
      Suggestion.closest(to: part, among: candidates).map { "did you mean \($0)?" }
      ?? elsewhere(part) ?? "fields of \(owner.path): \(fields.map(\.name).sorted().joined(separator: ", "))"
    return Problem(description: "\(shown): unknown field; \(hint)")
  }

  /// Fields are asked for by their name alone, too.
  private static func elsewhere(_ name: String) -> String? {
    FieldIndex.owners[name].map { "it is a field of pod.\($0.replacing("[]", with: ""))" }
  }
}
