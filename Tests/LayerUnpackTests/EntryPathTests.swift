import Testing
import UnpackPlan

@testable import LayerUnpack

@Suite("An entry's name is cleaned before anything is made of it")
struct EntryPathTests {
  @Test(
    "Names become parts below the root",
    arguments: [
      ("a/b", ["a", "b"]), ("/a//b/", ["a", "b"]), ("./a/./b", ["a", "b"]), ("a/../b", ["b"]), ("../../a", ["a"]),
      ("", []), ("/", []), (".", []), ("..", []), ("a/..", []), ("/../..", []), ("...", ["..."]),
      ("a/..b", ["a", "..b"]),
    ]
  )
  func cleaned(_ name: String, _ parts: [String]) throws {
    let path = try EntryPath(Array(name.utf8), limit: 4095)
    #expect(path.components.map { String(decoding: $0, as: UTF8.self) } == parts)
  }

  @Test("Too long a name, and too long a part of one, are refused by name")
  func tooLong() {
    let part = [UInt8](repeating: 97, count: 256)
    #expect { try EntryPath(part, limit: 4095) } throws: { ($0 as? UnpackFailure)?.kind == .pathTooLong }
    #expect(throws: Never.self) { try EntryPath(Array(part.dropLast()), limit: 4095) }
    let long = Array(String(repeating: "ab/", count: 1366).utf8)
    #expect { try EntryPath(long, limit: 4095) } throws: { ($0 as? UnpackFailure)?.kind == .pathTooLong }
  }

  @Test("Whatever the bytes, no part is empty, a dot or two dots, and cleaning again changes nothing")
  func property() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(state: seed)
    let pieces = ["/", ".", "..", "a", "", "\u{0}", "ü", ".wh.", "\\", "//"].map { Array($0.utf8) }
    for _ in 0..<2000 {
      let name = (0..<Int.random(in: 0...8, using: &generator)).flatMap { _ in
        pieces[Int.random(in: 0..<pieces.count, using: &generator)]
      }
      let path = try EntryPath(name, limit: 4095)
      for part in path.components {
        let text = String(decoding: part, as: UTF8.self)
        #expect(!part.isEmpty && text != "." && text != ".." && !part.contains(UInt8(ascii: "/")), "seed \(seed)")
      }
      #expect(try EntryPath(Array(path.components.joined(separator: [47])), limit: 4095) == path, "seed \(seed)")
    }
  }

  @Test(
    "The last part decides what an entry does to a layer",
    arguments: [
      ("a/b", EntryRole.ordinary), ("a/.wh.b", .whiteout(Array("b".utf8))), (".wh..wh..opq", .opaque),
      ("a/.wh..wh..opq", .opaque), (".wh..wh.plnk/1", .metadata), ("a/.wh..wh.aufs", .metadata),
      (".wh.a/b", .ordinary), ("", .ordinary), ("a/wh.b", .ordinary), ("a/.wh....", .whiteout(Array("...".utf8))),
    ]
  )
  func roles(_ name: String, _ role: EntryRole) throws {
    #expect(try EntryRole(EntryPath(Array(name.utf8), limit: 4095)) == role)
  }

  @Test(
    "Only what overlayfs and the kernel do not take orders from is kept of extended attributes",
    arguments: [
      ("user.key", AttributePolicy.user), ("security.capability", .keep), ("system.posix_acl_access", .keep),
      ("trusted.overlay.opaque", .drop), ("trusted.overlay.redirect", .drop), ("trusted.any", .drop),
      ("user.overlay.opaque", .drop), ("user.overlay.metacopy", .drop), ("security.selinux", .drop),
      ("security.ima", .drop), ("", .drop), ("USER.x", .drop), ("security.capability2", .drop),
    ]
  )
  func attributes(_ name: String, _ policy: AttributePolicy) {
    #expect(AttributePolicy(name) == policy)
  }
}

/// A generator that a printed seed starts again.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
