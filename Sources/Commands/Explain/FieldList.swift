import Manifests

/// The README's list of fields: one row for each type, its fields by what becomes of them.
enum FieldList {
  /// A table in Markdown. Types are named once, where they are met first.
  static var markdown: String {
    var lines = ["| | honoured | without effect here | not yet |", "|---|---|---|---|"]
    var seen: Set<String> = []
    var queue = FieldCatalogue.kinds
    var index = 0
    while index < queue.count {
      let owner = queue[index]
      index += 1
      // What is refused or without effect as a whole needs no row of its own.
      guard owner.fate == .honoured, !owner.fields.isEmpty, seen.insert(typeName(owner)).inserted else { continue }
      lines.append(row(owner))
      queue += owner.fields
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func typeName(_ field: FieldExplanation) -> String {
    String(field.type.drop { "[]".contains($0) })
  }

  private static func row(_ owner: FieldExplanation) -> String {
    let fields = owner.fields
    func names(_ isMine: (FieldFate) -> Bool) -> String {
      fields.filter { isMine($0.fate) }.map { "`\($0.name)`" }.joined(separator: " ")
    }
    let cells = [
      "`\(owner.path)`", names { $0 == .honoured }, names { $0 == .withoutEffect }, names { $0.advice != nil },
    ]
    return "| " + cells.joined(separator: " | ") + " |"
  }
}
