import Glibc
import Linux
import OCIRuntime
import RuntimeAPI
import Testing

@testable import RuntimeTestKit

@Suite("An OCI runtime that misbehaves costs its container, and nothing else", .serialized)
struct FaultyRuntimeTests {
  /// crun behind a script that does something else in some command; `$command` is the command's name.
  private func subject(_ fault: String) -> ConformanceSubject {
    ConformanceSubject(name: "faulty", capabilities: [.lifecycle]) { world in
      let script = """
        #!/bin/sh
        [ "$1" != --version ] || exec crun --version
        for word in "$@"; do case $word in create | start | delete) command=$word; break ;; esac; done
        \(fault)
        exec crun "$@"

        """
      let directory = try openDirectory(AT_FDCWD, world.directory)
      try replaceFile(
        in: directory.raw,
        named: "runtime",
        with: Array(script.utf8),
        durability: .untilReboot,
        mode: 0o755
      )
      return try OCIRuntime(
        OCIRuntimeConfiguration(
          binary: world.directory + "/runtime",
          runDirectory: world.runDirectory,
          shim: world.shim,
          hierarchy: world.hierarchy
        )
      )
    }
  }

  /// Runs a case on crun with a fault; afterwards the leak oracle asks.
  private func run(
    _ fault: String,
    _ body: @escaping @Sendable (ConformanceContext, TestSandbox) async throws -> Void
  ) async throws {
    let promise = ConformanceCase("nothing is left") { context in
      let pod = try await context.sandbox()
      try await body(context, pod)
    }
    try await promise.run(on: subject(fault))
  }

  /// The runtime's state, the bundle and the cgroup of a container.
  private static func expectNothing(of id: ContainerID, _ context: ConformanceContext, _ pod: TestSandbox) throws {
    #expect(!pod.hasCgroup(id))
    for folder in ["oci", "oci-state"] {
      let directory = try openDirectory(AT_FDCWD, "\(context.world.runDirectory)/pods/\(pod.id)/\(folder)")
      #expect(try entries(of: directory.raw) == [], "\(folder)")
    }
    let supervisor = try #require(pod.status.supervisor)
    let mounts = try readKernelFile(AT_FDCWD, "/proc/\(supervisor)/mountinfo", limit: 16 << 20)
    #expect(!mounts.contains("/oci/"), "a root is still mounted")
    #expect(!FileExistence.anyProcess(inCgroup: pod.cgroup + "/" + id.localName))
  }

  private static func failure(_ body: () async throws -> Void) async throws -> RuntimeError {
    do { try await body() } catch let error as RuntimeError { return error }
    throw ConformanceFailure(expected: "an error", seen: "none")
  }

  @Test("create fails: its words are told, and its name is free")
  func createFails() async throws {
    let fault = #"if [ "$command" = create ]; then while [ "$1" != --log ]; do shift; done; "#
    let words = #"echo '{"msg":"out of luck","level":"error"}' > "$2"; exit 3; fi"#
    try await run(fault + words) { context, pod in
      let error = try await Self.failure { _ = try await pod.create(script: "exit 0") }
      #expect("\(error)".contains("out of luck") && "\(error)".contains("create by command"))
      try Self.expectNothing(of: try pod.container("main"), context, pod)
    }
  }

  @Test("create fails after it made the container: the container is ended and forgotten")
  func createFailsLate() async throws {
    try await run(#"if [ "$command" = create ]; then crun "$@"; exit 1; fi"#) { context, pod in
      for _ in 0..<2 {
        _ = try await Self.failure { _ = try await pod.create(script: "exit 0") }
        try Self.expectNothing(of: try pod.container("main"), context, pod)
      }
    }
  }

  @Test("create is killed", arguments: ["", "crun \"$@\";"])
  func createDies(_ before: String) async throws {
    try await run(#"if [ "$command" = create ]; then \#(before) kill -9 $$; fi"#) { context, pod in
      let error = try await Self.failure { _ = try await pod.create(script: "exit 0") }
      #expect("\(error)".contains("signaled(9)"))
      try Self.expectNothing(of: try pod.container("main"), context, pod)
    }
  }

