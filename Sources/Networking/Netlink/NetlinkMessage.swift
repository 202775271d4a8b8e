/// One request, built with every length checked (`netlink(7)`): an attribute's length has 16 bits, and one that wraps turns
/// what follows it into attributes of an attacker's choice (CVE-2021-43784).
public struct NetlinkMessage: Sendable {
  /// The longest payload of an attribute in bytes.
  public static let longestPayload = Int(UInt16.max) - 4
  /// The longest request in bytes.
  public static let longest = 1 << 18

  /// What is asked for, for the error that says it was refused.
  public let operation: String
  /// The message without its final length and sequence number.
  private(set) var bytes: [UInt8]

  /// A request of a type (`RTM_…`) with flags (`NLM_F_…`) and the fixed header of that type.
  public init(_ operation: String, type: UInt16, flags: UInt16, header: [UInt8]) {
    self.operation = operation
    bytes = []
    bytes.reserveCapacity(256)
    bytes += [0, 0, 0, 0]
    append(type)
    append(flags | NetlinkFlag.request)
    bytes += [0, 0, 0, 0, 0, 0, 0, 0]
    bytes += header
    pad()
  }

  /// Adds an attribute.
  public mutating func attribute(_ type: UInt16, _ payload: [UInt8]) throws(NetlinkError) {
    if payload.count > Self.longestPayload {
      throw .attributeTooLong(attribute: type, bytes: payload.count)
    }
    if bytes.count + payload.count + 8 > Self.longest {
      throw .messageTooLong(bytes: bytes.count + payload.count + 8)
    }
    append(UInt16(payload.count + 4))
    append(type)
    bytes += payload
    pad()
  }

  /// Adds a number in the byte order of the machine.
  public mutating func attribute<Number: FixedWidthInteger>(_ type: UInt16, _ number: Number) throws(NetlinkError) {
    try attribute(type, nativeBytes(number))
  }

  /// Adds a text with a NUL at its end.
  public mutating func attribute(_ type: UInt16, text: String) throws(NetlinkError) {
    try attribute(type, Array(text.utf8) + [0])
  }

  /// Adds an attribute that holds attributes: a fixed header, if it has one, and what `body` adds.
  public mutating func nested(
    _ type: UInt16,
    header: [UInt8] = [],
    _ body: (inout NetlinkMessage) throws(NetlinkError) -> Void
  ) throws(NetlinkError) {
    let start = bytes.count
    try attribute(type, header)
    try body(&self)
    let length = bytes.count - start
    guard let short = UInt16(exactly: length) else { throw .attributeTooLong(attribute: type, bytes: length - 4) }
    replace(start, nativeBytes(short))
  }

  /// The finished message.
  func finished(sequence: UInt32, flags: UInt16) -> [UInt8] {
    var copy = self
    // `longest` fits 32 bits many times over.
    copy.replace(0, nativeBytes(UInt32(truncatingIfNeeded: bytes.count)))
    copy.replace(6, nativeBytes(ownFlags | flags))
    copy.replace(8, nativeBytes(sequence))
    return copy.bytes
  }

  private var ownFlags: UInt16 { nativeNumber(bytes[6..<8]) ?? 0 }

  private mutating func append(_ number: UInt16) { bytes += nativeBytes(number) }

  private mutating func pad() { while bytes.count % 4 != 0 { bytes.append(0) } }

  private mutating func replace(_ start: Int, _ new: [UInt8]) {
    bytes.replaceSubrange(start..<(start + new.count), with: new)
  }
}

/// Flags of a message (`linux/netlink.h`).
enum NetlinkFlag {
  static let request: UInt16 = 0x1
  static let acknowledge: UInt16 = 0x4
  static let dump: UInt16 = 0x300
  static let dumpInterrupted: UInt16 = 0x10
  static let capped: UInt16 = 0x100
  static let extendedAcknowledgement: UInt16 = 0x200
  static let replace: UInt16 = 0x100
  static let exclusive: UInt16 = 0x200
  static let create: UInt16 = 0x400
}

/// A number's bytes in the order of this machine, which is netlink's.
func nativeBytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  withUnsafeBytes(of: number) { Array($0) }
}

/// A number from exactly as many bytes as it has; `nil` for any other count.
func nativeNumber<Number: FixedWidthInteger>(_ bytes: some Collection<UInt8>) -> Number? {
  guard bytes.count == MemoryLayout<Number>.size else { return nil }
  var number = Number.zero
  withUnsafeMutableBytes(of: &number) { $0.copyBytes(from: bytes) }
  return number
}
