import ArchiveTestKit
import Glibc
import Linux
import Testing

@testable import Images

@Suite("A pull that is killed at any moment (REL)", .enabled(if: isRoot, "needs root"))
struct PullKillTests {
  /// One thing that the child wrote down.
  private struct Note {
    let isBeginning: Bool
    let blob: String
    let offset: Int
  }

  private func notes(_ path: String) throws -> [Note] {
    guard access(path, F_OK) == 0 else { return [] }
    let text = String(decoding: try readRegularFile(AT_FDCWD, path, limit: 16 << 20), as: UTF8.self)
    return text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: " ")
      return Int(parts[2]).map { Note(isBeginning: parts[0] == "from", blob: String(parts[1]), offset: $0) }
    }
  }

  private struct Node {
    let fixture: StoreFixture
    let layers: [TestImage.Layer]
    let image: TestImage
    let name: ImageReference
    let log: String

    init() throws {
      fixture = try StoreFixture(in: "/dev/shm")
      layers = (0..<4).map { TestImage.Layer.random("file\($0)", count: 1_500_000, seed: UInt64($0)) }
      image = TestImage(layers)
      name = try ImageReference("example.com/killed")
      log = fixture.scratch.path + "/log"
      try makeDirectory(AT_FDCWD, fixture.scratch.path + "/source")
      _ = try fixture.scratch.file("source/manifest", image.manifestBytes)
      for (digest, bytes) in image.blobs { _ = try fixture.scratch.file("source/\(digest.hex)", bytes) }
    }

    func start() throws -> Int32 {
      let source = fixture.scratch.path + "/source"
      return try spawnProgram(
        builtProgram("pull-child"),
        arguments: ["pull-child", fixture.root, source, "\(name)", log, builtProgram("swiftlet-unpack")],
        descriptors: [-1, 2, 2]
      )
    }

    /// Every layer that has its name is whole, whether or not an image names it.
    func checkLayers() throws {
      for short in try fixture.layerNames() {
        let index = try #require(layers.firstIndex { LayerRecord.shortName($0.descriptor.digest) == short })
        let path = "\(fixture.root)/layers/\(short)/file\(index)"
        let bytes = try readRegularFile(AT_FDCWD, path, limit: 2 << 20)
        #expect(bytes == Array(layers[index].bytes[512..<1_500_512]))
      }
    }
  }

  /// How often a layer's download was continued, by what the child wrote down; each time at most one chunk came again.
  private func continuations(_ node: Node, _ seed: UInt64) throws -> Int {
    let layers = Set(node.layers.map(\.descriptor.digest.hex))
    var handedOver: [String: Int] = [:]
    var count = 0
    for note in try notes(node.log) where layers.contains(note.blob) {
      let before = handedOver[note.blob] ?? 0
      if note.isBeginning {
        #expect(before - note.offset <= 65_536, "seed \(seed): \(before - note.offset) bytes of \(note.blob) again")
        if note.offset > 0 { count += 1 }
        handedOver[note.blob] = note.offset
      } else {
        handedOver[note.blob] = max(before, note.offset)
      }
    }
    return count
  }

  @Test("leaves nothing that looks complete, and the next one goes on, fetching at most one chunk again")
  func killed() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = Seeded(seed)
    let node = try Node()
    let store = node.fixture.store
    var status: Int32 = 0
    var (kills, runs, continued) = (0, 0, 0)
    /// Ends a round: what a pull of many parts made is whole, and the next one begins with nothing.
    func complete(_ image: StoredImage) throws {
      #expect(image.layers.count == node.layers.count)
      try node.checkLayers()
      continued += try continuations(node, seed)
      try store.remove(node.name)
      unlink(node.log)
    }
    // How long one takes here and now: the moments are spread over that.
    let began = Clock.monotonicNanoseconds()
    var pid = try node.start()
    waitpid(pid, &status, 0)
    #expect(status == 0)
    let microseconds = UInt32((Clock.monotonicNanoseconds() - began) / 1000)
    try complete(#require(try store.resolve(node.name)))
    let wanted = 100 * scale
    while kills < wanted, runs < 20 * wanted {
      runs += 1
      pid = try node.start()
      usleep(UInt32.random(in: 0...microseconds, using: &random))
      kill(pid, SIGKILL)
      waitpid(pid, &status, 0)
      // Whoever was done before was not killed.
      if status & 0x7F == SIGKILL { kills += 1 }
      let listing = try store.list()
      #expect(listing.damaged.isEmpty, "seed \(seed)")
      try node.checkLayers()
      if let image = listing.images.first { try complete(image) }
    }
    #expect(kills == wanted)
    pid = try node.start()
    waitpid(pid, &status, 0)
    #expect(status == 0)
    let image = try #require(try store.resolve(node.name))
    #expect(try namesIn(node.fixture.root + "/tmp") == [] && namesIn(node.fixture.root + "/partial") == [])
    try complete(image)
    #expect(try node.fixture.files() == [] && node.fixture.layerNames() == [])
    // Most moments leave something begun; if few did, few of them tried anything.
    #expect(continued >= wanted / 4, "seed \(seed): \(continued) downloads were continued")
  }
}
