import ArchiveTestKit
import Glibc
import Linux
import Synchronization
import Testing

@testable import Images

/// A pull without waits between attempts.
var quick: PullOptions {
  var options = PullOptions()
  options.firstWait = 0
  options.gate = PullGate(imagesAtOnce: 8)
  return options
}

/// What a pull told.
final class Told: Sendable {
  private let state = Mutex<[PullEvent]>([])
  var events: [PullEvent] { state.withLock { $0 } }
  var notices: [String] {
    events.compactMap { if case .notice(let text) = $0 { text } else { nil } }
  }
  func states(_ digest: ContentDigest) -> [LayerProgress.State] {
    events.compactMap { event -> LayerProgress.State? in
      if case .layer(let progress) = event, progress.digest == digest { progress.state } else { nil }
    }.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }
  @Sendable func tell(_ event: PullEvent) { state.withLock { $0.append(event) } }
}

@Suite("A pull", .enabled(if: isRoot, "needs root"))
struct PullTests {
  private let fixture: StoreFixture
  private let name: ImageReference

  init() throws {
    fixture = try StoreFixture()
    name = try ImageReference("example.com/demo")
  }

  private func image(_ count: Int = 3) -> TestImage {
    TestImage((0..<count).map { .random("file\($0)", count: 300_000, seed: UInt64($0)) })
  }

  private func write(_ path: String, _ bytes: [UInt8]) throws {
    let file = try openAt(AT_FDCWD, path, O_WRONLY | O_CREAT)
    try writeAll(file.raw, bytes)
  }

  private func content(_ image: StoredImage, _ layer: Int, _ path: String) throws -> [UInt8] {
    try readRegularFile(AT_FDCWD, image.layers[layer].path + "/" + path, limit: 1 << 20)
  }

  @Test("Brings layers and documents, tells how far it is, and finds everything there the second time")
  func whole() async throws {
    let made = image()
    let (source, told) = (ScriptedSource(made), Told())
    let image = try await fixture.store.pull(name, from: source, options: quick, progress: told.tell)
    #expect(image.id == .sha256(of: made.configurationBytes) && image.manifestDigest == made.digest)
    #expect(image.targetDigest == made.digest && image.diffIDs == made.layers.map(\.diffID))
    #expect(image.layers.map(\.digest) == made.layers.map(\.descriptor.digest))
    #expect(try content(image, 1, "file1") == made.layers[1].bytes[512..<300_512].map(\.self))
    #expect(try fixture.reopened().resolve(name) == image)
    for layer in made.layers {
      #expect(told.states(layer.descriptor.digest) == [.waiting, .downloading, .unpacking, .done])
    }
    let again = Told()
    let second = try await fixture.store.pull(name, from: source, options: quick, progress: again.tell)
    #expect(second.layers == image.layers && again.states(made.layers[0].descriptor.digest) == [.present])
    #expect(source.requests.count { $0.digest == made.layers[0].descriptor.digest } == 1)
    try fixture.store.remove(name)
    #expect(try fixture.files() == [] && fixture.layerNames() == [])
  }

