/// An IPv4 address.
public struct IPv4Address: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The four bytes as one number, the first one highest.
  public let number: UInt32

  /// From a number.
  public init(_ number: UInt32) { self.number = number }

  /// From text of four decimal numbers. `nil` for anything else; leading zeros are refused, because some programs read
  /// them as octal.
  public init?(_ text: some StringProtocol) {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var number: UInt32 = 0
    for part in parts {
      guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
      var value: UInt32 = 0
      for digit in part {
        guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
        value = value * 10 + UInt32(digit - UInt8(ascii: "0"))
      }
      guard value <= 255 else { return nil }
      number = number << 8 | value
    }
    self.number = number
  }

  /// From four bytes in the order of the network; `nil` for any other count.
  init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 4 else { return nil }
    number = bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// The four bytes in the order of the network.
  public var bytes: [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) } }

  /// `10.85.0.2`.
  public var description: String { bytes.map { "\($0)" }.joined(separator: ".") }

  /// By number.
  public static func < (one: IPv4Address, other: IPv4Address) -> Bool { one.number < other.number }
}

/// A block of IPv4 addresses that share their first bits (RFC 4632).
public struct IPv4Network: Hashable, Sendable, CustomStringConvertible {
  /// The first address.
  public let base: IPv4Address
  /// How many bits the addresses share, 0 to 32.
  public let prefixLength: Int

  /// The block of that length around an address; `nil` for a length that is none.
  public init?(_ address: IPv4Address, prefixLength: Int) {
    guard (0...32).contains(prefixLength) else { return nil }
    base = IPv4Address(address.number & Self.mask(prefixLength))
    self.prefixLength = prefixLength
  }

  /// From `10.85.0.0/16`. `nil` for anything else, and where bits beyond the prefix are set: that is a mistake more often
  /// than not.
  public init?(_ text: String) {
    guard let slash = text.firstIndex(of: "/"), let address = IPv4Address(text[..<slash]) else { return nil }
    let length = text[text.index(after: slash)...]
    guard (1...2).contains(length.utf8.count), length.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let prefixLength = Int(length), let network = IPv4Network(address, prefixLength: prefixLength),
      network.base == address
    else { return nil }
    self = network
  }

  private static func mask(_ length: Int) -> UInt32 { length == 0 ? 0 : ~0 << UInt32(32 - length) }

  /// How many addresses it has.
  public var count: UInt64 { 1 << UInt64(32 - prefixLength) }

  /// The address at a place from the first one on; `nil` beyond the last one.
  public func address(_ place: UInt32) -> IPv4Address? {
    UInt64(place) < count ? IPv4Address(base.number + place) : nil
  }

  /// The place of an address in it; `nil` for one that is not in it.
  public func place(of address: IPv4Address) -> UInt32? {
    contains(address) ? address.number - base.number : nil
  }

  /// Whether an address is in it.
  public func contains(_ address: IPv4Address) -> Bool { address.number & Self.mask(prefixLength) == base.number }

  /// Whether two blocks have an address in common.
  public func overlaps(_ other: IPv4Network) -> Bool {
    prefixLength <= other.prefixLength ? contains(other.base) : other.contains(base)
  }

  /// `10.85.0.0/16`.
  public var description: String { "\(base)/\(prefixLength)" }
}

/// The address of an Ethernet interface.
public struct MACAddress: Hashable, Sendable, CustomStringConvertible {
  /// Six bytes.
  public let bytes: [UInt8]

  /// The one that belongs to an IPv4 address: a locally administered prefix, then the address. It is the same every time, so
  /// that nothing which remembers it goes stale, and a packet's two addresses can be compared without a table of pods.
  public init(for address: IPv4Address) { bytes = [0x0a, 0x58] + address.bytes }

  /// The one of the host's end of a pod's cable. Set, since a random one is replaced by udev while it is in use.
  init(hostSideOf address: IPv4Address) { bytes = [0x0e, 0x58] + address.bytes }

  /// The IPv4 address it was made for; `nil` for any other.
  init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 6 else { return nil }
    self.bytes = Array(bytes)
  }

  /// `0a:58:0a:55:00:02`.
  public var description: String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
  }
}
