import ArchiveTestKit
import CExtendedAttributes
import Glibc
import Linux
import Testing
import UnpackPlan

@testable import Images

/// A store of a test's own and archives for it.
struct StoreFixture {
  let scratch: Scratch
  let store: ImageStore

  /// - Parameter folder: Where its directory is made.
  init(in folder: String = "/tmp") throws {
    scratch = try Scratch(in: folder)
    store = try ImageStore(root: scratch.path + "/images", unpackProgram: builtProgram("swiftlet-unpack"))
  }

  var root: String { store.layout.path }

  func reopened() throws -> ImageStore {
    try ImageStore(root: root, unpackProgram: builtProgram("swiftlet-unpack"))
  }

  @discardableResult
  func add(
    _ name: String,
    configuration: ImageConfiguration = ImageConfiguration(),
    _ build: (inout TarWriter) -> Void
  ) async throws -> StoredImage {
    var tar = TarWriter()
    build(&tar)
    let file = SharedFD(try openAt(AT_FDCWD, scratch.file("archive-\(randomName())", tar.finished), O_RDONLY))
    defer { withExtendedLifetime(file) {} }
    return try await store.importRootFilesystem(
      tar: file.raw,
      name: ImageReference(name),
      configuration: configuration
    )
  }

  /// Files and directories of the store outside of layers.
  func files() throws -> [String] {
    try describeTree(root).map { String($0.prefix { $0 != " " }) }
      .filter { $0.split(separator: "/").count > 1 && $0 != "/blobs/sha256" && !$0.hasPrefix("/layers/") }.sorted()
  }

  func layerNames() throws -> [String] {
    try namesIn(root + "/layers")
  }
}

/// The names in a directory.
func namesIn(_ path: String) throws -> [String] {
  let directory = try openDirectory(AT_FDCWD, path)
  return try entries(of: directory.raw)
}

let isRoot = geteuid() == 0

