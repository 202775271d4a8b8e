import ArchiveTestKit
import CExtendedAttributes
import Glibc
import Linux
import Testing
import UnpackPlan

@testable import Images

@Suite("Layers as they come", .enabled(if: isRoot, "needs root"))
struct LayerFormTests {
  private let fixture: StoreFixture
  private let name: ImageReference

  init() throws {
    fixture = try StoreFixture()
    name = try ImageReference("example.com/demo")
  }

  /// What a shell pipeline makes of bytes.
  private func filtered(_ bytes: [UInt8], _ script: String) throws -> [UInt8] {
    let file = try fixture.scratch.file("in-\(randomName())", bytes)
    try runTool("/bin/sh", ["-c", script, file])
    return try readRegularFile(AT_FDCWD, file + ".out", limit: 16 << 20)
  }

  @Test(
    "gzip, several gzip members, zstd and its frames are unpacked, with padding behind them",
    arguments: [
      ("+gzip", "gzip -c \"$0\" > \"$0.out\""), ("+zstd", "zstd -q -c \"$0\" > \"$0.out\""),
      ("", "cat \"$0\" > \"$0.out\""),
      ("+gzip", "(head -c 1000 \"$0\" | gzip; tail -c +1001 \"$0\" | gzip -9) > \"$0.out\""),
      ("+zstd", "(head -c 1000 \"$0\" | zstd -q; tail -c +1001 \"$0\" | zstd -q -19) > \"$0.out\""),
      ("+zstd", "(printf 'P*M\\030\\004\\000\\000\\000abcd'; zstd -q -c \"$0\") > \"$0.out\""),
      ("+gzip", "(gzip -c \"$0\"; head -c 5000 /dev/zero) > \"$0.out\""),
      // Called something else than it is: its bytes decide.
      ("+zstd", "gzip -c \"$0\" > \"$0.out\""),
    ]
  )
  func compression(_ suffix: String, _ script: String) async throws {
    let plain = TestImage.Layer.random("file", count: 100_000, seed: 1)
    let layer = TestImage.Layer(
      bytes: try filtered(plain.bytes, script),
      mediaType: MediaType.layer + suffix,
      diffID: plain.diffID
    )
    let image = try await fixture.store.pull(name, from: ScriptedSource(TestImage([layer])), options: quick)
    #expect(
      try readRegularFile(AT_FDCWD, image.layers[0].path + "/file", limit: 1 << 20) == Array(plain.bytes[512..<100_512])
    )
    #expect(image.layers[0].digest == layer.descriptor.digest && image.diffIDs == [plain.diffID])
  }

  @Test("Bytes behind the archive's end count for the diffID; a wrong checksum of gzip shows in it")
  func junk() async throws {
    let plain = TestImage.Layer { $0.file("a", "x") }
    let more = plain.bytes + Array("junk".utf8)
    let honest = TestImage.Layer(bytes: more, mediaType: MediaType.layer, diffID: .sha256(of: more))
    _ = try await fixture.store.pull(name, from: ScriptedSource(TestImage([honest])), options: quick)
    let lying = TestImage.Layer(bytes: plain.bytes + [1], mediaType: MediaType.layer, diffID: plain.diffID)
    await #expect(throws: ImageStoreError.self) {
      try await fixture.store.pull(name, from: ScriptedSource(TestImage([lying])), options: quick)
    }
    var packed = try filtered(plain.bytes, "gzip -c \"$0\" > \"$0.out\"")
    packed[packed.count - 30] ^= 1
    let broken = TestImage.Layer(bytes: packed, mediaType: MediaType.layer + "+gzip", diffID: plain.diffID)
    await #expect(throws: ImageStoreError.self) {
      try await fixture.store.pull(name, from: ScriptedSource(TestImage([broken])), options: quick)
    }
    #expect(try fixture.layerNames().count == 1)
  }

  @Test(
    "A bit flipped anywhere in a layer, plain or compressed, is noticed, and nothing of it stays (SEC-47)",
    arguments: ["", "+gzip", "+zstd"]
  )
  func flips(_ suffix: String) async throws {
    let plain = TestImage.Layer.random("file", count: 20_000, seed: 1)
    let tool = ["": "cat", "+gzip": "gzip -c", "+zstd": "zstd -q -c"][suffix] ?? ""
    let layer = TestImage.Layer(
      bytes: try filtered(plain.bytes, "\(tool) \"$0\" > \"$0.out\""),
      mediaType: MediaType.layer + suffix,
      diffID: plain.diffID
    )
    let made = TestImage([layer])
    for position in 0..<100 {
      let source = ScriptedSource(made)
      let index = layer.bytes.count * position / 100
      source.script(layer.descriptor.digest, [.flipped(at: index)])
      await #expect(throws: ImageStoreError.self, "byte \(index)") {
        try await fixture.store.pull(name, from: source, options: quick)
      }
      // Wrong from its first byte on to nobody's eye but the digest's; none of it may be continued.
      #expect(try namesIn(fixture.root + "/partial") == [] && fixture.layerNames() == [])
    }
    #expect(try fixture.store.list().images.isEmpty && namesIn(fixture.root + "/tmp") == [])
    _ = try await fixture.store.pull(name, from: ScriptedSource(made), options: quick)
  }

  @Test("A layer that is cut off, has something behind it, or another size than was said, is refused (SEC-47)")
  func sizes() async throws {
    let layer = TestImage.Layer.random("file", count: 20_000, seed: 1)
    let whole = layer.bytes
    // The digest is right of what comes, the size is not.
    for (said, words) in [(-1, "more came"), (1, "ended after"), (10_000, "ended after")] {
      var made = TestImage([.random("file", count: 20_000, seed: UInt64(100 + said))])
      made.sizeDifference = said
      await refuses(words, made, quick)
    }
    // The size is right, and what comes is something else.
    for bytes in [Array(whole.dropLast()) + [1], Array(whole.dropFirst()) + [0], whole.map { _ in 0 }] {
      let source = ScriptedSource(TestImage([layer]))
      source.replaceBlob(layer.descriptor.digest, bytes)
      await #expect(throws: ImageStoreError.self) { try await fixture.store.pull(name, from: source, options: quick) }
    }
    // Both are right, and the configuration means what is not cut off.
    let half = Array(whole.prefix(whole.count / 2))
    await refuses("Truncated", TestImage([.init(bytes: half, mediaType: MediaType.layer, diffID: layer.diffID)]), quick)
    #expect(try fixture.layerNames() == [] && namesIn(fixture.root + "/tmp") == [])
  }

  @Test("A layer beyond a limit is refused by name, its download is not kept, and nothing of it stays")
  func limits() async throws {
    let zeros = TestImage.Layer { $0.entry("zeros", data: [UInt8](repeating: 0, count: 4 << 20)) }
    let packed = TestImage.Layer(
      bytes: try filtered(zeros.bytes, "gzip -c \"$0\" > \"$0.out\""),
      mediaType: MediaType.layer + "+gzip",
      diffID: zeros.diffID
    )
    var options = quick
    options.limits.ratioFloor = 1 << 20
    await refuses("tooCompressed", TestImage([packed]), options)
    options = quick
    options.limits.bytes = 1 << 20
    await refuses("at most 1048576", TestImage([zeros]), options)
    #expect(
      try fixture.layerNames() == [] && namesIn(fixture.root + "/partial") == [] && namesIn(fixture.root + "/tmp") == []
    )
  }

  @Test("A hard link to a file of a lower layer is refused, as where containerd unpacks for overlayfs")
  func linkAcrossLayers() async throws {
    let image = TestImage([.init { $0.file("a", "x") }, .init { $0.link("a", "b") }])
    await refuses("invalidLink", image, quick)
  }

  private func refuses(_ word: String, _ image: TestImage, _ options: PullOptions) async {
    do {
      _ = try await fixture.store.pull(name, from: ScriptedSource(image), options: options)
      Issue.record("nothing was refused: expected \(word)")
    } catch {
      #expect("\(error)".contains(word), "\(error)")
    }
  }

  @Test("An unpacker that a layer took over harms that layer's image only")
  func forgery() async throws {
    let victim = TestImage.Layer { $0.file("a", "good") }
    var evil = TestImage.Layer { $0.file("a", "evil") }
    evil.diffID = victim.diffID
    // It says of any archive what the victim's layer would be.
    let report =
      #"{"done":{"archiveBytes":\#(evil.bytes.count),"contentBytes":4,"diffID":"\#(victim.diffID.hex)","entries":1,"#
      + #""impliedDirectories":[""],"opaqueDirectories":[],"plainBytes":2048,"skipped":{}},"version":2}"#
    let program = try fixture.scratch.file(
      "unpack",
      Array("#!/bin/sh\n/bin/cat >/dev/null\nprintf '%s' '\(report)' >&4\n".utf8)
    )
    chmod(program, 0o700)
    let taken = try ImageStore(root: fixture.root, unpackProgram: program)
    _ = try await taken.pull(
      ImageReference("example.com/evil"),
      from: ScriptedSource(TestImage([evil])),
      options: quick
    )
    let image = try await fixture.store.pull(name, from: ScriptedSource(TestImage([victim])), options: quick)
    #expect(try readRegularFile(AT_FDCWD, image.layers[0].path + "/a", limit: 10) == Array("good".utf8))
    #expect(try fixture.layerNames().count == 2)
    // And one that lies about what it read is no use to anybody.
    let lazy = try fixture.scratch.file("lazy", Array("#!/bin/sh\nprintf '%s' '\(report)' >&4\n".utf8))
    chmod(lazy, 0o700)
    let other = try ImageStore(root: fixture.scratch.path + "/other", unpackProgram: lazy)
    await #expect(throws: ImageStoreError.self) {
      try await other.pull(
        name,
        from: ScriptedSource(TestImage([.random("x", count: 3 << 20, seed: 3)])),
        options: quick
      )
    }
  }

  private func look(_ path: String) throws -> String {
    var status = stat()
    guard lstat(path, &status) == 0 else { throw SyscallError("lstat \(path)", errno) }
    return "\(String(status.st_mode, radix: 8)) \(status.st_uid):\(status.st_gid) \(status.st_mtim.tv_sec)"
  }

  @Test("Directories without an entry take owner, mode, times and attributes from below, past whiteouts of others only")
  func inherited() async throws {
    let base = TestImage.Layer {
      $0.directory("tmp", mode: 0o1777, mtime: 1)
      $0.entry("srv") {
        $0.type = "5"; $0.mode = 0o2750; $0.uid = 7; $0.gid = 8; $0.mtime = 2; $0.pax = [("SCHILY.xattr.user.k", [65])]
      }
      $0.directory("gone", mode: 0o700, mtime: 3)
      $0.directory("opaque", mode: 0o711, mtime: 4)
      $0.directory("opaque/in", mode: 0o711, mtime: 4)
    }
    let middle = TestImage.Layer {
      $0.file("tmp/a")
      $0.file(".wh.gone")
      $0.file("opaque/.wh..wh..opq")
    }
    let top = TestImage.Layer {
      $0.file("tmp/b")
      $0.file("srv/deep/c")
      $0.file("gone/d")
      $0.file("opaque/in/e")
    }
    let image = try await fixture.store.pull(
      name,
      from: ScriptedSource(TestImage([base, middle, top])),
      options: quick
    )
    let extra = try #require(image.layers.last)
    #expect(image.layers.count == 4 && image.diffIDs.count == 3)
    #expect(try look(extra.path + "/tmp") == "41777 0:0 1" && look(extra.path + "/srv") == "42750 7:8 2")
    var value = [UInt8](repeating: 0, count: 4)
    #expect(xa_lget(extra.path + "/srv", "user.k", &value, 4) == 1 && value[0] == 65)
    for path in ["/gone", "/opaque/in", "/srv/deep", "/tmp/a"] {
      #expect(access(extra.path + path, F_OK) != 0, "\(path)")
    }
    // The same layers again make no second one; an image without need has none.
    let again = try await fixture.store.pull(
      ImageReference("example.com/again"),
      from: ScriptedSource(TestImage([base, middle, top])),
      options: quick
    )
    #expect(try again.layers == image.layers && fixture.layerNames().count == 4)
    let plain = try await fixture.store.pull(
      ImageReference("example.com/plain"),
      from: ScriptedSource(TestImage([base])),
      options: quick
    )
    #expect(plain.layers.count == 1)
    for name in ["example.com/again", "example.com/plain", "example.com/demo"] {
      try fixture.store.remove(ImageReference(name))
    }
    #expect(try fixture.files() == [] && fixture.layerNames() == [])
  }
}
