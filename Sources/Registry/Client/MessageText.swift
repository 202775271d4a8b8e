extension String {
  /// What somebody else wrote, for a message: one line, printable, short.
  var shortened: String {
    var text = ""
    for scalar in unicodeScalars {
      if text.utf8.count > 300 { return text + "…" }
      text.unicodeScalars.append(scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) ? " " : scalar)
    }
    return text
  }
}
