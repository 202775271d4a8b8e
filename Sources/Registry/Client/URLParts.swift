import Images

/// The parts of an address that decide where a request goes.
struct URLParts: Equatable {
  let isPlain: Bool
  /// Host and port.
  let authority: String
  /// Path and query; begins with a slash.
  let path: String

  var text: String { (isPlain ? "http://" : "https://") + authority + path }

  init(isPlain: Bool, authority: String, path: String) {
    self.isPlain = isPlain
    self.authority = authority
    self.path = path
  }

  /// Reads an absolute address; one with credentials in it is refused, and what follows `#` is dropped (RFC 3986).
  init(_ text: String, _ subject: String) throws(ContentSourceError) {
    func refused(_ why: String) -> ContentSourceError {
      ContentSourceError(.invalid, "\(subject): an address that \(why)")
    }
    guard text.utf8.count <= 16_384, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw refused("is too long or has characters that no address has")
    }
    let lower = text.prefix(8).lowercased()
    guard lower.hasPrefix("http://") || lower.hasPrefix("https://") else {
      throw refused("begins neither with https:// nor with http://")
    }
    isPlain = lower.hasPrefix("http://")
    let rest = text.dropFirst(isPlain ? 7 : 8).prefix { $0 != "#" }
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let authority = String(rest[..<end])
    guard !authority.isEmpty, !authority.contains("@"), !authority.contains("\\") else {
      throw refused("has no host, or a user in it")
    }
    self.authority = authority
    let path = String(rest[end...])
    self.path = path.hasPrefix("/") ? path : "/" + path
  }

  /// Where a `Location` leads from here.
  func resolve(_ location: String, _ subject: String) throws(ContentSourceError) -> URLParts {
    if location.hasPrefix("//") { return try URLParts((isPlain ? "http:" : "https:") + location, subject) }
    if location.hasPrefix("/") {
      return try URLParts(URLParts(isPlain: isPlain, authority: authority, path: location).text, subject)
    }
    return try URLParts(location, subject)
  }
}

extension String {
  /// For a query or a form: everything but unreserved characters as `%XX` (RFC 3986, section 2.3).
  var percentEncoded: String {
    var text = ""
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        text.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        text += "%" + (digits.utf8.count == 1 ? "0" + digits : digits)
      }
    }
    return text
  }
}
