import ArchiveTestKit
import Glibc
import JSONText
import Linux
import Testing

@testable import Images

@Suite("Which images make room")
struct CollectionPlanTests {
  private static func digest(_ number: Int) -> ContentDigest { .sha256(of: [UInt8(number)]) }

  private func use(_ number: Int, _ layers: [Int: Int64], used: Int64, held: Bool = false) -> ImageUse {
    ImageUse(
      manifest: Self.digest(number),
      names: [],
      layers: Dictionary(uniqueKeysWithValues: layers.map { (Self.digest(100 + $0.key), $0.value) }),
      lastUsed: used,
      isHeld: held
    )
  }

  private func chosen(_ images: [ImageUse], available: Int64, now: Int64 = 1_000_000) -> [ContentDigest] {
    CollectionPlan(
      images: images,
      disk: DiskUsage(capacity: 1000, available: available),
      thresholds: CollectionThresholds(),
      now: now
    ).images.map(\.manifest)
  }

  @Test("Nothing goes below 85 %; from there the least recently used go until 80 %")
  func thresholds() {
    let images = (0..<5).map { use($0, [$0: 30], used: Int64(100 - $0)) }
    #expect(chosen(images, available: 160) == [])
    #expect(chosen(images, available: 150) == [Self.digest(4), Self.digest(3)])
    #expect(chosen(images, available: 0) == (0..<5).reversed().map(Self.digest))
  }

  @Test("What is held, or young, stays; what layers share with others that stay frees nothing")
  func kept() {
    let images = [
      use(0, [0: 500], used: 1, held: true), use(1, [1: 500], used: 999_900), use(2, [0: 500, 2: 10], used: 2),
      use(3, [3: 40], used: 3), use(4, [4: 40], used: 4),
    ]
    #expect(chosen(images, available: 150) == [Self.digest(2), Self.digest(3)])
    let shared = [use(0, [9: 60], used: 1), use(1, [9: 60], used: 2), use(2, [3: 60], used: 3)]
    #expect(chosen(shared, available: 150) == [Self.digest(0), Self.digest(1)])
  }

  @Test(
    "A disk without a size, or with nonsense, removes nothing or everything but never traps",
    arguments: [(0, 0), (-5, 9), (.max, .min), (.max, 0), (1, .max)] as [(Int64, Int64)]
  )
  func nonsense(_ capacity: Int64, _ available: Int64) {
    let plan = CollectionPlan(
      images: [use(0, [0: .max, 1: .max], used: .min), use(1, [0: .max], used: .max)],
      disk: DiskUsage(capacity: capacity, available: available),
      thresholds: CollectionThresholds(),
      now: 0
    )
    #expect(plan.images.count <= 2)
  }
}

@Suite("Making room in a store", .enabled(if: isRoot, "needs root"))
struct CollectionTests {
  private let full = DiskUsage(capacity: 1 << 40, available: 0)

  private func age(_ fixture: StoreFixture, _ image: StoredImage, _ seconds: Int) throws {
    let times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
    utimensat(AT_FDCWD, "\(fixture.root)/blobs/sha256/\(image.manifestDigest.hex)", times, 0)
  }

  @Test("Old images go with all their names, used ones stay; to use one makes it young")
  func collect() async throws {
    let fixture = try StoreFixture()
    let store = fixture.store
    let old = try await fixture.add("old") { $0.file("a", "old") }
    let held = try await fixture.add("held") { $0.file("a", "held") }
    let fresh = try await fixture.add("fresh") { $0.file("a", "fresh") }
    _ = try store.tag(ImageReference("old"), as: ImageReference("also"))
    for image in [old, held, fresh] { try age(fixture, image, 1000) }
    let lease = try store.use(held, holder: "pod")
    try store.use(fresh, holder: "pod").release()
    #expect(try store.collect(disk: DiskUsage(capacity: 100, available: 50)) == PruneReport())
    let report = try store.collect(disk: full)
    #expect(report.images.map(\.familiar) == ["also:latest", "old:latest"] && report.layers == 1 && report.bytes == 3)
    #expect(try store.list().images.map(\.reference.familiar) == ["fresh:latest", "held:latest"])
    try lease.release()
    #expect(try store.inspect(held.reference).lastUsed > 1000)
    #expect(try store.diskUsage().percent > 0)
  }

