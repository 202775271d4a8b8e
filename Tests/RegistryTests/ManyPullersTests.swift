import ArchiveTestKit
import Glibc
import Testing

@testable import Images

@Suite("Processes that pull the same image", .enabled(if: geteuid() == 0, "needs root"))
struct ManyPullersTests {
  @Test("fetch each of its layers once, whoever asks, and all have it in the end")
  func once() async throws {
    let store = try ObservedStore()
    let image = ServedImage((1...4).map { ServedImage.layer(count: 400_000, seed: $0) })
    let registry = try await FaultRegistry { request, _ in
      // Slow enough that all of them are there before the first is done.
      let steps = image.answer(request)
      return request.path.contains("/blobs/") ? [.wait(milliseconds: 300)] + steps : steps
    }
    let name = "127.0.0.1:\(registry.port)/team/app:1"
    let first = try PullingProcess(store: store.path, name: name)
    let second = try PullingProcess(store: store.path, name: name)
    let third = try PullingProcess(store: store.path, name: name)
    let lines = try [first.finish().line, second.finish().line, third.finish().line]
    #expect(lines == Array(repeating: "pulled \(image.digest)", count: 3))
    for descriptor in image.descriptors {
      #expect(registry.requests.count { $0.isFor(descriptor.digest) } == 1)
    }
    #expect(try store.content().filter { $0.hasPrefix("/tmp/") || $0.hasPrefix("/partial/") } == [])
    try await registry.stop()
  }

  @Test("and are killed at any moment leave what the next one continues at the very byte")
  func killed() async throws {
    let store = try ObservedStore()
    let blob = ServedImage.layer(count: 3_000_000)
    let image = ServedImage([blob])
    let registry = try await FaultRegistry { request, _ in
      guard request.isFor(image.descriptors[0].digest) else { return image.answer(request) }
      let start = request.rangeStart ?? 0
      let head = ServedImage.blob(blob, request)[0]
      // In pieces that take their time.
      let pieces = stride(from: start, to: blob.count, by: 50_000).flatMap { offset in
        [.write(Array(blob[offset..<min(blob.count, offset + 50_000)])), .wait(milliseconds: 5)] as [FaultRegistry.Step]
      }
      return [head] + pieces
    }
    let name = "127.0.0.1:\(registry.port)/team/app:1"
    var length = 0
    for _ in 0..<25 {
      let before = registry.requests.count
      let process = try PullingProcess(store: store.path, name: name)
      usleep(UInt32.random(in: 20_000...150_000))
      process.kill()
      let request = registry.requests[before...].first { $0.isFor(image.descriptors[0].digest) }
      if let request { #expect(request.rangeStart ?? 0 == length) }
      let kept = try store.partial(image.descriptors[0].digest)
      // Complete: it lies unpacked now.
      if kept.count < length { break }
      #expect(kept == Array(blob.prefix(kept.count)))
      length = kept.count
    }
    #expect(try PullingProcess(store: store.path, name: name).finish().line == "pulled \(image.digest)")
    #expect(length > 0)
    try await registry.stop()
  }
}
