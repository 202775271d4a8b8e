import Glibc
import Linux
import Networking

/// `struct sockaddr_in`, which is all that is needed here.
private func socketAddress(_ address: String, _ port: String) throws -> [UInt8] {
  guard let address = IPv4Address(address), let port = UInt16(port) else { throw Trouble("\(address):\(port)?") }
  return [2, 0, UInt8(port >> 8), UInt8(port & 0xff)] + address.bytes + [UInt8](repeating: 0, count: 8)
}

private func withAddress(_ bytes: [UInt8], _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
  bytes.withUnsafeBytes { raw in
    raw.baseAddress.map { body($0.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count)) } ?? -1
  }
}

private func open(_ family: Int32, _ type: Int32, seconds: Int = 1) throws -> Int32 {
  let raw = try check("socket") { socket(family, type | 0x80000, 0) }
  var limit = timeval(tv_sec: seconds, tv_usec: 0)
  for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
    try check("setsockopt") { setsockopt(raw, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size)) }
  }
  return raw
}

/// UDP: the answer says as whom the asker came, so that a test sees translated addresses.
enum Datagrams {
  static func serve(_ words: [String]) throws {
    let raw = try check("socket") { socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | 0x80000, 0) }
    let own = try socketAddress("0.0.0.0", words[1])
    try check("bind") { withAddress(own) { bind(raw, $0, $1) } }
    NetworkChild.write("ready")
    while true {
      var (sender, size) = ([UInt8](repeating: 0, count: 16), socklen_t(16))
      var buffer = [UInt8](repeating: 0, count: 64)
      try sender.withUnsafeMutableBytes { name in
        let name = name.baseAddress?.assumingMemoryBound(to: sockaddr.self)
        _ = try checkCount("recvfrom") { recvfrom(raw, &buffer, 64, 0, name, &size) }
      }
      let answer = Array(sender[4..<8].map { "\($0)" }.joined(separator: ".").utf8)
      _ = withAddress(sender) { Int32(truncatingIfNeeded: sendto(raw, answer, answer.count, 0, $0, $1)) }
    }
  }

  static func bound(to address: String, port: Int) throws -> Int32 {
    let raw = try open(AF_INET, Int32(SOCK_DGRAM.rawValue))
    let own = try socketAddress(address, "\(port)")
    try check("bind") { withAddress(own) { bind(raw, $0, $1) } }
    return raw
  }

  static func send(_ socket: Int32, to address: String, port: Int) throws {
    let peer = try socketAddress(address, "\(port)")
    _ = withAddress(peer) { Int32(truncatingIfNeeded: sendto(socket, "?", 1, 0, $0, $1)) }
  }

  static func arrives(_ socket: Int32, milliseconds: Int32) throws -> Bool {
    var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    return try check("poll") { poll(&entry, 1, milliseconds) } > 0
  }

  /// Asks three times, as a packet may be lost while a neighbour is looked for.
  static func ask(_ words: [String]) throws {
    let raw = try open(AF_INET, Int32(SOCK_DGRAM.rawValue))
    if words.count > 3 {
      let own = try socketAddress(words[3], "0")
      try check("bind") { withAddress(own) { bind(raw, $0, $1) } }
    }
    let peer = try socketAddress(words[1], words[2])
    try check("connect") { withAddress(peer) { Glibc.connect(raw, $0, $1) } }
    for attempt in 0..<3 {
      _ = Glibc.send(raw, "?", 1, 0)
      var buffer = [UInt8](repeating: 0, count: 64)
      let count = recv(raw, &buffer, 64, 0)
      if count > 0 { return NetworkChild.write(String(decoding: buffer.prefix(count), as: UTF8.self)) }
      if attempt == 2 { throw Trouble("no answer: \(errorText(errno))") }
    }
  }
}

/// TCP: one connection, one word.
enum Streams {
  static func listen(_ words: [String]) throws {
    let raw = try check("socket") { socket(AF_INET, Int32(SOCK_STREAM.rawValue) | 0x80000, 0) }
    let own = try socketAddress(words[1], words[2])
    try check("bind") { withAddress(own) { bind(raw, $0, $1) } }
    try check("listen") { Glibc.listen(raw, 16) }
    NetworkChild.write("ready")
    while true {
      let connection = try check("accept") { accept(raw, nil, nil) }
      try writeAll(connection, Array("hello".utf8))
      close(connection)
    }
  }

  static func connect(_ words: [String]) throws {
    // An error that arrives while the first packet is still being sent is believed at the second one, after a second.
    let raw = try open(AF_INET, Int32(SOCK_STREAM.rawValue), seconds: 3)
    let peer = try socketAddress(words[1], words[2])
    try check("connect") { withAddress(peer) { Glibc.connect(raw, $0, $1) } }
    NetworkChild.write(String(decoding: try readSome(raw, capacity: 64), as: UTF8.self))
  }
}

/// Frames as an attacker with NET_RAW makes them (`packet(7)`).
enum Frames {
  static func send(_ words: [String]) throws {
    let raw = try open(17, Int32(SOCK_RAW.rawValue))
    let index = Int32(bitPattern: if_nametoindex(words[1]))
    if index == 0 { throw Trouble("no interface is called \(words[1])") }
    let digits = Array(words[2])
    let frame = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(digits[$0...($0 + 1)]), radix: 16)
    }
    // struct sockaddr_ll
    var to: [UInt8] = [17, 0, 0, 0]
    withUnsafeBytes(of: index) { to += $0 }
    to += [0, 0, 0, 6] + frame.prefix(6) + [0, 0]
    let sent = withAddress(to) { Int32(truncatingIfNeeded: sendto(raw, frame, frame.count, 0, $0, $1)) }
    if sent < 0 { throw Trouble("sendto: \(errorText(errno))") }
  }
}
