/// JSON writes characters beyond U+FFFF as two escapes, which libyaml refuses; YAML has one escape for them.
enum SurrogatePairs {
  /// The text with `\ud83d\ude00` as `\U0001F600` when it is JSON; any other text as it is.
  static func joined(_ text: String) -> String {
    let bytes = Array(text.utf8)
    guard let first = bytes.first(where: { $0 > 0x20 }), first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
      return text
    }
    var output: [UInt8] = []
    var copied = 0
    var index = 0
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "\\") else {
        index += 1
        continue
      }
      if let high = escape(bytes, index), high >> 10 == 0x36, let low = escape(bytes, index + 6), low >> 10 == 0x37 {
        let code = String(0x10000 + (high & 0x3FF) << 10 + low & 0x3FF, radix: 16)
        output += bytes[copied..<index]
        output += Array("\\U\(String(repeating: "0", count: 8 - code.utf8.count))\(code)".utf8)
        index += 12
        copied = index
      } else {
        index += 2
      }
    }
    return copied == 0 ? text : String(decoding: output + bytes[copied...], as: UTF8.self)
  }

  private static func escape(_ bytes: [UInt8], _ index: Int) -> UInt32? {
    guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else {
      return nil
    }
    return UInt32(String(decoding: bytes[(index + 2)..<(index + 6)], as: UTF8.self), radix: 16)
  }
}
