import Glibc
import Linux
import RuntimeAPI

extension ConformanceCase {
  static let signals: [ConformanceCase] = [
    ConformanceCase("a signal reaches the container's first process") { context in
      let pod = try await context.sandbox()
      let id = try await pod.launch(
        script: "trap 'echo got; exit 42' TERM; trap 'echo usr' USR1; echo ready; while :; do sleep 0.05; done"
      )
      try await pod.waitForLine("ready", in: id)
      try await context.runtime.signal(id, SIGUSR1, to: .initProcess)
      try await pod.waitForLine("usr", in: id)
      try await context.runtime.signal(id, SIGTERM, to: .initProcess)
      try expect(try await pod.wait(id).outcome, is: .exited(code: 42), "the exit")
      try expect(try pod.log(id).lines, is: ["ready", "usr", "got"], "the output")
    },
    ConformanceCase("SIGKILL ends a container, and the exit says so") { context in
      let pod = try await context.sandbox()
      let id = try await pod.launch(script: "trap '' TERM; echo ready; while :; do sleep 0.05; done")
      try await pod.waitForLine("ready", in: id)
      try await context.runtime.signal(id, SIGTERM, to: .initProcess)
      try await context.runtime.signal(id, SIGKILL, to: .initProcess)
      let exit = try await pod.wait(id)
      try expect(exit.outcome, is: .signaled(SIGKILL), "the exit")
      try expect(exit.code, is: 137, "the code")
      try expect(!exit.oomKilled, "no OOM kill", seen: "one")
    },
    ConformanceCase("a program that ends by a signal of its own exits with 128 and the signal") { context in
      // The first process of a PID namespace does not get signals that it sends itself.
      let pod = try await context.sandbox(namespaces: SandboxNamespaces(processes: .host))
      for signal in [SIGTERM, SIGABRT, SIGSEGV] {
        let exit = try await pod.run(script: "ulimit -c 0; kill -\(signal) $$; sleep 10", attempt: Int(signal)).exit
        try expect(exit.outcome, is: .signaled(signal), "the exit")
        try expect(exit.code, is: 128 + signal, "the code")
      }
    },
    ConformanceCase("the end of the first process ends what it forked, in whatever session") { context in
      for visibility in [ProcessVisibility.perContainer, .host] {
        let pod = try await context.sandbox(namespaces: SandboxNamespaces(processes: visibility))
        let id = try await pod.launch(script: "setsid sleep 1000 & (setsid sleep 1000 &) ; sleep 0.1; exit 9")
        try expect(try await pod.wait(id).outcome, is: .exited(code: 9), "the exit")
        try expect(try pod.processes(id).isEmpty, "nobody left in the cgroup after wait", seen: "processes")
      }
    },
    ConformanceCase("SIGKILL to every process ends all at once") { context in
      let pod = try await context.sandbox(namespaces: SandboxNamespaces(processes: .host))
      let id = try await pod.launch(script: "for i in 1 2 3 4 5; do setsid sleep 1000 & done; echo ready; sleep 1000")
      try await pod.waitForLine("ready", in: id)
      try await context.runtime.signal(id, SIGKILL, to: .everyProcess)
      try expect(try await pod.wait(id).outcome, is: .signaled(SIGKILL), "the exit")
      try expect(try pod.processes(id).isEmpty, "nobody left in the cgroup", seen: "\(try pod.processes(id))")
    },
    ConformanceCase("no other signal can be sent to every process") { context in
      let pod = try await context.sandbox()
      let id = try await pod.launch(script: "sleep 1000")
      try await expectRefusal("SIGTERM to every process", "an error", matches: { _ in true }) {
        try await context.runtime.signal(id, SIGTERM, to: .everyProcess)
      }
    },
  ]
}
