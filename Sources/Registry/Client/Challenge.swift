/// One way to authenticate that a registry names in `WWW-Authenticate` (RFC 9110, section 11.6.1).
struct Challenge: Equatable {
  /// In lower case.
  let scheme: String
  /// Names in lower case.
  let parameters: [String: String]

  /// Reads a header; what cannot be read ends the list.
  static func parse(_ header: String) -> [Challenge] {
    var parser = Parser(bytes: Array(header.utf8.prefix(8192)))
    return parser.challenges()
  }

  private struct Parser {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func challenges() -> [Challenge] {
      var found: [Challenge] = []
      while found.count < 8 {
        skip(" ,\t")
        guard let scheme = token() else { break }
        var parameters: [String: String] = [:]
        while parameters.count < 16 {
          let start = position
          skip(" ,\t")
          guard let name = token() else { break }
          skip(" \t")
          // A word without "=" begins the next challenge.
          guard take(UInt8(ascii: "=")) else {
            position = start
            break
          }
          guard let value = value() else {
            return found + [Challenge(scheme: scheme.lowercased(), parameters: parameters)]
          }
          parameters[name.lowercased()] = value
        }
        found.append(Challenge(scheme: scheme.lowercased(), parameters: parameters))
        if position < bytes.count, bytes[position] != UInt8(ascii: ","), bytes[position] != UInt8(ascii: " ") { break }
      }
      return found
    }

    private mutating func skip(_ characters: String) {
      while position < bytes.count, characters.utf8.contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
      guard position < bytes.count, bytes[position] == byte else { return false }
      position += 1
      return true
    }

    private mutating func token() -> String? {
      let start = position
      while position < bytes.count, Self.isToken(bytes[position]) { position += 1 }
      return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
    }

    private mutating func value() -> String? {
      skip(" \t")
      guard take(UInt8(ascii: "\"")) else { return token() }
      var text: [UInt8] = []
      while position < bytes.count {
        let byte = bytes[position]
        position += 1
        if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
        if byte == UInt8(ascii: "\\"), position < bytes.count {
          text.append(bytes[position])
          position += 1
        } else {
          text.append(byte)
        }
      }
      return nil
    }

    private static func isToken(_ byte: UInt8) -> Bool {
      byte > 0x20 && byte < 0x7f && !"()<>@,;\\\"[]?={}".utf8.contains(byte)
    }
  }
}
