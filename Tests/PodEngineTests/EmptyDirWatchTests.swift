import Glibc
import Linux
import PodLogic
import PodModel
import RuntimeAPI
import RuntimeTestKit
import Testing

@testable import PodEngine

@Suite("An emptyDir on disk that holds more than it may ends its pod", .timeLimit(.minutes(1)))
struct EmptyDirWatchTests {
  private func pod(_ limit: String?, medium: EmptyDirVolume.Medium? = nil) throws -> Pod {
    var pod = Pod.test("app")
    let sizeLimit = try limit.map { try Quantity(parsing: $0) }
    pod.spec.volumes = [
      Volume(name: "free", source: .emptyDir(EmptyDirVolume())),
      Volume(name: "data", source: .emptyDir(EmptyDirVolume(medium: medium, sizeLimit: sizeLimit))),
    ]
    return pod
  }

  private func fill(_ bench: Bench, _ volume: String, _ name: String, kibibytes: Int) throws {
    let file = try openAt(AT_FDCWD, "\(bench.root)/state/pods/u-1/volumes/\(volume)/\(name)", O_WRONLY | O_CREAT)
    try writeAll(file.raw, [UInt8](repeating: 1, count: kibibytes << 10))
  }

  @Test("It is evicted with the kubelet's reason and message as soon as that is seen")
  func evicted() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    let pod = try await bench.accept(try pod("64Ki"))
    await pod.untilRunning()
    try fill(bench, "free", "large", kibibytes: 256)
    try fill(bench, "data", "small", kibibytes: 32)
    for _ in 0..<4 { bench.clock.advance(by: .seconds(10)) }
    #expect(pod.status?.phase == .running)
    try fill(bench, "data", "more", kibibytes: 64)
    while pod.updates.notices.allSatisfy({ $0.reason != "Evicted" }) {
      bench.clock.advance(by: .seconds(1))
      await Task.yield()
    }
    let sandbox = try #require(SandboxID("u-1"))
    while await bench.runtime.calls.last != .removeSandbox(sandbox) {
      bench.clock.advance(by: .seconds(1))
      await Task.yield()
    }
    let status = await pod.untilFinished()
    let message = "Usage of EmptyDir volume \"data\" exceeds the limit \"64Ki\". "
    #expect(status?.phase == .failed && status?.reason == "Evicted")
    #expect(status?.message == message)
    #expect(pod.updates.notices.first { $0.reason == "Evicted" }?.message == message)
    try await pod.handle.discard()
  }

  @Test("A pod without a limit of its own is not watched", arguments: [nil, "0"] as [String?])
  func unlimited(_ limit: String?) throws {
    let clock = VirtualClock(clock: FakeClock())
    #expect(EmptyDirWatch(try pod(limit), directory: "/nowhere", clock: clock) == nil)
    #expect(EmptyDirWatch(try pod("1Ki", medium: .memory), directory: "/nowhere", clock: clock) == nil)
    #expect(EmptyDirWatch(try pod("1Ki", medium: .disk), directory: "/nowhere", clock: clock) != nil)
  }

  @Test("A limit that can be kept is neither refused nor told as dropped")
  func admitted() throws {
    let limits = LimitPolicy(enforceable: [], bestEffort: false)
    #expect(Admission.problems(try pod("1Gi"), limits).isEmpty)
  }

  @Test("A volume that cannot be measured is told once, and the pod runs on")
  func doubtful() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    let pod = try await bench.accept(try pod("64Ki"))
    await pod.untilRunning()
    let path = "\(bench.root)/state/pods/u-1/volumes/data"
    try check("rmdir") { rmdir(path) }
    try check("symlink") { symlink("/dev/null", path) }
    while pod.updates.notices.allSatisfy({ $0.reason != "VolumeNotMeasured" }) {
      bench.clock.advance(by: .seconds(1))
      await Task.yield()
    }
    for _ in 0..<5 { bench.clock.advance(by: .seconds(10)) }
    let told = pod.updates.notices.filter { $0.reason == "VolumeNotMeasured" }
    #expect(
      told.map(\.message) == [
        "EmptyDir volume \"data\" may hold more than its limit \"64Ki\": it cannot be measured: openat: Not a directory"
      ]
    )
    #expect(pod.status?.phase == .running)
    pod.handle.kill()
    _ = await pod.untilFinished()
  }
}
