import ArchiveTestKit
import Cgroups
import Glibc
import Linux
import NativeRuntime
import RuntimeAPI
import Testing

extension Crashes {
  /// ORD-02: SIGKILL at system calls all along the way of a start.
  @Suite("Kill -9 at any system call of a start leaves nothing")
  struct Kills {
    /// Who dies, at whose call.
    enum Victim: String, CaseIterable, Sendable {
      case supervisorAtItsOwn = "the supervisor at its own"
      case supervisorAtTheChilds = "the supervisor at the child's"
      case childAtItsOwn = "the child at its own"

      var verdict: Tracer.Verdict { self == .childAtItsOwn ? .killCaller : .killSupervisor }
    }

    @Test("while a container starts", arguments: Victim.allCases)
    func start(_ victim: Victim) async throws {
      let box = try Box.standard(["/bin/payload", "exit", "3"])
      try await kill(victim, box, .run, caller: victim == .supervisorAtItsOwn ? .supervisor : .child(0), count: 25)
    }

    @Test("while a session starts", arguments: Victim.allCases, [TracedCall.Caller.child(0), .child(1)])
    func session(_ victim: Victim, _ child: TracedCall.Caller) async throws {
      if victim == .supervisorAtItsOwn && child == .child(1) { return }
      let box = try Box.standard(["/bin/payload", "sleep"])
      try await kill(victim, box, .exec, caller: victim == .supervisorAtItsOwn ? .supervisor : child, count: 10)
    }

    @Test("of a helper that has cloned a session and not told of it")
    func silentHelper() async throws {
      let node = try Node()
      let attempt = try await Attempt.make(node, try .standard(["/bin/payload", "sleep"]), .exec) { call in
        call.caller == .child(0) && call.name == "sendmsg" ? .killCaller : .proceed
      }
      _ = try Required.value(attempt.acted, "the helper's answer")
      // Nobody knows that session: it must neither run nor hold up the end of its pod.
      #expect(attempt.traces == [])
      guard case .refused = attempt.outcome else {
        Issue.record("\(attempt.outcome)")
        return
      }
    }

    private func kill(
      _ victim: Victim,
      _ box: Box,
      _ course: Attempt.Course,
      caller: TracedCall.Caller,
      count: Int
    ) async throws {
      let node = try Node()
      let untouched = try await Attempt.make(node, box, course)
      #expect(untouched.traces == [])
      let all = untouched.calls.filter { $0.caller == caller }.count
      try #require(all > 0, "no call of \(caller) was seen")
      for point in Scale.points(count, of: all) {
        let attempt = try await Attempt.make(node, box, course) { call in
          call.caller == caller && call.index == point ? victim.verdict : .proceed
        }
        let place =
          "\(victim.rawValue) \(attempt.acted.map(\.description) ?? "call \(point), which did not come") of \(all)"
        #expect(attempt.traces == [], "\(place)")
        check(attempt, victim, place)
      }
      #expect(try node.traces() == [])
    }

    /// What may be said of it: never that it ran to an end which it did not reach, never that memory was short.
    private func check(_ attempt: Attempt, _ victim: Victim, _ place: String) {
      guard case .ended(let exit, _) = attempt.outcome else { return }
      #expect(!exit.oomKilled, "\(place)")
      switch exit.outcome {
      case .exited(let code): #expect(code == 3 || code == 0, "\(place)")
      case .signaled(let signal): #expect(victim == .childAtItsOwn && signal == SIGKILL, "\(place): signal \(signal)")
      case .unknown: #expect(victim != .childAtItsOwn && exit.code == 137, "\(place)")
      }
    }
  }

  /// A supervisor that dies under a running container.
  @Suite("Kill -9 of a supervisor ends its containers within a second and invents no exit")
  struct SupervisorDeath {
    @Test("of a container that runs", arguments: [ProcessVisibility.perContainer, .sharedInSandbox, .host])
    func running(_ processes: ProcessVisibility) async throws {
      let node = try Node()
      var box = try Box.standard(["/bin/busybox", "sh", "-c", "busybox sleep 1000 & busybox sleep 1000"])
      box.processes = processes
      if processes != .perContainer { box.specification.linux.namespaces.removeAll { $0.type == .pid } }
      let pod = try await TestPod(node, box)
      try await pod.create(box)
      try await pod.start()
      let group = PodCgroup(node.places.hierarchy, pod: pod.uid).path + "/c.0/cgroup.procs"
      kill(pod.supervisor, SIGKILL)
      let began = Clock.monotonicNanoseconds()
      // The agent is told by the end of its connection.
      let exit = try await node.runtime.wait(for: pod.container)
      #expect(exit.outcome == .unknown && exit.code == 137 && !exit.oomKilled)
      // Its cgroup may be gone already.
      let left = (try? readKernelFile(AT_FDCWD, group)) ?? ""
      #expect(left == "" && Clock.monotonicNanoseconds() - began < 1_000_000_000)
      try await pod.remove()
      #expect(try node.traces() == [])
    }

    @Test("of a container whose true exit is known")
    func ended() async throws {
      let node = try Node()
      let box = try Box.standard(["/bin/payload", "exit", "7"])
      let pod = try await TestPod(node, box)
      try await pod.create(box)
      try await pod.start()
      // Until the record is there the supervisor has not seen the end.
      while access("\(node.places.run)/pods/\(pod.uid)/exits/c.0", F_OK) != 0 {
        try await Task.sleep(nanoseconds: 1_000_000)
      }
      kill(pod.supervisor, SIGKILL)
      #expect(try await node.runtime.wait(for: pod.container).outcome == .exited(code: 7))
      try await pod.remove()
      #expect(try node.traces() == [])
    }
  }

  /// A supervisor that is alive and does nothing.
  @Suite("A stopped supervisor holds nobody up")
  struct StoppedSupervisor {
    @Test("requests time out, and its sandbox can still be removed")
    func stopped() async throws {
      let node = try Node()
      let box = try Box.standard(["/bin/payload", "sleep"])
      let pod = try await TestPod(node, box)
      try await pod.create(box)
      try await pod.start()
      kill(pod.supervisor, SIGSTOP)
      await #expect(throws: RuntimeError.self) {
        try await node.runtime.signal(pod.container, SIGTERM, to: .initProcess)
      }
      try await pod.remove()
      #expect(try node.traces() == [])
    }
  }
}
