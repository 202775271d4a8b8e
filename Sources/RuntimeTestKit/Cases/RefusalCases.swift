import Glibc
import Linux
import RuntimeAPI

extension ConformanceCase {
  static let refusals: [ConformanceCase] = [
    ConformanceCase("operations on what does not exist are refused") { context in
      let pod = try await context.sandbox()
      let id = try pod.container("nobody")
      let runtime = try context.runtime
      try await expectRefusal("start", "notFound", matches: isNotFound) { try await runtime.start(id) }
      try await expectRefusal("wait", "notFound", matches: isNotFound) { try await runtime.wait(for: id) }
      try await expectRefusal("delete", "notFound", matches: isNotFound) { try await runtime.delete(id) }
      try await expectRefusal("signal", "notFound", matches: isNotFound) {
        try await runtime.signal(id, SIGTERM, to: .initProcess)
      }
    },
    ConformanceCase("operations that do not fit the state are refused and change nothing") { context in
      let pod = try await context.sandbox()
      let runtime = try context.runtime
      let id = try await pod.launch(script: "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done")
      try await pod.waitForLine("ready", in: id)
      try await expectRefusal("a second start", "wrongState", matches: isWrongState) { try await runtime.start(id) }
      try await expectRefusal("delete while it runs", "wrongState", matches: isWrongState) {
        try await runtime.delete(id)
      }
      try await expectRefusal("a second one of that name", "alreadyExists", matches: isAlreadyThere) {
        try await pod.create(script: "exit 0")
      }
      try await runtime.signal(id, SIGTERM, to: .initProcess)
      try expect(try await pod.wait(id).outcome, is: .exited(code: 5), "the exit of the first one")
      try await expectRefusal("start after the end", "wrongState", matches: isWrongState) {
        try await runtime.start(id)
      }
      try await expectRefusal("signal after the end", "wrongState", matches: isWrongState) {
        try await runtime.signal(id, SIGTERM, to: .initProcess)
      }
    },
    ConformanceCase("a second sandbox of the same name is refused and the first one lives on") { context in
      let pod = try await context.sandbox()
      let id = try await pod.launch(script: "trap 'exit 6' TERM; echo ready; while :; do sleep 0.05; done")
      try await pod.waitForLine("ready", in: id)
      try await expectRefusal("a second sandbox", "alreadyExists", matches: isAlreadyThere) {
        try await context.runtime.createSandbox(pod.configuration)
      }
      try await context.runtime.signal(id, SIGTERM, to: .initProcess)
      try expect(try await pod.wait(id).outcome, is: .exited(code: 6), "the exit")
    },
    ConformanceCase("a pod that nobody claimed gets no sandbox") { context in
      guard let id = SandboxID("unclaimed") else { return }
      try await expectRefusal("a sandbox without a claim", "notFound", matches: isNotFound) {
        try await context.runtime.createSandbox(
          SandboxConfiguration(
            id: id,
            hostname: "x",
            logDirectory: context.world.directory + "/logs",
            whenOwnerEnds: .keepRunning
          )
        )
      }
    },
    ConformanceCase("a program that cannot be executed is named, and nothing is left of its container") { context in
      let pod = try await context.sandbox()
      let programs: [(String, Int32)] = [("/nope", ENOENT), ("nope", ENOENT), ("/etc/not-executable", EACCES)]
      for (attempt, (program, code)) in programs.enumerated() {
        try await context.expectNotExecutable(pod, program, code, attempt: attempt)
      }
    },
    ConformanceCase(
      "a file that is no program is named, and nothing is left of its container",
      needs: [.lifecycle, .reportsExecFormat]
    ) { context in
      let pod = try await context.sandbox()
      try await context.expectNotExecutable(pod, "/bin/bad-format", ENOEXEC, attempt: 0)
    },
    ConformanceCase("a working directory that is no directory is refused, and nothing is left") { context in
      let pod = try await context.sandbox()
      let id = try pod.container("main")
      for _ in 0..<10 {
        try await expectRefusal("a file as working directory", "an error of create", matches: { _ in true }) {
          try await pod.create(script: "exit 0") { $0.specification.process.cwd = "/etc/passwd" }
        }
        // At once: whoever removed it later would take the next one's of that name.
        try expect(!pod.hasCgroup(id), "no cgroup", seen: "one")
      }
      try expect(try await pod.run(script: "exit 0").exit.code, is: 0, "the code of the next one of that name")
    },
    ConformanceCase("a limit is enforced, or refused by name where it cannot be") { context in
      let pod = try await context.sandbox()
      let path = "linux.resources.pids.limit"
      let limit: (inout ContainerConfiguration) -> Void = { $0.specification.linux.resources.pids.limit = 16 }
      guard try context.runtime.features.enforceableLimits.contains(path) else {
        try await expectRefusal(
          path,
          "unenforceable",
          matches: { if case RuntimeError.unenforceable(path, _) = $0 { true } else { false } },
          { try await pod.create(script: "exit 0", edit: limit) }
        )
        try expect(!pod.hasCgroup(try pod.container("main")), "no cgroup", seen: "one")
        return
      }
      let id = try await pod.launch(
        script: "i=0; while [ $i -lt 64 ]; do sleep 100 & i=$((i+1)); done; echo all",
        edit: limit
      )
      let log = try await { () async throws -> LogText in
        _ = try await pod.wait(id)
        return try pod.log(id)
      }()
      try expect(!log.lines.contains("all"), "the 16th process to be refused", seen: "64 of them")
    },
    ConformanceCase("every field of a specification is honoured or refused before anything is done", seconds: 120) {
      try await FieldWalk.run($0)
    },
  ]
}

