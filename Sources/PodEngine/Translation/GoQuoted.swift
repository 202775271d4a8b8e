/// Texts as Go writes them in its sources (`strconv.Quote`), which readers of downward API files expect.
enum GoQuoted {
  static func text(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars { result += escaped(scalar) }
    return result + "\""
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\"": return "\\\""
    case "\\": return "\\\\"
    case "\u{7}": return "\\a"
    case "\u{8}": return "\\b"
    case "\u{C}": return "\\f"
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    case "\u{B}": return "\\v"
    default: break
    }
    if isPrintable(scalar) { return String(Character(scalar)) }
    if scalar.value < 0x20 || scalar.value == 0x7F { return "\\x" + digits(scalar, 2) }
    return scalar.value < 0x10000 ? "\\u" + digits(scalar, 4) : "\\U" + digits(scalar, 8)
  }

  /// Letters, marks, numbers, punctuation, symbols and the ASCII space (`unicode.IsPrint`).
  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    case .spaceSeparator: scalar == " "
    default: true
    }
  }

  private static func digits(_ scalar: Unicode.Scalar, _ count: Int) -> String {
    let text = String(scalar.value, radix: 16)
    return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
  }
}
