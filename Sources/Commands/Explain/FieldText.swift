import Manifests

/// Explanations of fields as text, in the manner of `kubectl explain`.
enum FieldText {
  private static let width = 100

  /// The kinds, with all of their fields if somebody wants to see them.
  static func kinds(recursive: Bool) -> String {
    FieldCatalogue.kinds.map { kind in
      recursive ? "\(kind.name)\n\(tree(kind.fields, level: 1))" : pair(kind.name, kind.text)
    }.joined()
  }

  /// A field and what is in it.
  static func page(_ field: FieldExplanation, recursive: Bool) -> String {
    var page = "\(field.path) <\(field.type)>\(field.isRequired ? " -required-" : "")\n"
    page += "  \(fate(field.fate))\n\n" + wrapped(field.text, indentation: 2)
    if !field.values.isEmpty {
      page += "  One of: \(field.values.map { $0.isEmpty ? "\"\"" : $0 }.joined(separator: ", "))\n"
    }
    if let value = field.defaultValue { page += "  Default: \(value)\n" }
    let fields = field.fields
    if fields.isEmpty { return page }
    page += "\nFields:\n"
    if recursive { return page + tree(fields, level: 1) }
    return page + fields.map { pair(label($0) + mark($0.fate), $0.text) }.joined()
  }

  private static func tree(_ fields: [FieldExplanation], level: Int) -> String {
    fields.map { field in
      let line = String(repeating: "  ", count: level) + label(field) + mark(field.fate) + "\n"
      return line + tree(field.fields, level: level + 1)
    }.joined()
  }

  private static func label(_ field: FieldExplanation) -> String {
    "\(field.name) <\(field.type)>" + (field.isRequired ? " -required-" : "")
  }

  private static func mark(_ fate: FieldFate) -> String { fate == .honoured ? "" : " [\(fate.title)]" }

  private static func fate(_ fate: FieldFate) -> String { fate.title + (fate.advice.map { ": \($0)" } ?? "") }

  private static func pair(_ head: String, _ text: String) -> String {
    "  \(head)\n" + wrapped(text, indentation: 4)
  }

  private static func wrapped(_ text: String, indentation: Int) -> String {
    let margin = String(repeating: " ", count: indentation)
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + word.count < width {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(margin + word)
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }
}