  @Test("A transfer that breaks off is continued where it broke off, a few times in a row")
  func cuts() async throws {
    let made = image(1)
    let digest = made.layers[0].descriptor.digest
    let source = ScriptedSource(made)
    let busy = ContentSourceError(.transient, "busy", retryAfter: 0)
    source.script(digest, [.cut(after: 100_000), .fails(busy), .cut(after: 1), .fromTheBeginning])
    source.failDocuments([busy, busy])
    let image = try await fixture.store.pull(name, from: source, options: quick)
    #expect(try content(image, 0, "file0") == made.layers[0].bytes[512..<300_512].map(\.self))
    #expect(source.requests.filter { $0.digest == digest }.map(\.offset) == [0, 100_000, 100_000, 100_001])

    let other = TestImage([.random("x", count: 1000, seed: 9)])
    let stubborn = ScriptedSource(other)
    stubborn.script(other.layers[0].descriptor.digest, Array(repeating: .cut(after: 1), count: 50))
    await #expect(throws: ImageStoreError.self) {
      try await fixture.store.pull(ImageReference("example.com/other"), from: stubborn, options: quick)
    }
    #expect(stubborn.count(other.layers[0].descriptor.digest) == quick.attempts)
  }

  @Test("An interrupted pull is continued by the next one at the byte where it stopped")
  func resume() async throws {
    let made = image(2)
    let digest = made.layers[1].descriptor.digest
    let source = ScriptedSource(made)
    source.script(digest, [.stall(after: 150_000)])
    let store = fixture.store
    let task = Task { [name] in try await store.pull(name, from: source, options: quick) }
    while source.sent(digest) < 150_000 { await Task.yield() }
    task.cancel()
    await #expect(throws: ImageStoreError.cancelled) { try await task.value }
    let partial = try fixture.files().filter { $0.hasPrefix("/partial/") }
    #expect(partial.contains("/partial/\(digest.hex)"))
    #expect(try store.list().images.isEmpty && namesIn(fixture.root + "/tmp").isEmpty)

    let image = try await store.pull(name, from: source, options: quick)
    #expect(try content(image, 1, "file1") == made.layers[1].bytes[512..<300_512].map(\.self))
    #expect(source.requests.last { $0.digest == digest }?.offset == 150_000)
    #expect(source.sent(digest) == made.layers[1].bytes.count)
    #expect(try fixture.files().filter { $0.hasPrefix("/partial/") } == [])
  }

  @Test(
    "What an earlier download left is hashed again: wrong bytes are removed, said, and fetched anew",
    arguments: [1, 512, 200_000, 301_568]
  )
  func wrongPartial(_ count: Int) async throws {
    let made = image(1)
    let layer = made.layers[0]
    let file = fixture.root + "/partial/" + layer.descriptor.digest.hex
    var wrong = Array(layer.bytes.prefix(count))
    wrong[count / 2] ^= 4
    try write(file, wrong)
    let (source, told) = (ScriptedSource(made), Told())
    let image = try await fixture.store.pull(name, from: source, options: quick, progress: told.tell)
    #expect(try content(image, 0, "file0") == layer.bytes[512..<300_512].map(\.self))
    #expect(told.notices.contains { $0.contains("begins anew") })
    #expect(try fixture.files().filter { $0.hasPrefix("/partial/") } == [])
  }

  @Test("A partial download that is complete, or longer than the blob, is no reason to fetch or to fail")
  func lengths() async throws {
    for extra in [0, 5000] {
      let made = TestImage([.random("x", count: 10_000, seed: UInt64(extra))])
      let layer = made.layers[0]
      let file = fixture.root + "/partial/" + layer.descriptor.digest.hex
      try write(file, layer.bytes + [UInt8](repeating: 7, count: extra))
      let source = ScriptedSource(made)
      _ = try await fixture.store.pull(name, from: source, options: quick)
      #expect(source.count(layer.descriptor.digest) == (extra == 0 ? 0 : 1))
    }
  }

  @Test("A source that cannot continue an earlier download does not make it fail for ever: all is fetched again")
  func brokenRanges() async throws {
    let made = image(1)
    let layer = made.layers[0]
    try write(fixture.root + "/partial/" + layer.descriptor.digest.hex, Array(layer.bytes.prefix(1000)))
    let (source, told) = (ScriptedSource(made), Told())
    source.script(layer.descriptor.digest, [.fromBeyond])
    _ = try await fixture.store.pull(name, from: source, options: quick, progress: told.tell)
    #expect(source.requests.filter { $0.digest == layer.descriptor.digest }.map(\.offset) == [1000, 0])
    #expect(told.notices.contains { $0.contains("begins anew") })
  }

  @Test("Why something is tried again is told, and when; who asks for more patience than anybody has is not waited for")
  func retries() async throws {
    let made = image(1)
    let (source, told) = (ScriptedSource(made), Told())
    source.failDocuments([ContentSourceError(.transient, "busy"), ContentSourceError(.transient, "still busy")])
    _ = try await fixture.store.pull(name, from: source, options: quick, progress: told.tell)
    #expect(
      told.events.prefix(2) == [
        .retrying("busy; trying again in 0.0 s (2 of 5)"), .retrying("still busy; trying again in 0.0 s (3 of 5)"),
      ]
    )
    source.failDocuments([ContentSourceError(.transient, "busy", retryAfter: 301)])
    await #expect(
      throws: ImageStoreError.source(ContentSourceError(.transient, "busy; it asks to be left alone for 301 s"))
    ) { try await fixture.store.pull(name, from: source, options: quick) }
  }

  struct Lie: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let behaviour: ScriptedSource.Behaviour
    let words: String
  }

  static let lies = [
    Lie(testDescription: "a flipped bit in the content", behaviour: .flipped(at: 1000), words: "digest"),
    Lie(testDescription: "a flipped bit at the end", behaviour: .flipped(at: 20_000), words: "digest"),
    // Who notices first, the unpacker or the digest, is a matter of speed.
    Lie(testDescription: "a flipped bit in the header", behaviour: .flipped(at: 5), words: "d"),
    Lie(testDescription: "more bytes than announced", behaviour: .tooMuch, words: "more came"),
    Lie(testDescription: "another range", behaviour: .fromBeyond, words: "asked for byte 0"),
    Lie(testDescription: "nothing", behaviour: .fails(ContentSourceError(.notFound, "gone")), words: "gone"),
    Lie(testDescription: "no entry", behaviour: .fails(ContentSourceError(.unauthorized, "log in")), words: "log in"),
  ]

  @Test("A blob that is not what was asked for is refused by name, and nothing of it stays", arguments: lies)
  func lie(_ lie: Lie) async throws {
    let made = TestImage([.random("x", count: 20_000, seed: 1)])
    let source = ScriptedSource(made)
    source.script(made.layers[0].descriptor.digest, Array(repeating: lie.behaviour, count: 9))
    await #expect { try await fixture.store.pull(name, from: source, options: quick) } throws: { error in
      "\(error)".contains(lie.words)
    }
    let left = try fixture.files().filter { !$0.hasPrefix("/locks/") }
    #expect(left == [])
    #expect(try fixture.layerNames() == [])
    // And the truth is taken afterwards.
    source.script(made.layers[0].descriptor.digest, [])
    _ = try await fixture.store.pull(name, from: source, options: quick)
  }

  @Test(
    "A layer whose content is not what the configuration says is refused, whether it is new or in the store (SEC-47)"
  )
  func diffID() async throws {
    var made = image(1)
    made.layers[0].diffID = .sha256(of: [1, 2, 3])
    let forged = ScriptedSource(made)
    await #expect { try await fixture.store.pull(name, from: forged, options: quick) } throws: {
      "\($0)".contains("uncompressed")
    }
    #expect(try fixture.layerNames() == [])
    _ = try await fixture.store.pull(name, from: ScriptedSource(image(1)), options: quick)
    await #expect { try await fixture.store.pull(name, from: forged, options: quick) } throws: {
      "\($0)".contains("uncompressed")
    }
    #expect(try fixture.store.list().damaged.isEmpty)
  }

  @Test("One layer is fetched once, whoever asks; layers and images are fetched as many at once as allowed")
  func once() async throws {
    let made = image(6)
    let source = ScriptedSource(made)
    source.hold(true)
    let (store, other) = (fixture.store, try fixture.reopened())
    var options = quick
    options.layersAtOnce = 2
    let gate = PullGate(imagesAtOnce: 2)
    options.gate = gate
    let told = Told()
    let tasks = (0..<4).map { index in
      Task { [options] in
        try await (index % 2 == 0 ? store : other).pull(
          ImageReference("example.com/n\(index)"),
          from: source,
          options: options,
          progress: told.tell
        )
      }
    }
    while source.mostOpen < 3 && !told.events.contains(.waiting) { await Task.yield() }
    source.hold(false)
    for task in tasks { _ = try await task.value }
    for layer in made.layers { #expect(source.count(layer.descriptor.digest) == 1) }
    // Two images with two layers each; the configurations are read alone.
    #expect(source.mostOpen <= 4 && told.events.contains(.waiting))
    #expect(try fixture.layerNames().count == 6 && store.list().images.count == 4)
  }

  @Test("The largest layer begins first, wherever it is in the image")
  func largestFirst() async throws {
    let counts = [2000, 300_000, 100, 40_000]
    let made = TestImage(counts.enumerated().map { .random("file\($0)", count: $1, seed: UInt64($0)) })
    let source = ScriptedSource(made)
    var options = quick
    options.layersAtOnce = 1
    _ = try await fixture.store.pull(name, from: source, options: options)
    let layers = made.layers.map(\.descriptor)
    let asked = source.requests.compactMap { request in layers.first { $0.digest == request.digest }?.size }
    #expect(asked == layers.map(\.size).sorted(by: >))
  }

  @Test("Who waits for somebody else's download, or for a turn, can be cancelled")
  func cancelledWaiting() async throws {
    let made = image(1)
    let digest = made.layers[0].descriptor.digest
    let source = ScriptedSource(made)
    source.script(digest, [.stall(after: 10)])
    let (store, name) = (fixture.store, name)
    var options = quick
    options.gate = PullGate(imagesAtOnce: 2)
    let first = Task { [options] in try await store.pull(name, from: source, options: options) }
    while source.sent(digest) < 10 { await Task.yield() }
    let told = Told()
    let second = Task { [options] in try await store.pull(name, from: source, options: options, progress: told.tell) }
    while told.states(digest) != [.waiting] { await Task.yield() }
    let third = Task { [options] in try await store.pull(name, from: source, options: options, progress: told.tell) }
    while !told.events.contains(.waiting) { await Task.yield() }
    third.cancel()
    await #expect(throws: ImageStoreError.cancelled) { try await third.value }
    second.cancel()
    await #expect(throws: ImageStoreError.cancelled) { try await second.value }
    first.cancel()
    await #expect(throws: ImageStoreError.cancelled) { try await first.value }
    _ = try await store.pull(name, from: source, options: options)
  }

  @Test("While an image is being pulled, its layers are not collected; a replaced image goes")
  func pinned() async throws {
    let made = image(2)
    let source = ScriptedSource(made)
    source.script(made.layers[1].descriptor.digest, [.stall(after: 10)])
    let (store, name) = (fixture.store, name)
    _ = try await store.pull(name, from: ScriptedSource(TestImage([.random("old", count: 9, seed: 5)])), options: quick)
    let old = try #require(try fixture.layerNames().first)
    let task = Task { try await store.pull(name, from: source, options: quick) }
    while try fixture.layerNames().count < 2 { await Task.yield() }
    try await fixture.add("third") { $0.file("x") }
    try store.remove(ImageReference("third"))
    #expect(try fixture.layerNames().count == 2)
    task.cancel()
    _ = await task.result
    let image = try await store.pull(name, from: source, options: quick)
    #expect(source.count(made.layers[0].descriptor.digest) == 1)
    #expect(
      try fixture.layerNames().sorted() == image.layers.map(\.name).sorted() && !image.layers.map(\.name).contains(old)
    )
  }

  @Test("A layer that occurs twice is stored and stacked once, the upper one")
  func duplicates() async throws {
    let (one, two) = (TestImage.Layer { $0.file("a", "1") }, TestImage.Layer { $0.file("b", "2") })
    let image = try await fixture.store.pull(
      name,
      from: ScriptedSource(TestImage([one, two, one, one])),
      options: quick
    )
    #expect(image.layers.map(\.digest) == [two.descriptor.digest, one.descriptor.digest] && image.diffIDs.count == 4)
  }

  @Test("127 layers are taken, 128 are not")
  func manyLayers() async throws {
    let layers = (0..<128).map { index in TestImage.Layer { $0.file("f\(index)", "\(index)") } }
    let image = try await fixture.store.pull(
      name,
      from: ScriptedSource(TestImage(Array(layers.dropLast()))),
      options: quick
    )
    #expect(image.layers.count == 127)
    await #expect(throws: ImageStoreError.self) {
      try await fixture.store.pull(name, from: ScriptedSource(TestImage(layers)), options: quick)
    }
  }
}
