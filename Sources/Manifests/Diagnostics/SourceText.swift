/// The text of a manifest, for showing lines of it.
struct SourceText {
  let file: String
  private let text: String
  /// Where each line begins. libyaml counts the breaks of YAML 1.1, not only line feeds.
  private let lineStarts: [String.UnicodeScalarView.Index]

  /// A line is shown up to this many scalars to either side of the column.
  private static let reach = 80

  init(file: String, text: String) {
    self.file = file
    self.text = text
    var starts = [text.unicodeScalars.startIndex]
    var previous: Unicode.Scalar?
    var index = text.unicodeScalars.startIndex
    while index < text.unicodeScalars.endIndex {
      let scalar = text.unicodeScalars[index]
      text.unicodeScalars.formIndex(after: &index)
      if scalar == "\n" && previous == "\r" {
        starts[starts.count - 1] = index
      } else if Self.breaks.contains(scalar) {
        starts.append(index)
      }
      previous = scalar
    }
    lineStarts = starts
  }

  private static let breaks: Set<Unicode.Scalar> = ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"]

  /// The line numbered from 1; empty beyond the end.
  func line(_ number: Int) -> Substring.UnicodeScalarView {
    guard lineStarts.indices.contains(number - 1) else { return Substring().unicodeScalars }
    let end = number < lineStarts.count ? lineStarts[number] : text.unicodeScalars.endIndex
    var line = text.unicodeScalars[lineStarts[number - 1]..<end]
    // Not looked for from the beginning: a hostile line is as long as the text, and shown for each of its problems.
    while let last = line.last, Self.breaks.contains(last) { line.removeLast() }
    return line
  }

  var lineCount: Int { lineStarts.count }

  func diagnostic(
    _ severity: Diagnostic.Severity,
    line number: Int,
    column: Int,
    _ message: String,
    hint: String? = nil
  ) -> Diagnostic {
    let line = line(number)
    let first = max(0, column - 1 - Self.reach)
    let part = line.dropFirst(first).prefix(2 * Self.reach)
    return Diagnostic(
      file: file,
      line: number,
      column: column,
      severity: severity,
      message: message,
      hint: hint,
      sourceLine: part.printable,
      sourceColumn: max(0, min(column - 1 - first, part.count))
    )
  }
}

extension Sequence<Unicode.Scalar> {
  /// The scalars without those that could steer a terminal; tabs stay.
  var printable: String {
    var shown = String.UnicodeScalarView()
    for scalar in self {
      switch scalar.properties.generalCategory {
      case .control: shown.append(scalar == "\t" ? scalar : "\u{FFFD}")
      case .format: shown.append("\u{FFFD}")
      default: shown.append(scalar)
      }
    }
    return String(shown)
  }
}

extension String {
  /// What a message may repeat of untrusted text: at most 60 scalars in quotes, nothing that could steer a terminal.
  var quoted: String {
    let isLong = unicodeScalars.count > 60
    return "\"" + unicodeScalars.prefix(60).printable + (isLong ? "…\"" : "\"")
  }
}
