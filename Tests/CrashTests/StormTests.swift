import ArchiveTestKit
import Cgroups
import Foundation
import Glibc
import Linux
import NativeRuntime
import RuntimeAPI
import Synchronization
import Testing

extension Crashes {
  /// ORD-04: a program that forks with its first instruction.
  @Suite("A fork storm at entry never leaves the container's cgroup")
  struct Storms {
    @Test("of containers", arguments: [false, true])
    func containers(_ inSession: Bool) async throws {
      let node = try Node()
      for _ in 0..<(2 * Scale.factor) { try await storm(node, inSession) }
    }

    private func storm(_ node: Node, _ inSession: Bool) async throws {
      let storm = ["/bin/payload", "forkstorm", "5000"]
      let box = try Box.standard(inSession ? ["/bin/payload", "sleep"] : storm)
      let pod = try await TestPod(node, box)
      let group = PodCgroup(node.places.hierarchy, pod: pod.uid)
      try await pod.create(box)
      let watch = Watch(pod: group.path, supervisor: pod.supervisor)
      try await pod.start()
      if inSession {
        var process = box.specification.process
        process.args = storm
        let session = try await node.runtime.exec(ExecRequest(process: process), in: pod.container)
        #expect(try Self.text(session.streams.output).contains("forked 5000"))
        #expect(try await session.wait().outcome == .exited(code: 0))
      } else {
        let exit = try await node.runtime.wait(for: pod.container)
        watch.stop()
        #expect(exit.outcome == .exited(code: 0))
        #expect(try pod.output().contains("forked 5000"))
      }
      watch.stop()
      #expect(watch.strays == [])
      #expect(watch.rounds > 5)
      try await pod.remove()
      #expect(try node.traces() == [])
    }

    private static func text(_ output: Int32) throws -> String {
      var bytes: [UInt8] = []
      while true {
        let chunk = try readSome(output, capacity: 4096)
        if chunk.isEmpty { return String(decoding: bytes, as: UTF8.self) }
        bytes += chunk
      }
    }
  }
}

/// Looks, as fast as it can, for processes of a pod that are outside their container's cgroup.
private final class Watch: Sendable {
  private struct State {
    var strays: Set<String> = []
    var rounds = 0
    var isStopped = false
  }
  private let state = Mutex(State())
  private let ended = DispatchSemaphore(value: 0)

  var strays: Set<String> { state.withLock { $0.strays } }
  var rounds: Int { state.withLock { $0.rounds } }

  init(pod: String, supervisor: Int32) {
    let thread = Thread { [self] in
      while !state.withLock({ $0.isStopped }) {
        let found = Self.strays(pod, supervisor)
        state.withLock {
          $0.strays.formUnion(found)
          $0.rounds += 1
        }
      }
      ended.signal()
    }
    thread.start()
  }

  func stop() {
    let wasStopped = state.withLock { state in
      defer { state.isStopped = true }
      return state.isStopped
    }
    if !wasStopped { ended.wait() }
  }

  /// The pod's own cgroup and that of its supervisor hold the supervisor alone, and every child of the supervisor that
  /// has become a program is below a container's. The helper of an exec stays with the supervisor: it runs nothing of the image.
  private static func strays(_ pod: String, _ supervisor: Int32) -> [String] {
    var found: [String] = []
    for group in [pod, pod + "/shim"] {
      // A cgroup that has gone has nobody in it.
      let members = (try? readKernelFile(AT_FDCWD, group + "/cgroup.procs", limit: 1 << 20)) ?? ""
      for member in members.split(separator: "\n") where Int32(member) != supervisor {
        let name = (try? readKernelFile(AT_FDCWD, "/proc/\(member)/comm")) ?? ""
        if name.hasPrefix("payload") { found.append("\(member) \(name) in \(group)") }
      }
    }
    let parent = String(pod[..<(pod.lastIndex(of: "/") ?? pod.endIndex)]) + "/cgroup.procs"
    if let text = try? readKernelFile(AT_FDCWD, parent, limit: 1 << 20), !text.isEmpty {
      found.append("in \(parent): \(text)")
    }
    return found
  }
}
