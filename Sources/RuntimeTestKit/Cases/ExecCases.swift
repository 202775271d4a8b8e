import CLinux
import Glibc
import Linux
import RuntimeAPI

extension ConformanceCase {
  static let exec: [ConformanceCase] = [
    ConformanceCase("exec runs a program with its own environment, user and directory", needs: [.lifecycle, .exec]) {
      context in
      let pod = try await context.sandbox()
      let id = try await pod.launch(script: "exec sleep 1000")
      let result = try await context.exec(id, "echo out; echo err >&2; echo $A; id -u; pwd; exit 7") {
        $0.env.append("A=B")
        $0.user = RuntimeSpecification.User(uid: 1000, gid: 1000)
        $0.cwd = "/tmp"
      }
      try expect(result.exit.outcome, is: .exited(code: 7), "the exit")
      try expect(result.output, is: "out\nB\n1000\n/tmp\n", "standard output")
      try expect(result.errorOutput, is: "err\n", "standard error")
    },
    ConformanceCase("exec is in the container's sandbox", needs: [.lifecycle, .exec]) { context in
      let pod = try await context.sandbox()
      let kinds = ["net", "ipc", "uts", "pid", "mnt", "cgroup"]
      let look =
        kinds.map { "readlink /proc/self/ns/\($0)" }.joined(separator: "; ")
        + "; grep -E '^(CapBnd|CapEff|NoNewPrivs|Seccomp):' /proc/self/status; readlink /proc/self/root"
      let id = try await pod.launch(script: look + "; echo ready; sleep 1000") {
        $0.specification.linux.seccomp = SeccompProfile(
          defaultAction: .allow,
          syscalls: [SeccompRule(names: ["swapon"], action: .errno, errnoRet: 1)]
        )
      }
      try await pod.waitForLine("ready", in: id)
      let seen = try await context.exec(id, look)
      try expect(seen.output + "ready\n", is: try pod.log(id).output, "what exec sees against what the container does")
    },
    ConformanceCase("exec reads its standard input to the end", needs: [.lifecycle, .exec]) { context in
      let pod = try await context.sandbox()
      let id = try await pod.launch(script: "exec sleep 1000")
      let session = try await context.runtime.exec(
        ExecRequest(process: context.process("cat; echo end"), stdin: true),
        in: id
      )
      try writeAll(session.streams.input, Array("hello\n".utf8))
      session.streams.closeInput()
      let output = try await onThread { try readAll(session.streams.output, limit: 1 << 20) }
      try expect(String(decoding: output, as: UTF8.self), is: "hello\nend\n", "the output")
      try expect(try await session.wait().code, is: 0, "the code")
    },
    ConformanceCase("exec with a terminal has one", needs: [.lifecycle, .exec, .attach]) { context in
      let pod = try await context.sandbox()
      let id = try await pod.launch(script: "exec sleep 1000")
      var process = context.process("test -t 0 && test -t 1 && test -t 2 && echo terminal; stty size; exit 4")
      process.terminal = true
      let session = try await context.runtime.exec(ExecRequest(process: process, stdin: true), in: id)
      try expect(try await session.wait().code, is: 4, "the code")
      let output = try await onThread { readTerminal(session.streams.output) }
      try expect(output.hasPrefix("terminal\r\n"), "a terminal", seen: output)
    },
    ConformanceCase("exec that cannot be is refused with its reason", needs: [.lifecycle, .exec]) { context in
      let pod = try await context.sandbox()
      let id = try await pod.launch(script: "trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done")
      try await pod.waitForLine("ready", in: id)
      let runtime = try context.runtime
      for (program, code) in [("/nope", ENOENT), ("nope", ENOENT), ("/etc/not-executable", EACCES)] {
        var process = context.process("")
        process.args = [program]
        let request = ExecRequest(process: process)
        try await expectRefusal(
          program,
          "cannotExecute",
          matches: { if case RuntimeError.cannotExecute(_, code) = $0 { true } else { false } },
          { try await runtime.exec(request, in: id) }
        )
      }
      var elsewhere = context.process("true")
      elsewhere.cwd = "/no/such/place"
      let request = ExecRequest(process: elsewhere)
      try await expectRefusal("a missing directory", "an error", matches: { _ in true }) {
        try await runtime.exec(request, in: id)
      }
      try await eventually("no cgroup of a session") { try pod.sessions(id).isEmpty }
      try await runtime.signal(id, SIGTERM, to: .initProcess)
      _ = try await pod.wait(id)
      let after = ExecRequest(process: context.process("true"))
      try await expectRefusal("exec after the end", "wrongState", matches: isWrongState) {
        try await runtime.exec(after, in: id)
      }
    },
    ConformanceCase("a timeout ends everything that exec started", needs: [.lifecycle, .exec]) { context in
      let pod = try await context.sandbox()
      let id = try await pod.launch(script: "exec sleep 1000")
      let request = ExecRequest(
        process: context.process("(setsid sleep 777 &); setsid sleep 777 & sleep 777"),
        timeout: 1
      )
      let exit = try await context.runtime.exec(request, in: id).wait()
      try expect(exit.outcome, is: .signaled(SIGKILL), "the exit")
      try expect(try pod.processes(id).count, is: 1, "the container's own process")
      try expect(try pod.sessions(id).isEmpty, "no cgroup of a session", seen: "\(try pod.sessions(id))")
    },
    ConformanceCase("the end of exec's program ends what it daemonised, and kill ends all", needs: [.lifecycle, .exec])
    {
      context in
      let pod = try await context.sandbox()
      let id = try await pod.launch(script: "exec sleep 1000")
      let result = try await context.exec(id, "(setsid sleep 777 >/dev/null 2>&1 &); exit 5")
      try expect(result.exit.outcome, is: .exited(code: 5), "the exit")
      try expect(try pod.processes(id).count, is: 1, "the container's own process")
      let session = try await context.runtime.exec(
        ExecRequest(process: context.process("setsid sleep 777 & sleep 777")),
        in: id
      )
      try await session.kill()
      try expect(try await session.wait().outcome, is: .signaled(SIGKILL), "the exit after kill")
      try expect(try pod.processes(id).count, is: 1, "the container's own process")
    },
    ConformanceCase("fifty sessions at once all tell their codes", needs: [.lifecycle, .exec]) { context in
      let pod = try await context.sandbox()
      let id = try await pod.launch(script: "exec sleep 1000")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<50 {
          group.addTask {
            let result = try await context.exec(id, "echo \(index); exit \(index)")
            try expect(result.exit.code, is: Int32(index), "the code of session \(index)")
            try expect(result.output, is: "\(index)\n", "the output of session \(index)")
          }
        }
        try await group.waitForAll()
      }
      try expect(try pod.processes(id).count, is: 1, "the container's own process")
      try expect(try pod.sessions(id).isEmpty, "no cgroup of a session", seen: "\(try pod.sessions(id))")
    },
    ConformanceCase("sessions end with their container", needs: [.lifecycle, .exec]) { context in
      let pod = try await context.sandbox(namespaces: SandboxNamespaces(processes: .host))
      let id = try await pod.launch(script: "exec sleep 1000")
      let session = try await context.runtime.exec(ExecRequest(process: context.process("sleep 777")), in: id)
      try await context.runtime.signal(id, SIGKILL, to: .initProcess)
      try expect(try await pod.wait(id).outcome, is: .signaled(SIGKILL), "the container's exit")
      try expect(try await session.wait().outcome, is: .signaled(SIGKILL), "the session's exit")
      try await context.runtime.delete(id)
      try expect(!pod.hasCgroup(id), "no cgroup", seen: "one")
    },
  ]
}

