import ArchiveTestKit
import Cgroups
import Foundation
import Glibc
import Linux
import NativeRuntime
import RuntimeAPI
import Testing

extension Crashes {
  /// What a container may do to whatever `exec` brings into it: a process of its user is its to trace and to stop.
  @Suite("Nobody outside waits for what a container holds on to")
  struct Held {
    private func session(_ pod: TestPod, _ box: Box, _ arguments: [String], timeout: Int? = nil) async throws
      -> any ExecSession
    {
      var process = box.specification.process
      process.args = arguments
      return try await pod.node.runtime.exec(ExecRequest(process: process, timeout: timeout), in: pod.container)
    }

    /// Takes long enough to be caught, and needs no other process, which would be caught as well.
    private static let work = "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done"

    /// A container that attaches to every process that appears.
    private func pod(_ node: Node, _ how: String, _ box: inout Box) async throws -> TestPod {
      box.specification.process.args = ["/bin/payload", "hold", how, "1000"]
      let pod = try await TestPod(node, box)
      try await pod.create(box)
      try await pod.start()
      for _ in 0..<1000 {
        if try pod.output().contains("ready") { return pod }
        try await Task.sleep(nanoseconds: 5_000_000)
      }
      throw Required.Missing(description: "the container's word")
    }

    /// How a session ends, and how many seconds that takes.
    private func end(_ session: any ExecSession) async throws -> (outcome: ContainerExit.Outcome, seconds: Double) {
      let began = Clock.monotonicNanoseconds()
      let outcome = try await session.wait().outcome
      return (outcome, Double(Clock.monotonicNanoseconds() - began) / 1e9)
    }

    /// Clock ticks that a process has used (`proc_pid_stat(5)`, fields 14 and 15).
    private func ticks(_ pid: Int32) throws -> Int {
      let stat = try readKernelFile(AT_FDCWD, "/proc/\(pid)/stat", limit: 4096)
      let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
      return (Int(fields[12]) ?? 0) + (Int(fields[13]) ?? 0)
    }

    @Test("the end of a process that is traced is told as it was, and costs nothing while its tracer does not listen")
    func zombies() async throws {
      let node = try Node()
      var box = try Box.standard([])
      let pod = try await pod(node, "end", &box)
      for code in Int32(1)...20 {
        let session = try await session(
          pod,
          box,
          ["/bin/busybox", "sh", "-c", "\(Self.work); exit \(code)"],
          timeout: 20
        )
        let end = try await end(session)
        #expect(end.outcome == .exited(code: code) && end.seconds < 5, "session \(code)")
      }
      let killed = try await session(pod, box, ["/bin/payload", "sleep"])
      try await Task.sleep(nanoseconds: 100_000_000)
      try await killed.kill()
      #expect(try await killed.wait().outcome == .signaled(SIGKILL))
      let caught = try pod.output()
      #expect(caught.components(separatedBy: "held ").count > 15, "too few: \(caught)")
      let children = try readKernelFile(AT_FDCWD, "/proc/\(pod.supervisor)/task/\(pod.supervisor)/children")
      #expect(children.split(separator: " ").count > 10, "none was a zombie, or this proves nothing")
      let before = try ticks(pod.supervisor)
      try await Task.sleep(nanoseconds: 1_000_000_000)
      #expect(try ticks(pod.supervisor) - before <= 5, "it spins")
      // With the tracer everything goes.
      try await node.runtime.signal(pod.container, SIGKILL, to: .initProcess)
      #expect(try await node.runtime.wait(for: pod.container).outcome == .signaled(SIGKILL))
      for _ in 0..<200 where try !Self.children(pod).isEmpty { try await Task.sleep(nanoseconds: 10_000_000) }
      #expect(try Self.children(pod) == [], "zombies are left")
      try await pod.remove()
      #expect(try node.traces() == [])
    }

    private static func children(_ pod: TestPod) throws -> [Substring] {
      try readKernelFile(AT_FDCWD, "/proc/\(pod.supervisor)/task/\(pod.supervisor)/children").split(separator: " ")
    }

