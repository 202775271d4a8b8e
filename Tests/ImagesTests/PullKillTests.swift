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

  @Test("leaves nothing that looks complete, and the next one goes on, fetching at most one chunk again")
  func killed() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = Seeded(seed)
    let fixture = try StoreFixture()
    let (path, log) = (fixture.scratch.path, fixture.scratch.path + "/log")
    let layers = (0..<4).map { TestImage.Layer.random("file\($0)", count: 1_500_000, seed: UInt64($0)) }
    let image = TestImage(layers)
    try makeDirectory(AT_FDCWD, path + "/source")
    _ = try fixture.scratch.file("source/manifest", image.manifestBytes)
    for (digest, bytes) in image.blobs { _ = try fixture.scratch.file("source/\(digest.hex)", bytes) }
    let name = try ImageReference("example.com/killed")
    func start() throws -> Int32 {
      try spawnProgram(
        builtProgram("pull-child"),
        arguments: ["pull-child", fixture.root, path + "/source", "\(name)", log, builtProgram("swiftlet-unpack")],
        descriptors: [-1, 2, 2]
      )
    }
    var (kills, completions, resumptions) = (0, 0, 0)
    var status: Int32 = 0
    while kills < 60 {
      let pid = try start()
      usleep(UInt32.random(in: 5_000...120_000, using: &random))
      kill(pid, SIGKILL)
      waitpid(pid, &status, 0)
      kills += 1
      let listing = try fixture.store.list()
      #expect(listing.damaged.isEmpty, "seed \(seed)")
      if let complete = listing.images.first {
        try check(complete, layers)
        try fixture.store.remove(name)
        unlink(log)
        completions += 1
      }
    }
    let pid = try start()
    waitpid(pid, &status, 0)
    #expect(status == 0)
    try check(#require(try fixture.store.resolve(name)), layers)
    var handedOver: [String: Int] = [:]
    for note in try notes(log) {
      if note.isBeginning {
        let again = (handedOver[note.blob] ?? 0) - note.offset
        let isLayer = image.blobs.keys.contains { $0.hex == note.blob && $0 != .sha256(of: image.configurationBytes) }
        if isLayer {
          #expect(again <= 65_536, "seed \(seed): \(again) bytes of \(note.blob) fetched again")
          if note.offset > 0 { resumptions += 1 }
        }
      }
      handedOver[note.blob] = note.isBeginning ? note.offset : max(handedOver[note.blob] ?? 0, note.offset)
    }
    #expect(resumptions > 0 || completions > 0, "seed \(seed)")
    #expect(try namesIn(fixture.root + "/tmp") == [] && namesIn(fixture.root + "/partial") == [])
    try fixture.store.remove(name)
    #expect(try fixture.files() == [] && fixture.layerNames() == [])
  }

  private func check(_ image: StoredImage, _ layers: [TestImage.Layer]) throws {
    for (index, layer) in layers.enumerated() {
      let bytes = try readRegularFile(AT_FDCWD, image.layers[index].path + "/file\(index)", limit: 2 << 20)
      #expect(bytes == Array(layer.bytes[512..<1_500_512]))
    }
  }
}
