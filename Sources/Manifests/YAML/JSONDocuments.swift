/// Several JSON documents, one after the other, as `kubectl` reads them. YAML has no such thing: between two of its
/// documents stands a line of its own.
enum JSONDocuments {
  /// The bytes that a text may grow by: each document is read with all lines before it left empty, so that places stay.
  private static let greatestGrowth = 16 << 20

  /// Each document as a text in which it stands where it stood; nil when the text is one document or no JSON. Empty when
  /// there are too many.
  static func separated(_ text: String) -> [String]? {
    let bytes = Array(text.utf8)
    guard let first = bytes.first(where: { $0 > 0x20 }), first == UInt8(ascii: "{") else { return nil }
    let ranges = documents(bytes)
    guard ranges.count > 1 else { return nil }
    var texts: [String] = []
    var margin: [UInt8] = []
    var growth = 0
    var end = 0
    for range in ranges {
      for byte in bytes[end..<range.lowerBound] { margin.extend(over: byte) }
      growth += margin.count
      guard growth <= greatestGrowth else { return [] }
      texts.append(String(decoding: margin + bytes[range], as: UTF8.self))
      for byte in bytes[range] { margin.extend(over: byte) }
      end = range.upperBound
    }
    return texts
  }

  /// Where each document is; the last one reaches to the end of the text. Brackets within strings are none.
  private static func documents(_ bytes: [UInt8]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start: Int?
    var depth = 0
    var isInString = false
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if isInString {
        if byte == UInt8(ascii: "\\") { index += 1 } else if byte == UInt8(ascii: "\"") { isInString = false }
      } else if byte == UInt8(ascii: "\"") {
        isInString = true
      } else if "{[".utf8.contains(byte) {
        depth += 1
      } else if "}]".utf8.contains(byte) {
        depth -= 1
      }
      if start == nil, byte > 0x20 {
        // Anything else is for the reader of YAML to judge.
        guard byte == UInt8(ascii: "{") else { return [] }
        start = index
      }
      if let begin = start, depth == 0, !isInString, byte == UInt8(ascii: "}") {
        ranges.append(begin..<(index + 1))
        start = nil
      }
      index += 1
    }
    if let start { ranges.append(start..<bytes.count) }
    return ranges
  }
}

extension [UInt8] {
  /// An empty place for a byte: line breaks stay, and after one only the columns of its own line count.
  fileprivate mutating func extend(over byte: UInt8) {
    if byte == 0x0A || byte == 0x0D {
      while last == 0x20 { removeLast() }
      append(byte)
    } else if byte & 0xC0 != 0x80 {
      append(0x20)
    }
  }
}