/// What a terminal shows until nobody is left on its other side.
private func readTerminal(_ terminal: Int32) -> String {
  var bytes: [UInt8] = []
  // EIO is a terminal's end of file.
  while let more = try? readSome(terminal, capacity: 4096), !more.isEmpty { bytes += more }
  return String(decoding: bytes, as: UTF8.self)
}

extension ConformanceContext {
  fileprivate struct ExecResult {
    var exit: ContainerExit
    var output: String
    var errorOutput: String
  }

  fileprivate func process(_ script: String) -> RuntimeSpecification.Process {
    RuntimeSpecification.Process(args: ["/bin/sh", "-c", script], env: ["PATH=/bin"])
  }

  /// Runs a script in a container to its end.
  fileprivate func exec(
    _ id: ContainerID,
    _ script: String,
    edit: (inout RuntimeSpecification.Process) -> Void = { _ in }
  ) async throws -> ExecResult {
    var process = process(script)
    edit(&process)
    let session = try await runtime.exec(ExecRequest(process: process), in: id)
    let output = try await onThread { try readAll(session.streams.output, limit: 1 << 20) }
    let errors = try await onThread { try readAll(session.streams.errorOutput, limit: 1 << 20) }
    let exit = try await session.wait()
    return ExecResult(
      exit: exit,
      output: String(decoding: output, as: UTF8.self),
      errorOutput: String(decoding: errors, as: UTF8.self)
    )
  }
}

extension TestSandbox {
  /// cgroups of exec sessions in a container.
  fileprivate func sessions(_ id: ContainerID) throws -> [String] {
    let directory = try openDirectory(AT_FDCWD, "\(cgroup)/\(id.localName)")
    return try entries(of: directory.raw).filter { $0.hasPrefix("exec-") }
  }
}