extension ConformanceContext {
  /// Create or start must name the program; then nothing is left and the name is free.
  fileprivate func expectNotExecutable(
    _ pod: TestSandbox,
    _ program: String,
    _ code: Int32,
    attempt: Int
  ) async throws {
    let id = try pod.container("main", attempt: attempt)
    let configuration = try pod.configure("main", [program], attempt: attempt)
    let runtime = try runtime
    try await expectRefusal(
      program,
      "cannotExecute with error \(code)",
      matches: { if case RuntimeError.cannotExecute(_, code) = $0 { true } else { false } },
      {
        _ = try await runtime.create(configuration)
        _ = try await runtime.start(id)
      }
    )
    try await expectRefusal("wait for \(program)", "notFound", matches: isNotFound) { try await runtime.wait(for: id) }
    try await eventually("no cgroup of \(program)") { !pod.hasCgroup(id) }
    try await eventually("the name to be free") {
      do {
        try await pod.create(script: "exit 0", attempt: attempt)
        try await runtime.delete(id)
        return true
      } catch RuntimeError.alreadyExists { return false }
    }
  }
}

extension ConformanceCase {
  /// For runtimes without `exec`, `attach`, standard input, terminals and shared processes: each is refused by name, and
  /// before anything is done. Not among ``all``, because it is no promise of the interface.
  public static let refusesWhatItLacks = ConformanceCase("what a runtime lacks is refused by name") { context in
    let pod = try await context.sandbox()
    let runtime = try context.runtime
    func expectUnsupported<T>(_ path: String, _ body: () async throws -> T) async throws {
      try await expectRefusal(
        path,
        "unsupported",
        matches: { if case RuntimeError.unsupported(path, runtime.features.handler) = $0 { true } else { false } },
        body
      )
    }
    try await expectUnsupported("streams.stdin") { try await pod.create(script: "cat") { $0.streams.stdin = true } }
    try await expectUnsupported("process.terminal") {
      try await pod.create(script: "cat") { $0.specification.process.terminal = true }
    }
    try await expectUnsupported("namespaces.processes (sharedInSandbox)") {
      try await context.sandbox(namespaces: SandboxNamespaces(processes: .sharedInSandbox))
    }
    let id = try await pod.launch(script: "sleep 1000")
    try await expectUnsupported("attach") { try await runtime.attach(to: id) }
    try await expectUnsupported("exec") {
      try await runtime.exec(ExecRequest(process: RuntimeSpecification.Process(args: ["true"])), in: id)
    }
  }
}
