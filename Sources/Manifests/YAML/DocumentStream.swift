import Yams

/// The YAML documents of a text, as far as it can be read.
struct DocumentStream {
  private(set) var roots: [Node] = []
  /// Why the reading stopped before the end.
  private(set) var problem: Diagnostic?

  init(_ source: SourceText, text: String) {
    if let refusal = KeyScreen(text).refusal() {
      let (line, column) = Self.place(of: refusal.offset, in: text)
      problem = source.diagnostic(
        .error,
        line: line,
        column: column,
        refusal.reason,
        hint: "write it as a plain key with a value"
      )
      return
    }
    let texts = JSONDocuments.separated(text) ?? [text]
    if texts.isEmpty {
      problem = source.diagnostic(.error, line: 1, column: 1, "too many JSON documents for a text of this size")
    }
    for text in texts where problem == nil { compose(text, source) }
  }

  private mutating func compose(_ text: String, _ source: SourceText) {
    do {
      // Without rules the composer takes every plain scalar for a string: what they are is decided by `ScalarValue`.
      let parser = try Parser(yaml: Self.padded(text), resolver: .basic, encoding: .utf8)
      while let root = try parser.nextRoot() { roots.append(root) }
    } catch let error as YamlError {
      problem = Self.diagnostic(of: error, source)
    } catch {
      problem = source.diagnostic(.error, line: 1, column: 1, "the text cannot be read: \(error)")
    }
  }

  /// Yams keeps a pointer to the bytes: those of a string of 15 bytes or fewer would not stay where they are.
  private static func padded(_ text: String) -> String {
    var padded = text + (text.utf8.count < 64 ? String(repeating: "\n", count: 64) : "")
    padded.makeContiguousUTF8()
    return padded
  }

  private static func place(of offset: Int, in text: String) -> (line: Int, column: Int) {
    let before = text.utf8.prefix(offset)
    let line = before.count { $0 == 0x0A } + 1
    let start = before.lastIndex(of: 0x0A).map(text.utf8.index(after:)) ?? text.utf8.startIndex
    return (line, text.unicodeScalars[start...].prefix { $0 != "\n" }.prefix(before[start...].count).count + 1)
  }

  private static func diagnostic(of error: YamlError, _ source: SourceText) -> Diagnostic {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let begun = context.map {
        " \($0.text)" + ($0.mark.line == mark.line ? "" : " that begins at line \($0.mark.line)")
      }
      let (line, column) = source.clamped(mark)
      return source.diagnostic(
        .error,
        line: line,
        column: column,
        "no YAML:" + (begun ?? "") + " \(problem)",
        hint: hint(for: problem)
      )
    case .duplicatedKeysInMapping(let duplicates, let context):
      let key = duplicates.first ?? ""
      let line = source.repetition(of: key, after: context.mark) ?? context.mark.line
      return source.diagnostic(
        .error,
        line: line,
        column: context.mark.column,
        "\(key.quoted): duplicate key",
        hint: line == context.mark.line ? nil : "it is already at line \(context.mark.line)"
      )
    case .reader(let problem, let offset, _, let text):
      let scalars = text.prefix(offset ?? 0).unicodeScalars
      let line = scalars.count { $0 == "\n" } + 1
      let column = scalars.reversed().prefix { $0 != "\n" }.count + 1
      return source.diagnostic(.error, line: line, column: column, "no text: \(problem)")
    default:
      return source.diagnostic(.error, line: 1, column: 1, "no YAML: \(error)")
    }
  }

  private static func hint(for problem: String) -> String? {
    if problem.contains("cannot start any token") { return "indent with spaces, and quote what begins with @, ` or %" }
    if problem.contains("mapping values are not allowed") { return "quote a value that contains a colon and a space" }
    if problem.contains("expected <block end>") { return "check the indentation of this line and of those above" }
    return nil
  }
}

extension SourceText {
  /// The end of a text, when it is too early, is reported on the line after it.
  fileprivate func clamped(_ mark: Mark) -> (line: Int, column: Int) {
    mark.line <= lineCount ? (mark.line, mark.column) : (lineCount, line(lineCount).count + 1)
  }

  /// The next line with the same key in the same column; nil where the mapping is not written in a block.
  fileprivate func repetition(of key: String, after mark: Mark) -> Int? {
    guard mark.line < lineCount else { return nil }
    for number in (mark.line + 1)...lineCount {
      let line = line(number)
      let indentation = line.prefix { $0 == " " || $0 == "-" }.count
      let rest = String(String.UnicodeScalarView(line.dropFirst(mark.column - 1)))
      let name = rest.prefix { $0 != ":" }.filter { $0 != "\"" && $0 != "'" && $0 != " " }
      if indentation == mark.column - 1, name == key { return number }
      if indentation < mark.column - 1, line.count > indentation, line.first != "#" { return nil }
    }
    return nil
  }
}
