import ArchiveTestKit
import Cgroups
import Foundation
import Glibc
import Linux
import NativeRuntime
import RuntimeAPI
import ShimClient
import Synchronization
import Testing

extension Crashes {
  /// ORD-05: the supervisor dies before its child has asked to die with it.
  @Suite("No child outlives a supervisor that died before the death signal was set")
  struct DeathSignals {
    /// Which of the two requests for a death signal has not been made.
    @Test("of a container", arguments: [0, 1])
    func container(_ occurrence: Int) async throws {
      // The change of user takes the first request back (prctl(2)).
      try await race(try .ambient(["/bin/payload", "sleep"]), .run, child: 0, occurrence)
    }

    @Test("of a session", arguments: [0, 1])
    func session(_ occurrence: Int) async throws {
      // In the host's PID namespace nothing but the death signal ends a session with its supervisor.
      var box = try Box.ambient(["/bin/payload", "sleep"])
      box.processes = .host
      box.specification.linux.namespaces.removeAll { $0.type == .pid }
      try await race(box, .exec, child: 1, occurrence)
    }

    /// - Parameter occurrence: The request, counted among those for a death signal.
    private func race(_ box: Box, _ course: Attempt.Course, child: Int, _ occurrence: Int) async throws {
      let node = try Node()
      let pod = try await TestPod(node, box)
      let orphan = Mutex<ProcessIdentity?>(nil)
      let seen = Mutex(0)
      let decide: @Sendable (TracedCall) -> Tracer.Verdict = { call in
        guard call.caller == .child(child), call.name == "prctl", call.arguments[0] == 1 else { return .proceed }
        let number = seen.withLock { seen in
          defer { seen += 1 }
          return seen
        }
        guard number == occurrence else { return .proceed }
        orphan.withLock { $0 = try? ProcessIdentity(of: call.pid) }
        return .killSupervisorFirst
      }
      var tracer: Tracer?
      let process = box.specification.process
      await #expect(throws: RuntimeError.self) {
        if course == .run { tracer = try Tracer(pod.supervisor, decide: decide) }
        try await pod.create(box)
        try await pod.start()
        tracer = try Tracer(pod.supervisor, decide: decide)
        _ = try await node.runtime.exec(ExecRequest(process: process), in: pod.container)
      }
      // The agent does nothing now: it could be dead as well.
      let left = try Required.value(orphan.withLock { $0 }, "the child at its prctl")
      let end = Clock.monotonicNanoseconds() + 1_000_000_000
      while left.isRunning && Clock.monotonicNanoseconds() < end { try await Task.sleep(nanoseconds: 2_000_000) }
      #expect(!left.isRunning, "the child has lost its supervisor and runs on")
      try await pod.remove()
      _ = try tracer?.finish()
      #expect(try node.traces() == [])
    }

    /// The death signal of a child belongs to the thread that started it (prctl(2)): supervisors have one thread, and
    /// nothing may tie them to a thread of the agent.
    @Test("a container outlives the thread that asked for it")
    func threads() async throws {
      let node = try Node()
      let box = try Box.standard(["/bin/payload", "sleep"])
      let pod = try await TestPod(node, box)
      try await pod.create(box)
      try await pod.start()
      let status = try readKernelFile(AT_FDCWD, "/proc/\(pod.supervisor)/status", limit: 65_536)
      #expect(status.contains("Threads:\t1\n"))
      let children = try readKernelFile(AT_FDCWD, "/proc/\(pod.supervisor)/task/\(pod.supervisor)/children")
      let pid = try Required.value(children.split(separator: " ").first.flatMap { Int32($0) })
      let process = try ProcessIdentity(of: pid)
      // The supervisor is started by one thread that then ends.
      let other = try await Self.supervisorOfThreadThatEnds(node)
      try await Task.sleep(nanoseconds: 100_000_000)
      #expect(other.isRunning && process.isRunning)
      kill(other.pid, SIGKILL)
      waitpid(other.pid, nil, 0)
      try await pod.remove()
      #expect(!process.isRunning)
    }

    private static func supervisorOfThreadThatEnds(_ node: Node) async throws -> ProcessIdentity {
      let scratch = try Scratch()
      let pid: Int32 = try await withCheckedThrowingContinuation { continuation in
        let thread = Thread {
          do {
            let directory = try openDirectory(AT_FDCWD, scratch.path)
            let shim = try node.bareSupervisor(socketIn: directory.raw)
            let socket = shim.socket.raw
            // Kept open, because a supervisor that nobody is connected to ends.
            let kept = dup(socket)
            continuation.resume(returning: kept < 0 ? -1 : shim.pid)
          } catch {
            continuation.resume(throwing: error)
          }
        }
        thread.start()
      }
      return try ProcessIdentity(of: pid)
    }
  }
}

extension ProcessIdentity {
  /// Whether it can still do anything: a zombie cannot.
  var isRunning: Bool {
    guard let stat = try? ProcessStat(of: pid), stat.startTime == startTime else { return false }
    return stat.activity != .zombie
  }
}
