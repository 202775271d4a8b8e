import ArchiveTestKit
import Glibc
import Linux
import Testing

@testable import Images

@Suite("A store that something happened to", .enabled(if: isRoot, "needs root"))
struct StoreDamageTests {
  private func overwrite(_ path: String, _ change: (inout [UInt8]) -> Void) throws {
    var bytes = try readRegularFile(AT_FDCWD, path, limit: 1 << 20)
    change(&bytes)
    let file = try openAt(AT_FDCWD, path, O_WRONLY | O_TRUNC)
    try writeAll(file.raw, bytes)
  }

  @Test("A flipped bit in any document is noticed, named, and never used; other images are not affected (SEC-47)")
  func flips() async throws {
    let fixture = try StoreFixture()
    let image = try await fixture.add("demo") { $0.file("a", "x") }
    let other = try await fixture.add("other") { $0.file("a", "y") }
    let documents = [image.id.hex, image.manifestDigest.hex].map { "\(fixture.root)/blobs/sha256/\($0)" }
    let names = ["\(fixture.root)/names/\(NameRecord.fileName(image.reference))"]
    let records = ["\(fixture.root)/records/\(image.layers[0].name)"]
    for path in documents {
      let count = try readRegularFile(AT_FDCWD, path, limit: 1 << 20).count
      for index in stride(from: 0, to: count, by: max(1, count / 50)) {
        try overwrite(path) { $0[index] ^= 1 }
        #expect(throws: ImageStoreError.self, "\(path) \(index)") { try fixture.store.resolve(image.reference) }
        try overwrite(path) { $0[index] ^= 1 }
      }
    }
    for path in documents + names + records {
      let bytes = try readRegularFile(AT_FDCWD, path, limit: 1 << 20)
      for content in [[], Array("{}".utf8), Array(bytes.dropLast()), bytes + bytes] {
        try overwrite(path) { $0 = content }
        let listing = try fixture.store.list()
        #expect(listing.images == [other] && listing.damaged.count == 1, "\(path)")
        #expect(throws: ImageStoreError.self) { try fixture.store.resolve(image.reference) }
      }
      try overwrite(path) { $0 = bytes }
    }
    #expect(try fixture.store.resolve(image.reference) == image)
  }

  @Test("Of a store with a damaged image nothing is collected but what is removed by name, and then it heals")
  func removalOfDamaged() async throws {
    let fixture = try StoreFixture()
    let image = try await fixture.add("demo") { $0.file("a", "x") }
    let other = try await fixture.add("other") { $0.file("a", "y") }
    try overwrite("\(fixture.root)/blobs/sha256/\(image.id.hex)") { $0 = [] }
    #expect(throws: ImageStoreError.self) { try fixture.store.remove(other.reference) }
    #expect(try fixture.layerNames().count == 2)
    try fixture.store.remove(image.reference)
    #expect(try fixture.files() == [] && fixture.layerNames() == [])
  }

  @Test("A damaged name can be removed by its name")
  func damagedName() async throws {
    let fixture = try StoreFixture()
    let image = try await fixture.add("demo") { $0.file("a", "x") }
    try overwrite("\(fixture.root)/names/\(NameRecord.fileName(image.reference))") { $0 = Array("{".utf8) }
    try fixture.store.remove(image.reference)
    #expect(try fixture.files() == [] && fixture.layerNames() == [])
  }

  @Test("A layer that is missing is an error, and importing the image again heals it")
  func missingLayer() async throws {
    let fixture = try StoreFixture()
    let image = try await fixture.add("demo") { $0.file("a", "x") }
    let layers = try openDirectory(AT_FDCWD, fixture.root + "/layers")
    try removeTree(layers.raw, image.layers[0].name)
    #expect(throws: ImageStoreError.damaged("layer \(image.layers[0].diffID)", reason: "it is missing")) {
      try fixture.store.resolve(image.reference)
    }
    let again = try await fixture.add("demo") { $0.file("a", "x") }
    #expect(again.layers == image.layers)
  }

  @Test("Another layer with the same short name never stands in")
  func collision() async throws {
    let fixture = try StoreFixture()
    let image = try await fixture.add("demo") { $0.file("a", "x") }
    let digest = image.layers[0].digest
    let changed = try ContentDigest("sha256:" + digest.hex.prefix(30) + String(repeating: "0", count: 34))
    #expect(LayerRecord.shortName(changed) == image.layers[0].name)
    #expect(throws: ImageStoreError.self) { try fixture.store.layout.layer(changed) }
  }

  @Test("What a killed writer left is removed by the next one; what a living one has is not")
  func abandoned() async throws {
    let fixture = try StoreFixture()
    let temporary = fixture.root + "/tmp"
    try makeDirectory(AT_FDCWD, temporary + "/dead")
    try makeDirectory(AT_FDCWD, temporary + "/dead/layer")
    _ = try openAt(AT_FDCWD, temporary + "/dead/layer/file", O_WRONLY | O_CREAT)
    _ = try openAt(AT_FDCWD, temporary + "/dead.lock", O_WRONLY | O_CREAT)
    _ = try openAt(AT_FDCWD, temporary + "/dead2.lock", O_WRONLY | O_CREAT)
    let living = try Workspace(fixture.store.layout)
    let made = try living.makeDirectory(named: "layer")
    try await fixture.add("demo") { $0.file("a", "x") }
    let names = try namesIn(temporary)
    #expect(names.count == 2 && !names.contains { $0.hasPrefix("dead") }, "\(names)")
    #expect(try hasName(made.raw))
    try living.remove()
    #expect(try namesIn(temporary) == [])
  }

  @Test("A layer and documents that nothing names, as after a crash before the last step, go with the next removal")
  func orphans() async throws {
    let fixture = try StoreFixture()
    let image = try await fixture.add("demo") { $0.file("a", "x") }
    let names = try openDirectory(AT_FDCWD, fixture.root + "/names")
    try removeTree(names.raw, NameRecord.fileName(image.reference))
    #expect(try fixture.store.list().images.isEmpty && fixture.layerNames().count == 1)
    let other = try await fixture.add("other") { $0.file("a", "y") }
    try fixture.store.remove(other.reference)
    #expect(try fixture.files() == [] && fixture.layerNames() == [])
  }

  @Test("An importer that is killed at any moment leaves a store that works, and the next import cleans up")
  func killed() async throws {
    let fixture = try StoreFixture()
    let image = try await fixture.add("keep") { $0.file("a", "x") }
    var tar = TarWriter()
    for index in 0..<300 { tar.file("dir/file\(index)", String(repeating: "x", count: 1000)) }
    let archive = try fixture.scratch.file("big", tar.finished)
    var status: Int32 = 0
    for round in 0..<25 {
      let pid = try spawnProgram(
        builtProgram("swiftlet"),
        arguments: ["swiftlet", "image", "import", "--state-dir", fixture.scratch.path, archive, "big"],
        descriptors: [-1, -1, -1]
      )
      // The last one is left to finish: what was interrupted before would otherwise prove nothing.
      if round < 24 {
        usleep(UInt32(round) * 4000)
        kill(pid, SIGKILL)
      }
      waitpid(pid, &status, 0)
      let listing = try fixture.store.list()
      #expect(listing.damaged.isEmpty && listing.images.contains(image), "after \(round * 4) ms")
    }
    #expect(status == 0)
    #expect(try fixture.store.resolve(ImageReference("big"))?.size == 300_000)
    #expect(try namesIn(fixture.root + "/tmp") == [])
    for image in try fixture.store.list().images { try fixture.store.remove(image.reference) }
    #expect(try fixture.files() == [] && fixture.layerNames() == [])
  }
}