  @Test(
    "the process id is no number, is missing, is that of a process which is gone",
    arguments: ["echo x >", "rm", "echo 2147483647 >"]
  )
  func wrongProcessID(_ command: String) async throws {
    let fault = #"""
      if [ "$command" = create ]; then
        crun "$@" || exit 1
        while [ "$1" != --pid-file ]; do shift; done
        \#(command) "$2"
        exit 0
      fi
      """#
    try await run(fault) { context, pod in
      let error = try await Self.failure { _ = try await pod.create(script: "exit 0") }
      #expect("\(error)".contains("read the process id"))
      try Self.expectNothing(of: try pod.container("main"), context, pod)
    }
  }

  @Test("start fails: the container never ran, and nothing of it is left")
  func startFails() async throws {
    try await run(#"[ "$command" != start ] || exit 1"#) { context, pod in
      let id = try await pod.create(script: "echo ran > /shared/ran")
      let wait = Task { try await pod.wait(id) }
      let error = try await Self.failure { try await pod.start(id) }
      #expect("\(error)".contains("start by command"))
      try Self.expectNothing(of: id, context, pod)
      await #expect(throws: RuntimeError.self) { try await wait.value }
      #expect(!pod.exists(context.world.shared + "/ran"))
    }
  }

  @Test("a container that ends before its start command does keeps its exit code")
  func endsDuringStart() async throws {
    try await run(#"if [ "$command" = start ]; then crun "$@"; sleep 0.3; exit 0; fi"#) { context, pod in
      for code in Int32(1)...3 {
        let exit = try await pod.run(script: "exit \(code)", attempt: Int(code)).exit
        #expect(exit.outcome == .exited(code: code))
        #expect(exit.startedAt != nil)
      }
    }
  }

  @Test("a delete that fails is told and can be repeated")
  func deleteFails() async throws {
    let fault = #"""
      if [ "$command" = delete ]; then
        while [ "$1" != --root ]; do shift; done
        mark="$2/../failed-once"
        [ -e "$mark" ] || { : > "$mark"; exit 1; }
        exec crun --root "$2" delete --force main.0
      fi
      """#
    try await run(fault) { context, pod in
      let id = try await pod.launch(script: "exit 0")
      _ = try await pod.wait(id)
      let error = try await Self.failure { try await context.runtime.delete(id) }
      #expect("\(error)".contains("delete by command"))
      try await context.runtime.delete(id)
      try Self.expectNothing(of: id, context, pod)
    }
  }

  @Test("a command that hangs does not keep the sandbox from its removal", arguments: ["create", "start", "delete"])
  func hangs(_ command: String) async throws {
    try await run(#"[ "$command" != \#(command) ] || sleep 1000"#) { context, pod in
      let pending = Task {
        let id = try await pod.launch(script: "exit 0")
        _ = try await pod.wait(id)
        try await context.runtime.delete(id)
      }
      // Wherever the command is then, the sandbox goes.
      try await Task.sleep(nanoseconds: 400_000_000)
      try await context.runtime.removeSandbox(pod.id)
      await #expect(throws: RuntimeError.self) { try await pending.value }
      #expect(access(pod.cgroup, F_OK) != 0)
    }
  }

  @Test("what commands leave behind is reaped")
  func orphans() async throws {
    let fault = #"(sleep 0.1 &) ; (sleep 0.2; exit 3) > /dev/null 2>&1 &"#
    try await run(fault) { context, pod in
      let id = try await pod.launch(script: "sleep 0.5; exit 4")
      #expect(try await pod.wait(id).outcome == .exited(code: 4))
      let supervisor = try #require(pod.status.supervisor)
      try await eventually("no zombie of the supervisor") {
        let children = try readKernelFile(AT_FDCWD, "/proc/\(supervisor)/task/\(supervisor)/children")
        return children.split(separator: " ").isEmpty
      }
    }
  }
}

enum FileExistence {
  static func anyProcess(inCgroup path: String) -> Bool {
    ((try? LeakSnapshot.processes(below: path)) ?? []).isEmpty == false
  }
}
