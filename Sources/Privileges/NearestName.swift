/// Finds what a misspelt name probably means.
enum NearestName {
  /// Longer names are not compared: the effort grows with the square of the length, and the name may be an attacker's.
  static let maximumLength = 64

  /// The candidate within two edits of `name`, or `nil`.
  static func of(_ name: String, in candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.utf8)
    guard wanted.count <= maximumLength else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in candidates {
      let distance = editDistance(wanted, Array(candidate.utf8))
      if distance <= 2, distance < (best?.distance ?? 3) { best = (candidate, distance) }
    }
    return best?.name
  }

  /// Levenshtein's distance over bytes.
  private static func editDistance(_ first: [UInt8], _ second: [UInt8]) -> Int {
    var previous = Array(0...second.count)
    for (row, byte) in first.enumerated() {
      var current = [row + 1]
      for (column, other) in second.enumerated() {
        let replaced = previous[column] + (byte == other ? 0 : 1)
        current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
      }
      previous = current
    }
    return previous[second.count]
  }
}

/// Untrusted text made fit for a message: printable ASCII in quotes, the rest escaped, cut at 64 bytes.
func quoted(_ text: String) -> String {
  var shown = "\""
  for byte in text.utf8.prefix(64) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): shown += "\\" + String(UnicodeScalar(byte))
    case 0x20..<0x7f: shown.unicodeScalars.append(UnicodeScalar(byte))
    default: shown += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }
  return shown + (text.utf8.count > 64 ? "…\"" : "\"")
}