    @Test("a process that is stopped on its way out is told as killed by its timeout, and its container goes on")
    func stoppedAtExit() async throws {
      let node = try Node()
      var box = try Box.standard([])
      let pod = try await pod(node, "exit", &box)
      let session = try await session(pod, box, ["/bin/busybox", "sleep", "0.2"], timeout: 1)
      let first = try await end(session)
      #expect(first.outcome == .signaled(SIGKILL) && first.seconds > 0.9 && first.seconds < 6)
      #expect(try pod.output().contains("held "))
      // It is there and nobody waits for it; others come and go.
      let asked = try await self.session(pod, box, ["/bin/busybox", "sleep", "1000"])
      try await asked.kill()
      let second = try await end(asked)
      #expect(second.outcome == .signaled(SIGKILL) && second.seconds < 6)
      try await pod.remove()
      #expect(try node.traces() == [])
    }

    @Test("no more sessions are started than can be held")
    func many() async throws {
      let node = try Node()
      var box = try Box.standard([])
      let pod = try await pod(node, "exit", &box)
      let fixed = box
      let sessions = try await withThrowingTaskGroup(of: (any ExecSession).self) { group in
        for _ in 0..<70 { group.addTask { try await session(pod, fixed, ["/bin/payload", "sleep"]) } }
        return try await group.reduce(into: [any ExecSession]()) { $0.append($1) }
      }
      // All of them have been seen by then.
      try await Task.sleep(nanoseconds: 500_000_000)
      for session in sessions { try await session.kill() }
      for session in sessions { #expect(try await session.wait().outcome == .signaled(SIGKILL)) }
      let held = try pod.output().components(separatedBy: "held ").count - 1
      try #require(held >= 64, "only \(held) were caught")
      let error = await #expect(throws: RuntimeError.self) {
        _ = try await session(pod, fixed, ["/bin/payload", "sleep"])
      }
      let text = "\(try Required.value(error))"
      #expect(text.contains("another process of the pod traces them"), "\(text)")
      try await pod.remove()
      #expect(try node.traces() == [])
    }

    /// Frozen with its container, a process does not come to its first instruction; one that was sent SIGSTOP looks the same.
    @Test("a session that does not come to run is refused with its reason, and nothing of it is left")
    func session() async throws {
      let node = try Node()
      let box = try Box.standard(["/bin/payload", "sleep"])
      let pod = try await TestPod(node, box)
      try await pod.create(box)
      try await pod.start()
      let cgroup = PodCgroup(node.places.hierarchy, pod: pod.uid).path + "/c.0"
      try writeKernelFile(AT_FDCWD, cgroup + "/cgroup.freeze", "1")
      let began = Clock.monotonicNanoseconds()
      let error = await #expect(throws: RuntimeError.self) {
        _ = try await session(pod, box, ["/bin/payload", "sleep"])
      }
      let text = "\(try Required.value(error))"
      #expect(text.contains("another process has stopped it"), "\(text)")
      let time = Double(Clock.monotonicNanoseconds() - began) / 1e9
      #expect(time < 10, "the supervisor answers before its asker gives up")
      #expect(try Self.sessions(cgroup) == [])
      try writeKernelFile(AT_FDCWD, cgroup + "/cgroup.freeze", "0")
      #expect(try await session(pod, box, ["/bin/payload", "exit", "4"]).wait().outcome == .exited(code: 4))
      try await pod.remove()
      #expect(try node.traces() == [])
    }

    private static func sessions(_ cgroup: String) throws -> [String] {
      let directory = try openDirectory(AT_FDCWD, cgroup)
      return try entries(of: directory.raw).filter { $0.hasPrefix("exec-") }
    }

    @Test("a container that does not come to run is refused with its reason, and its name is free")
    func container() async throws {
      let node = try Node()
      let box = try Box.standard(["/bin/payload", "exit", "3"])
      let pod = try await TestPod(node, box)
      try await pod.create(box)
      let cgroup = PodCgroup(node.places.hierarchy, pod: pod.uid).path + "/c.0"
      try writeKernelFile(AT_FDCWD, cgroup + "/cgroup.freeze", "1")
      let error = await #expect(throws: RuntimeError.self) { try await pod.start() }
      let text = "\(try Required.value(error))"
      #expect(text.contains("another process has stopped it"), "\(text)")
      #expect(access(cgroup, F_OK) != 0)
      try await pod.remove()
      #expect(try node.traces() == [])
    }
  }
}
