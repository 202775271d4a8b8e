import JSONText

extension JSONValue {
  /// The value as JSON text for people: two spaces for each level, one member or element a line.
  var indented: String { indented(level: 0) }

  private func indented(level: Int) -> String {
    let inner = String(repeating: "  ", count: level + 1)
    let outer = String(repeating: "  ", count: level)
    switch self {
    case .array(let elements) where !elements.isEmpty:
      let lines = elements.map { inner + $0.indented(level: level + 1) }
      return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
    case .object(let members) where !members.isEmpty:
      let lines = members.map { member in
        inner + Self.text(.string(member.name)) + ": " + member.value.indented(level: level + 1)
      }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
    default: return Self.text(self)
    }
  }

  private static func text(_ value: JSONValue) -> String { String(decoding: value.serialized(), as: UTF8.self) }
}
