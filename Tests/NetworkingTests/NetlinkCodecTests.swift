import RuntimeTestKit
import Testing

@testable import Networking

@Suite("Netlink messages are built and read with every length checked")
struct NetlinkCodecTests {
  private func message() -> NetlinkMessage { NetlinkMessage("test", type: 16, flags: 0, header: [0, 0, 0, 0]) }

  @Test("SEC-65: attributes of 0 to 70,000 bytes arrive whole or throw")
  func attributeLengths() throws {
    for length in [0, 1, 3, 4, 5, 255, 256, 4095, 65_530, 65_531, 65_532, 65_535, 65_536, 65_537, 69_999, 70_000] {
      var built = message()
      let payload = [UInt8](repeating: 0xab, count: length)
      if length > 65_531 {
        #expect(throws: NetlinkError.attributeTooLong(attribute: 3, bytes: length)) { try built.attribute(3, payload) }
        continue
      }
      try built.attribute(3, payload)
      try built.attribute(7, UInt32(9))
      let read = try #require(try NetlinkReply.messages(in: built.finished(sequence: 1, flags: 0)).first)
      let attributes = try read.attributes(after: 4)
      #expect(attributes[3].map(Array.init) == payload)
      #expect(attributes.number(7, as: UInt32.self) == 9)
    }
  }

  @Test("SEC-65: nested attributes that grow too long together throw")
  func nestedLengths() throws {
    for count in [1, 100, 252, 253, 254, 260, 300] {
      var built = message()
      // Each inner attribute takes 260 bytes.
      func build() throws(NetlinkError) {
        try built.nested(18) { (outer) throws(NetlinkError) in
          try outer.nested(2) { (inner) throws(NetlinkError) in
            for number in 0..<count { try inner.attribute(UInt16(number), [UInt8](repeating: 1, count: 256)) }
          }
        }
      }
      if 8 + count * 260 > 65_535 {
        #expect(throws: NetlinkError.self) { try build() }
      } else {
        try build()
        let read = try #require(try NetlinkReply.messages(in: built.finished(sequence: 1, flags: 0)).first)
        let inner = try read.attributes(after: 4).nested(18).nested(2)
        #expect((0..<count).allSatisfy { inner[UInt16($0)]?.count == 256 })
      }
    }
  }

  @Test("a request has a limit")
  func messageLength() {
    var built = message()
    #expect(throws: NetlinkError.self) {
      for number in 0..<100 { try built.attribute(UInt16(number), [UInt8](repeating: 1, count: 60_000)) }
    }
  }

  @Test("FUZ-09: whatever the bytes are, reading them ends and takes no more than they have")
  func arbitraryBytes() throws {
    var generator = SeededGenerator()
    print("netlink fuzz: SEED=\(generator.seed)")
    var whole = message()
    try whole.nested(18) { (info) throws(NetlinkError) in
      try info.attribute(1, text: "bridge")
      try info.nested(5) { (data) throws(NetlinkError) in try data.attribute(33, UInt8(1)) }
    }
    let good = whole.finished(sequence: 7, flags: 0)
    for round in 0..<20_000 {
      var bytes: [UInt8]
      if round % 2 == 0 {
        bytes = (0..<Int.random(in: 0...200, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator)
        }
      } else {
        bytes = good + good
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          let place = Int.random(in: 0..<bytes.count, using: &generator)
          bytes[place] = UInt8.random(in: 0...255, using: &generator)
        }
        bytes.removeLast(Int.random(in: 0...16, using: &generator))
      }
      let replies: [NetlinkReply]
      do { replies = try NetlinkReply.messages(in: bytes) } catch { continue }
      #expect(replies.count <= bytes.count / 16)
      for reply in replies {
        // Each of these may throw, and none may trap.
        _ = try? reply.refusal(of: "test")
        _ = try? Link(NetlinkReply(type: 16, flags: reply.flags, sequence: 0, payload: reply.payload))
        _ = try? Route(NetlinkReply(type: 24, flags: reply.flags, sequence: 0, payload: reply.payload))
        _ = try? InterfaceAddress(NetlinkReply(type: 20, flags: reply.flags, sequence: 0, payload: reply.payload))
      }
    }
  }

  @Test("an error carries the kernel's number and words")
  func refusals() throws {
    var words = NetlinkMessage(
      "x",
      type: 2,
      flags: 0x300,
      header: nativeBytes(Int32(-17)) + [UInt8](repeating: 0, count: 16)
    )
    try words.attribute(1, text: "No such thing")
    let reply = try #require(try NetlinkReply.messages(in: words.finished(sequence: 1, flags: 0)).first)
    #expect(
      try reply.refusal(of: "make the bridge b")?.description
        == "make the bridge b: File exists (the kernel says: No such thing)"
    )
    let success = NetlinkMessage(
      "x",
      type: 2,
      flags: 0,
      header: nativeBytes(Int32(0)) + [UInt8](repeating: 0, count: 16)
    )
    let done = try #require(try NetlinkReply.messages(in: success.finished(sequence: 1, flags: 0)).first)
    #expect(try done.refusal(of: "x") == nil)
  }
}
