/// One message that arrived. Its bytes come from the kernel, but nothing here relies on that: whatever they are, reading
/// them ends, traps nowhere and takes no more memory than they do.
public struct NetlinkReply: Sendable {
  /// Its type: `RTM_…`, or one of ``NetlinkType``.
  public let type: UInt16
  /// Its flags.
  public let flags: UInt16
  /// The number of the request it answers.
  public let sequence: UInt32
  /// What follows the header.
  public let payload: ArraySlice<UInt8>

  /// The messages of one datagram (`netlink(7)`, NLMSG_NEXT).
  public static func messages(in datagram: [UInt8]) throws(NetlinkError) -> [NetlinkReply] {
    var messages: [NetlinkReply] = []
    var rest = datagram[...]
    while !rest.isEmpty {
      guard rest.count >= 16, let length: UInt32 = nativeNumber(rest.prefix(4)), length >= 16, length <= rest.count
      else { throw .malformed("a message with \(rest.count) bytes that says otherwise") }
      let message = rest.prefix(Int(length))
      guard let type: UInt16 = nativeNumber(message.dropFirst(4).prefix(2)),
        let flags: UInt16 = nativeNumber(message.dropFirst(6).prefix(2)),
        let sequence: UInt32 = nativeNumber(message.dropFirst(8).prefix(4))
      else { throw .malformed("a header that is cut off") }
      messages.append(NetlinkReply(type: type, flags: flags, sequence: sequence, payload: message.dropFirst(16)))
      rest = rest.dropFirst((Int(length) + 3) & ~3)
    }
    return messages
  }

  /// A number of the fixed header; `nil` where the message is too short.
  public func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type = Number.self) -> Number? {
    nativeNumber(payload.dropFirst(offset).prefix(MemoryLayout<Number>.size))
  }

  /// The attributes behind a fixed header of that many bytes.
  public func attributes(after header: Int) throws(NetlinkError) -> NetlinkAttributes {
    guard payload.count >= header else { throw .malformed("a message that ends in its header") }
    return try NetlinkAttributes(payload.dropFirst((header + 3) & ~3))
  }
}

/// Attributes by type, the last one of a type counting, as in the kernel.
public struct NetlinkAttributes: Sendable {
  private var values: [UInt16: ArraySlice<UInt8>] = [:]

  /// Reads a sequence of attributes.
  public init(_ bytes: ArraySlice<UInt8>) throws(NetlinkError) {
    var rest = bytes
    while rest.count >= 4 {
      guard let length: UInt16 = nativeNumber(rest.prefix(2)), length >= 4, length <= rest.count,
        let type: UInt16 = nativeNumber(rest.dropFirst(2).prefix(2))
      else { throw .malformed("an attribute with \(rest.count) bytes that says otherwise") }
      // The two highest bits say that it is nested, and that it is in the order of the network.
      values[type & 0x3fff] = rest.dropFirst(4).prefix(Int(length) - 4)
      rest = rest.dropFirst((Int(length) + 3) & ~3)
    }
  }

  /// The bytes of one.
  public subscript(type: UInt16) -> ArraySlice<UInt8>? { values[type] }

  /// A number in the order of this machine.
  public func number<Number: FixedWidthInteger>(_ type: UInt16, as: Number.Type = Number.self) -> Number? {
    values[type].flatMap { nativeNumber($0) }
  }

  /// A text up to its NUL.
  public func text(_ type: UInt16) -> String? {
    values[type].map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  /// The attributes inside one; none where it is not there.
  public func nested(_ type: UInt16) throws(NetlinkError) -> NetlinkAttributes {
    try NetlinkAttributes(values[type] ?? [])
  }
}

/// Types of messages that every family has.
public enum NetlinkType {
  /// An error, or an acknowledgement where its number is 0.
  public static let error: UInt16 = 2
  /// The end of a dump.
  public static let done: UInt16 = 3
}
