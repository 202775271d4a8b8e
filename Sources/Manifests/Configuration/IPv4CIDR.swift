/// A network of IPv4 in CIDR notation (RFC 4632) with room for pods.
struct IPv4CIDR: Equatable {
  let base: UInt32
  let prefixLength: Int

  /// nil for anything else, numbers with leading zeros and bits beyond the prefix among it.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let length = Self.number(parts[1], atMost: 29) else { return nil }
    let bytes = parts[0].split(separator: ".", omittingEmptySubsequences: false).compactMap {
      Self.number($0, atMost: 255)
    }
    guard bytes.count == 4, parts[0].utf8.filter({ $0 == UInt8(ascii: ".") }).count == 3 else { return nil }
    let address = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let hostBits = UInt32.max >> UInt32(length)
    guard length > 0, address & hostBits == 0 else { return nil }
    base = address
    prefixLength = length
  }

  private static func number(_ text: Substring, atMost most: Int) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 3, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      text == "0" || !text.hasPrefix("0"), let number = Int(text), number <= most
    else { return nil }
    return number
  }
}
