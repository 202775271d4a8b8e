/// The Internet checksum (RFC 1071).
private func checksum(_ bytes: [UInt8]) -> [UInt8] {
  var sum: UInt32 = 0
  for index in stride(from: 0, to: bytes.count, by: 2) {
    sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
  }
  while sum > 0xffff { sum = (sum & 0xffff) + (sum >> 16) }
  return [UInt8(~sum >> 8 & 0xff), UInt8(~sum & 0xff)]
}

/// A router advertisement (RFC 4861) for 2001:db8:bad::/64 from fe80::1 to all nodes.
enum RouterAdvertisement {
  static func frame(from hardware: [UInt8]) -> [UInt8] {
    let source: [UInt8] = [0xfe, 0x80] + [UInt8](repeating: 0, count: 13) + [1]
    let target: [UInt8] = [0xff, 2] + [UInt8](repeating: 0, count: 13) + [1]
    let prefix: [UInt8] = [0x20, 0x01, 0x0d, 0xb8, 0x0b, 0xad] + [UInt8](repeating: 0, count: 10)
    var message: [UInt8] = [134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0]
    message += [3, 4, 64, 0xc0, 0, 1, 0x51, 0x80, 0, 1, 0x51, 0x80, 0, 0, 0, 0] + prefix
    let pseudo = source + target + [0, 0, 0, UInt8(message.count), 0, 0, 0, 58]
    message.replaceSubrange(2..<4, with: checksum(pseudo + message))
    return [0x33, 0x33, 0, 0, 0, 1] + hardware + [0x86, 0xdd, 0x60, 0, 0, 0, 0, UInt8(message.count), 58, 255] + source
      + target + message
  }
}

/// A UDP packet to port 7.
enum UDPFrame {
  static func frame(from address: [UInt8], _ hardware: [UInt8], to target: [UInt8], _ targetHardware: [UInt8])
    -> [UInt8]
  {
    var header: [UInt8] = [0x45, 0, 0, 29, 0, 1, 0, 0, 64, 17, 0, 0] + address + target
    header.replaceSubrange(10..<12, with: checksum(header))
    // No checksum of its own: 0 means that there is none (RFC 768).
    return targetHardware + hardware + [8, 0] + header + [0x10, 0, 0, 7, 0, 9, 0, 0, 0x3f]
  }
}
