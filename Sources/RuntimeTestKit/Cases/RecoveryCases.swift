import Glibc
import Linux
import RuntimeAPI

extension ConformanceCase {
  static let recovery: [ConformanceCase] = [
    ConformanceCase("a new agent finds what the old one left, and learns how it ended") { context in
      let pod = try await context.sandbox(whenOwnerEnds: .keepRunning)
      let ends = try await pod.launch("ends", script: "until test -e /shared/go; do sleep 0.02; done; exit 23")
      let runs = try await pod.launch("runs", script: "trap 'exit 24' TERM; echo ready; while :; do sleep 0.05; done")
      let waits = try await pod.create("waits", script: "exit 25")
      try await pod.waitForLine("ready", in: runs)
      context.dropRuntime()
      try context.world.touch("go")
      try await eventually("the first container to end") { try pod.processes(ends).isEmpty }
      let recovered = try await context.runtime.recover()
      try expect(recovered.map(\.id), is: [pod.id], "the sandboxes that were recovered")
      try expect(recovered[0].containers.map(\.id.name), is: ["ends", "runs", "waits"], "its containers")
      try expect(recovered[0].supervisor, is: pod.status.supervisor, "the supervisor")
      try expect(try await pod.wait(ends).outcome, is: .exited(code: 23), "the exit of what ended meanwhile")
      try await context.runtime.signal(runs, SIGTERM, to: .initProcess)
      try expect(try await pod.wait(runs).outcome, is: .exited(code: 24), "the exit of what ran on")
      try await pod.start(waits)
      try expect(try await pod.wait(waits).outcome, is: .exited(code: 25), "the exit of what waited")
      for id in [ends, runs, waits] { try await context.runtime.delete(id) }
      try expect(try await pod.run("new", script: "exit 26").exit.code, is: 26, "the code of a new container")
    },
    ConformanceCase("a new agent enters containers of the old one", needs: [.lifecycle, .exec]) { context in
      let pod = try await context.sandbox(whenOwnerEnds: .keepRunning)
      let id = try await pod.launch(script: "sleep 1000") {
        $0.specification.linux.seccomp = SeccompProfile(
          defaultAction: .allow,
          syscalls: [SeccompRule(names: ["mkdir", "mkdirat"], action: .errno, errnoRet: 1)]
        )
      }
      context.dropRuntime()
      _ = try await context.runtime.recover()
      let process = RuntimeSpecification.Process(
        args: ["/bin/sh", "-c", "mkdir /tmp/x 2>/dev/null && exit 1; exit 11"],
        env: ["PATH=/bin"]
      )
      let session = try await context.runtime.exec(ExecRequest(process: process), in: id)
      try expect(try await session.wait().outcome, is: .exited(code: 11), "the exit under the container's own filter")
    },
    ConformanceCase("a supervisor that is killed takes its containers along, and nobody calls it an OOM kill") {
      context in
      let pod = try await context.sandbox(whenOwnerEnds: .keepRunning)
      let id = try await pod.launch(script: "setsid sleep 1000 & echo ready; sleep 1000")
      try await pod.waitForLine("ready", in: id)
      let wait = Task { try await pod.wait(id) }
      guard let supervisor = pod.status.supervisor else {
        throw ConformanceFailure(expected: "a supervisor", seen: "none")
      }
      kill(supervisor, SIGKILL)
      try await eventually("the container to be gone within a second", seconds: 1) { try pod.processes(id).isEmpty }
      let exit = try await wait.value
      try expect(exit.outcome, is: .unknown, "the exit")
      try expect(exit.code == 137 && !exit.oomKilled, "137 and no OOM kill", seen: "\(exit)")
      let listed = try await context.runtime.list()
      try expect(listed.map(\.supervisor), is: [nil], "the supervisor in the list")
    },
    ConformanceCase("a pod that ends with its owner gets its stop signal first") { context in
      let pod = try await context.sandbox(whenOwnerEnds: .endGracefully(seconds: 30))
      let id = try await pod.launch(
        script: "trap 'echo stopped > /shared/stopped; exit 0' USR1; echo ready; while :; do sleep 0.05; done"
      ) { $0.stopSignal = SIGUSR1 }
      try await pod.waitForLine("ready", in: id)
      context.dropRuntime()
      try await eventually("the container to be stopped by its own signal") {
        access(context.world.shared + "/stopped", F_OK) == 0
      }
      try await pod.waitForSupervisorsEnd()
    },
    ConformanceCase("a pod that ends with its owner and does not heed its stop signal is killed") { context in
      let pod = try await context.sandbox(whenOwnerEnds: .endGracefully(seconds: 1))
      let id = try await pod.launch(
        script: "trap 'echo asked > /shared/asked' TERM; echo ready; while :; do sleep 0.05; done"
      )
      try await pod.create("never", script: "exit 0")
      try await pod.waitForLine("ready", in: id)
      context.dropRuntime()
      try await pod.waitForSupervisorsEnd()
      try expect(access(context.world.shared + "/asked", F_OK) == 0, "the stop signal first", seen: "none")
      try expect(try pod.processes(id).isEmpty, "nobody left", seen: "\(try pod.processes(id))")
    },
  ]
}

extension TestWorld {
  /// Makes a file that containers see in `/shared`.
  fileprivate func touch(_ name: String) throws {
    let directory = try openDirectory(AT_FDCWD, shared)
    try replaceFile(in: directory.raw, named: name, with: [], durability: .untilReboot, mode: 0o644)
  }
}

extension TestSandbox {
  /// Waits until the supervisor has ended by itself, and reaps it: it is our child.
  fileprivate func waitForSupervisorsEnd() async throws {
    guard let pid = status.supervisor else { throw ConformanceFailure(expected: "a supervisor", seen: "none") }
    try await eventually("the supervisor to end by itself") { waitpid(pid, nil, WNOHANG) == pid }
  }
}

extension ConformanceCase {
  /// Two runtimes that keep their sandboxes below one run directory do not take over each other's. Not among ``all``,
  /// because it takes two.
  public static func leavesAlone(sandboxesOf owner: String, other: ConformanceSubject) -> ConformanceCase {
    ConformanceCase("\(other.name) leaves sandboxes of \(owner) alone") { context in
      let pod = try await context.sandbox(whenOwnerEnds: .keepRunning)
      let id = try await pod.launch(script: "exec sleep 1000")
      context.dropRuntime()
      let stranger = try other.make(context.world)
      try expect(try await stranger.recover(), is: [], "what \(other.name) takes over")
      try expect(try await context.runtime.recover().map(\.id), is: [pod.id], "what its own runtime takes over")
      try expect(try pod.processes(id).count, is: 1, "the container's process")
    }
  }
}
