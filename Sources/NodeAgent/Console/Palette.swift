/// Colours for containers, one after another.
struct Palette {
  /// Whether anything is coloured: only a terminal is, and `NO_COLOR` forbids it there too (no-color.org).
  let isOn: Bool

  init(isTerminal: Bool, environment: [String: String]) {
    let isForbidden = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    isOn = isTerminal && !isForbidden && environment["TERM"] != "dumb"
  }

  private static let codes = ["36", "33", "32", "35", "34", "96", "93", "92", "95", "94"]

  /// `text` in the colour of the container with this number.
  func container(_ number: Int, _ text: String) -> String {
    isOn ? "\u{1B}[\(Self.codes[number % Self.codes.count])m\(text)\u{1B}[0m" : text
  }

  /// `text` as what matters less.
  func dim(_ text: String) -> String { isOn ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

  /// `text` as what went wrong.
  func warning(_ text: String) -> String { isOn ? "\u{1B}[31m\(text)\u{1B}[0m" : text }
}

/// The names of a pod's containers before their lines, all of one width.
struct LinePrefix {
  private let names: [String]
  private let width: Int
  private let palette: Palette

  init(_ names: [String], _ palette: Palette) {
    self.names = names
    self.palette = palette
    width = names.map(\.utf8.count).max() ?? 0
  }

  /// `web  | `, coloured.
  func text(_ name: String) -> String {
    let padded = name + String(repeating: " ", count: max(0, width - name.utf8.count))
    return palette.container(names.firstIndex(of: name) ?? 0, "\(padded) |") + " "
  }
}
