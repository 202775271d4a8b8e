/// A table for people: columns as wide as their widest cell, three spaces apart, as kubectl prints them.
struct Table {
  let header: [String]
  var rows: [[String]] = []

  /// The table as text; each line ends with a newline.
  var text: String {
    let lines = [header] + rows
    let widths = header.indices.map { column in lines.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return lines.map { line in
      var text = ""
      for (column, cell) in line.enumerated() {
        text += cell
        if column + 1 < line.count { text += String(repeating: " ", count: widths[column] - cell.count + 3) }
      }
      return text + "\n"
    }.joined()
  }
}

/// A number of bytes for people, in decimal units: `4.2 MB`.
func humanSize(_ bytes: Int64) -> String {
  var value = Double(bytes)
  for unit in ["B", "kB", "MB", "GB"] {
    if value < 999.5 { return unit == "B" ? "\(bytes) B" : "\(rounded(value)) \(unit)" }
    value /= 1000
  }
  return "\(rounded(value)) TB"
}

private func rounded(_ value: Double) -> String {
  value < 9.95 ? "\((value * 10).rounded() / 10)" : "\(Int(value.rounded()))"
}