@Suite("The image store", .enabled(if: isRoot, "needs root"))
struct ImageStoreTests {
  @Test("An imported image is found, listed, used and removed; nothing is left of it")
  func life() async throws {
    let fixture = try StoreFixture()
    let configuration = ImageConfiguration(cmd: ["sh", "-c", "true"], env: ["A=b"], workingDir: "/w")
    let image = try await fixture.add("demo", configuration: configuration) {
      $0.directory("./")
      $0.file("bin/sh", "#!", mode: 0o755)
    }
    #expect(image.reference.description == "docker.io/library/demo:latest")
    #expect(image.configuration == configuration && image.size == 2 && image.layers.count == 1)
    #expect(image.layers.first?.path == fixture.root + "/layers/" + (image.layers.first?.name ?? ""))
    let layer = try #require(image.layers.first)
    #expect(try readRegularFile(AT_FDCWD, layer.path + "/bin/sh", limit: 10) == Array("#!".utf8))

    let other = try fixture.reopened()
    #expect(try other.resolve(ImageReference("demo:latest")) == image)
    #expect(try other.resolve(ImageReference("demo:other")) == nil)
    #expect(try other.resolve(ImageReference("example.com/library/demo")) == nil)
    #expect(try other.list().images == [image])
    let pinned = try #require(try other.resolve(ImageReference("demo@\(image.manifestDigest)")))
    #expect(pinned.id == image.id && pinned.reference.digest == image.manifestDigest)
    #expect(try other.resolve(ImageReference("demo2@\(image.manifestDigest)")) == nil)

    try other.remove(ImageReference("demo"))
    #expect(try fixture.store.list().images.isEmpty)
    #expect(try fixture.files() == [] && fixture.layerNames() == [])
    #expect(throws: ImageStoreError.noSuchImage(ImageSelector(try ImageReference("demo")))) {
      try other.remove(ImageReference("demo"))
    }
  }

  @Test("Only root may look into the store")
  func modes() async throws {
    let fixture = try StoreFixture()
    try await fixture.add("demo") { $0.file("suid", "x", mode: 0o4755) }
    for line in try describeTree(fixture.root) where !line.hasPrefix("/layers/") {
      #expect(line.contains(" 40700 ") || line.contains(" 100600 "), "\(line)")
    }
  }

  @Test(
    "Two names of one content share their layer; removing one leaves the other; a new import replaces the old image"
  )
  func sharing() async throws {
    let fixture = try StoreFixture()
    let one = try await fixture.add("one") { $0.file("a", "same") }
    let two = try await fixture.add("two", configuration: ImageConfiguration(user: "7")) { $0.file("a", "same") }
    #expect(one.layers == two.layers && one.id != two.id)
    #expect(try fixture.layerNames().count == 1)
    try fixture.store.remove(ImageReference("one"))
    #expect(try fixture.store.resolve(ImageReference("two")) == two)
    #expect(try readRegularFile(AT_FDCWD, two.layers[0].path + "/a", limit: 10) == Array("same".utf8))

    let three = try await fixture.add("two") { $0.file("a", "different") }
    #expect(three.layers != two.layers)
    #expect(try fixture.layerNames() == three.layers.map(\.name))
    #expect(try fixture.store.list().images == [three])
  }

  @Test("What is in use is not removed, and the error says who uses it")
  func lease() async throws {
    let fixture = try StoreFixture()
    let image = try await fixture.add("demo") { $0.file("a", "first") }
    let other = try fixture.reopened()
    let lease = try other.use(image, holder: "pod default/web")
    let name = image.reference
    #expect(throws: ImageStoreError.inUse(name, holders: ["pod default/web"])) { try fixture.store.remove(name) }

    // A second name can go, and a new image can take the name: the old layers stay as long as they are used.
    let replacement = try await fixture.add("demo") { $0.file("a", "second") }
    #expect(try fixture.store.resolve(name) == replacement)
    #expect(try readRegularFile(AT_FDCWD, image.layers[0].path + "/a", limit: 10) == Array("first".utf8))
    #expect(try fixture.layerNames().count == 2)

    try lease.release()
    try await fixture.add("demo") { $0.file("a", "third") }
    #expect(try fixture.layerNames().count == 1)
    #expect(throws: ImageStoreError.gone(name)) { try other.use(image, holder: "pod default/late") }
  }

  @Test("A lease lives in its descriptor: it outlasts the process that took it, and ends with the last copy")
  func leaseOutlives() async throws {
    let fixture = try StoreFixture()
    let image = try await fixture.add("demo") { $0.file("a", "x") }
    var copy: Int32 = -1
    do {
      let lease = try fixture.store.use(image, holder: "pod default/web")
      copy = dup(lease.descriptor)
    }
    #expect(throws: ImageStoreError.self) { try fixture.store.remove(image.reference) }
    close(copy)
    // A child that another test spawns just now has copies of its own until it execs.
    for attempt in 0... {
      do {
        try fixture.store.remove(image.reference)
        break
      } catch {
        try #require(attempt < 500, "\(error)")
        usleep(10_000)
      }
    }
    #expect(try fixture.files() == [])
  }

  @Test("Digests that begin alike are told apart, and a damaged image hides no other")
  func selection() async throws {
    let fixture = try StoreFixture()
    let store = fixture.store
    var images: [StoredImage] = []
    for digit in ["1", "2"] {
      let image = try await fixture.add("image\(digit)") { $0.file("a", digit) }
      // As if both had come from registries with indexes whose digests begin alike.
      let target = try ContentDigest("sha256:" + String(repeating: "ab", count: 31) + "0" + digit)
      let record = NameRecord(reference: image.reference, manifest: image.manifestDigest, target: target)
      let path = "\(fixture.root)/names/\(NameRecord.fileName(image.reference))"
      let file = try openAt(AT_FDCWD, path, O_WRONLY | O_TRUNC)
      try writeAll(file.raw, record.serialized)
      images.append(image)
    }
    let common = try ImageSelector("abababab")
    let ids = images.map { String($0.id.hex.prefix(12)) }.sorted()
    for attempt in [{ _ = try store.remove(common) }, { _ = try store.inspect(common) }] {
      #expect(throws: ImageStoreError.ambiguous(common, ids: ids), performing: attempt)
    }
    #expect(
      "\(ImageStoreError.ambiguous(common, ids: ids))".contains("beginning of several ids (\(ids[0]), \(ids[1]))")
    )
    let second = String(repeating: "ab", count: 31) + "02"
    #expect(try store.inspect(ImageSelector(second)).image.id == images[1].id)
    #expect(try store.inspect(ImageSelector("image1@sha256:" + second.dropLast() + "1")).image.id == images[0].id)

    unlink("\(fixture.root)/blobs/sha256/\(images[1].id.hex)")
    #expect(try store.inspect(common).image.id == images[0].id)
    #expect(throws: ImageStoreError.noSuchImage(try ImageSelector(second))) { try store.inspect(ImageSelector(second)) }
    #expect(try store.remove(ImageSelector("image2")) == images[1].reference)
    #expect(try store.remove(common) == images[0].reference)
    #expect(try fixture.files() == [])
  }

  @Test("What overlayfs needs the parent to mark is marked")
  func opaque() async throws {
    let fixture = try StoreFixture()
    let image = try await fixture.add("demo") {
      $0.file("d/kept", "x")
      $0.file("d/.wh..wh..opq")
    }
    var buffer = [UInt8](repeating: 0, count: 8)
    #expect(xa_lget(image.layers[0].path + "/d", "trusted.overlay.opaque", &buffer, 8) == 1 && buffer[0] == 121)
  }

  @Test("A failed import leaves nothing and keeps the image of that name")
  func failure() async throws {
    let fixture = try StoreFixture()
    let image = try await fixture.add("demo") { $0.file("a", "x") }
    let before = try fixture.files()
    await #expect(throws: ImageStoreError.self) { try await fixture.add("demo") { $0.file(".wh..", "x") } }
    await #expect(throws: ImageStoreError.self) { try await fixture.add("demo") { $0.link("nothing", "x") } }
    await #expect(throws: ImageStoreError.self) {
      try await fixture.add("demo", configuration: ImageConfiguration(env: ["broken"])) { $0.file("x") }
    }
    await #expect(throws: ImageStoreError.self) {
      try await fixture.add("demo@\(image.manifestDigest)") { $0.file("x") }
    }
    #expect(try fixture.files() == before)
    #expect(try fixture.store.resolve(ImageReference("demo")) == image)
  }

  @Test("A missing unpacker, and one that is something else, are said so")
  func unpacker() async throws {
    let fixture = try StoreFixture()
    var tar = TarWriter()
    tar.file("a")
    let file = SharedFD(try openAt(AT_FDCWD, fixture.scratch.file("archive", tar.finished), O_RDONLY))
    for program in ["/not/there", "/bin/true", "/bin/echo"] {
      let store = try ImageStore(root: fixture.root, unpackProgram: program)
      await #expect {
        _ = try await store.importRootFilesystem(
          tar: file.raw,
          name: ImageReference("a"),
          configuration: ImageConfiguration()
        )
      } throws: { error in
        guard case .unpacker(let text) = error as? ImageStoreError else { return false }
        return text.contains("swiftlet-unpack") || text.contains(program)
      }
    }
    #expect(try fixture.files() == [])
  }

  @Test("A cancelled import ends at once, kills its child and leaves nothing")
  func cancellation() async throws {
    let fixture = try StoreFixture()
    let pipe = try Pipe()
    let reader = SharedFD(pipe.reader)
    let store = fixture.store
    let task = Task {
      try await store.importRootFilesystem(
        tar: reader.raw,
        name: ImageReference("a"),
        configuration: ImageConfiguration()
      )
    }
    // The archive never comes: without cancellation this would wait for an hour.
    while try namesIn(fixture.root + "/tmp").count < 2 { await Task.yield() }
    task.cancel()
    await #expect(throws: ImageStoreError.cancelled) { try await task.value }
    #expect(try fixture.files() == [])
  }

  @Test("Many imports at once, of the same and of other content, all succeed")
  func concurrent() async throws {
    let fixture = try StoreFixture()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<12 {
        group.addTask {
          try await fixture.add("image\(index)") { $0.file("a", "content \(index % 3)") }
          if index % 4 == 0 { try fixture.reopened().remove(ImageReference("image\(index)")) }
        }
      }
      try await group.waitForAll()
    }
    let listing = try fixture.store.list()
    #expect(listing.images.count == 9 && listing.damaged.isEmpty)
    #expect(try fixture.layerNames().count == 3)
    for image in listing.images { try fixture.store.remove(image.reference) }
    #expect(try fixture.files() == [] && fixture.layerNames() == [])
  }
}