  @Test("Prune removes orphans and partial downloads, and on demand all that is not used")
  func prune() async throws {
    let fixture = try StoreFixture()
    let image = try await fixture.add("keep") { $0.file("a", "x") }
    let orphan = try await fixture.add("orphan") { $0.file("a", "orphan") }
    unlink("\(fixture.root)/names/\(NameRecord.fileName(orphan.reference))")
    let busy = ContentDigest.sha256(of: [1])
    for name in [busy.hex, ContentDigest.sha256(of: [2]).hex, "junk"] {
      _ = try openAt(AT_FDCWD, "\(fixture.root)/partial/\(name)", O_WRONLY | O_CREAT)
    }
    let lock = try await StoreLock.layer(fixture.store.layout, busy)
    let report = try fixture.store.prune()
    #expect(report.partials == 2 && report.layers == 1 && report.bytes == 6 && report.images.isEmpty)
    lock.release()
    #expect(try namesIn(fixture.root + "/partial") == [busy.hex])
    let lease = try fixture.store.use(image, holder: "pod")
    #expect(try fixture.store.prune(all: true).images.isEmpty)
    try lease.release()
    #expect(try fixture.store.prune(all: true).images == [image.reference])
    #expect(try fixture.files() == [] && fixture.layerNames() == [])
  }

  @Test("Of partial downloads the young ones stay as long as they are not too many")
  func partials() async throws {
    let fixture = try StoreFixture()
    for index in 0..<4 {
      let file = try openAt(
        AT_FDCWD,
        "\(fixture.root)/partial/\(ContentDigest.sha256(of: [UInt8(index)]).hex)",
        O_WRONLY | O_CREAT
      )
      try writeAll(file.raw, [UInt8](repeating: 0, count: 100))
      let seconds = Int(Clock.wall().seconds) - 1000 * index
      futimens(file.raw, [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)])
    }
    let image = try await fixture.add("demo") { $0.file("a", "x") }
    _ = try openAt(AT_FDCWD, "\(fixture.root)/partial/\(image.layers[0].digest.hex)", O_WRONLY | O_CREAT)
    #expect(try fixture.store.prunePartials(PartialLimits()).partials == 1)
    var limits = PartialLimits()
    limits.age = 2500
    #expect(try fixture.store.prunePartials(limits).partials == 1)
    limits.bytes = 250
    #expect(try fixture.store.prunePartials(limits).bytes == 100)
    #expect(try Set(namesIn(fixture.root + "/partial")) == Set([0, 1].map { ContentDigest.sha256(of: [$0]).hex }))
  }

  @Test("Tag and inspect tell and do what they should")
  func tagAndInspect() async throws {
    let fixture = try StoreFixture()
    let store = fixture.store
    let image = try await fixture.add("demo", configuration: ImageConfiguration(volumes: ["/data"])) {
      $0.file("a", "abc")
    }
    let tagged = try store.tag(image.reference, as: ImageReference("example.com/x:1"))
    #expect(tagged.id == image.id && tagged.layers == image.layers)
    #expect(throws: ImageStoreError.self) { try store.tag(ImageReference("none"), as: ImageReference("b")) }
    #expect(throws: ImageStoreError.self) {
      try store.tag(image.reference, as: ImageReference("b@\(image.manifestDigest)"))
    }
    let lease = try store.use(image, holder: "pod default/web")
    let inspection = try store.inspect(tagged.reference)
    #expect(inspection.names.map(\.description) == ["docker.io/library/demo:latest", "example.com/x:1"])
    #expect(inspection.holders == ["pod default/web"] && inspection.layers.map(\.contentBytes) == [3])
    #expect(inspection.image.configuration.volumes == ["/data"])
    let text = String(decoding: inspection.json.serialized(), as: UTF8.self)
    #expect(try JSONValue(parsing: text)["documents"]?["manifest"]?["schemaVersion"]?.integer == 2)
    #expect(try JSONValue(parsing: text)["layers"]?.array?.count == 1)
    try lease.release()
    // A name can be taken away from an image that keeps another one, and from one that then goes.
    _ = try await fixture.add("other") { $0.file("a", "other") }
    _ = try store.tag(image.reference, as: ImageReference("other"))
    #expect(try fixture.layerNames().count == 1)
    #expect(throws: ImageStoreError.self) { try store.inspect(ImageReference("none")) }
  }

  @Test("A lease goes to another process with its descriptor, and lasts as long as that process")
  func inheritedLease() async throws {
    let fixture = try StoreFixture()
    let image = try await fixture.add("demo") { $0.file("a", "x") }
    var pid: Int32 = 0
    let pipe = try Pipe()
    do {
      let lease = try fixture.store.use(image, holder: "pod default/web")
      pid = try spawnProgram("/bin/cat", arguments: ["cat"], descriptors: [pipe.reader.raw, -1, -1, lease.descriptor])
    }
    #expect(throws: ImageStoreError.inUse(image.reference, holders: ["pod default/web"])) {
      try fixture.store.remove(image.reference)
    }
    #expect(try fixture.store.prune(all: true).images.isEmpty)
    kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
    // A child that another test spawns just now has copies of its own until it execs.
    for attempt in 0... {
      if try fixture.store.prune(all: true).images == [image.reference] { break }
      try #require(attempt < 500)
      usleep(10_000)
    }
    _ = pipe.writer.raw
  }
}
