import CLinux
import Glibc
import Linux
import PodModel
import RuntimeAPI
import Testing

extension Sandbox {
  @Suite("SEC-01: nobody inside can write the programs that make the sandbox")
  struct ProgramTests {
    /// F_GET_SEALS and the seals SEAL, SHRINK, GROW and WRITE (fcntl(2)).
    private static let getSeals: Int32 = 1034
    private static let allSeals: Int32 = 0xf

    private func verifySeals(_ sandbox: TestSandbox) async throws {
      let program = try openAt(AT_FDCWD, "/proc/\(try await sandbox.supervisor)/exe", O_RDONLY)
      let seals = lx_fcntl_int(program.raw, Self.getSeals, 0)
      #expect(seals >= 0 && seals & Self.allSeals == Self.allSeals, "seals \(seals)")
    }

    @Test("SEC-01: a container that runs /proc/self/exe gets nothing but the sealed program, inside")
    func entrypoint() async throws {
      try await Node.with { node in
        let digest = try Files.digest(node.shim)
        let oracle = try EscapeOracle(node)
        let layer = try node.layer("script")
        try ensureDirectories(layer + "/bin", mode: 0o755)
        try Files.write(layer + "/bin/sh", "#!/proc/self/exe\n", mode: 0o755)
        let afterLayer = try EscapeOracle(node)
        for arguments in [
          ["/proc/self/exe"], ["/proc/self/exe", "dump"], ["/proc/1/exe"], ["/bin/sh"], ["/bin/sh", "-c", "x"],
        ] {
          try await node.withSandbox(.test("sec01-entrypoint", arguments)) { sandbox in
            do {
              let result = try await sandbox.run(try await sandbox.configuration(layers: [layer]))
              // The supervisor's program, started by a stranger: it has no descriptor 3 and refuses.
              #expect(result.exit.code == 1, "\(arguments): \(result)")
              #expect(result.output.contains("it is started by swiftlet, not by hand"), "\(result.output)")
            } catch let error as RuntimeError {
              #expect("\(error)".contains("cannot execute"), "\(arguments): \(error)")
            }
            try await verifySeals(sandbox)
          }
        }
        #expect(try Files.digest(node.shim) == digest)
        try afterLayer.verify("running /proc/self/exe")
        _ = oracle
      }
    }

    @Test("SEC-01: a container that opens every program it sees for writing, while others are brought into it")
    func openLoop() async throws {
      try await Node.with { node in
        let digest = try Files.digest(node.shim)
        let oracle = try EscapeOracle(node)
        let seconds = 4 * scale
        try await node.withSandbox(.test("sec01-loop", ["/payload", "open-exe-loop", "\(seconds)"])) { sandbox in
          let container = try await sandbox.start(try await sandbox.configuration())
          try await container.wait(forLine: "ready")
          let count = try await execute(in: container, seconds: seconds - 1)
          let result = try await container.finish()
          #expect(count > 20, "only \(count) processes were brought in")
          #expect(result.exit.code == 0, "\(result.output)")
          #expect(result.lines.last?.hasSuffix(" opened 0") == true, "\(result.output)")
          try await verifySeals(sandbox)
        }
        #expect(try Files.digest(node.shim) == digest)
        try oracle.verify("opening programs for writing")
      }
    }

    @Test("SEC-01: the same against programs that are run through /proc/self/exe by exec")
    func execOfOwnProgram() async throws {
      try await Node.with { node in
        let digest = try Files.digest(node.shim)
        let seconds = 3 * scale
        try await node.withSandbox(.test("sec01-exec", ["/payload", "open-exe-loop", "\(seconds)"])) { sandbox in
          let container = try await sandbox.start(try await sandbox.configuration())
          try await container.wait(forLine: "ready")
          _ = try await execute(["/proc/self/exe"], in: container, seconds: seconds - 1, code: 1)
          let result = try await container.finish()
          // A sealed memory file can be opened once nobody runs it any more; nothing can be written to it.
          for line in result.lines where line.hasPrefix("opened ") {
            #expect(line.contains("/memfd:"), "\(line)")
          }
          try await verifySeals(sandbox)
        }
        #expect(try Files.digest(node.shim) == digest)
      }
    }
  }

  @Suite("SEC-03: nobody inside can trace a process that is on its way in, or read its descriptors")
  struct TraceTests {
    /// Whether an open file is one of a process that runs the container's program already: its streams, and what the C
    /// library reads about the process itself when it begins.
    private static func isOwn(pid: String, _ number: String, _ target: String) -> Bool {
      switch number {
      case "0": target == "/"
      case "1", "2": target.hasPrefix("pipe:[")
      case "3": target == "/proc/\(pid)/maps" || target == "/proc/\(pid)/cmdline"
      default: false
      }
    }

    @Test("SEC-03: a container that attaches to whatever appears, while others are brought into it")
    func scan() async throws {
      try await Node.with { node in
        let oracle = try EscapeOracle(node)
        let seconds = 6 * scale
        try await node.withSandbox(.test("sec03", ["/payload", "ptrace-scan", "\(seconds)"])) { sandbox in
          let container = try await sandbox.start(try await sandbox.configuration())
          try await container.wait(forLine: "ready")
          let count = try await execute(in: container, seconds: seconds - 1)
          let result = try await container.finish()
          #expect(result.exit.code == 0, "\(result.output)")
          #expect(count > 20, "only \(count) processes were brought in")
          for line in result.lines where !line.hasPrefix("scanned ") && line != "ready" {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            switch words.first {
            case "attached":
              // What runs the container's own program is the container's.
              #expect(words.dropFirst(2).joined(separator: " ") == "payload" || words.last == "?", "\(line)")
            case "descriptor":
              #expect(words.count == 4 && Self.isOwn(pid: words[1], words[2], words[3]), "\(line)")
            default: Issue.record("the scanner said: \(line)")
            }
          }
        }
        try oracle.verify("tracing")
      }
    }
  }
}

/// Brings processes into a container, two at a time, until the time is over; returns how many there were.
private func execute(
  _ arguments: [String] = ["/payload", "exit", "7"],
  in container: RunningContainer,
  seconds: Int,
  code: Int32 = 7
) async throws -> Int {
  let end = ContinuousClock.now + .seconds(seconds)
  return try await withThrowingTaskGroup(of: Int.self) { group in
    for _ in 0..<2 {
      group.addTask {
        var count = 0
        while ContinuousClock.now < end {
          do {
            let result = try await container.exec(arguments)
            // The container's own end takes the last ones with it.
            #expect([code, 137].contains(result.exit.code), "\(result)")
          } catch let error as RuntimeError {
            if case .wrongState = error { break }
            if case .failed = error, ContinuousClock.now >= end { break }
            throw error
          }
          count += 1
        }
        return count
      }
    }
    return try await group.reduce(0, +)
  }
}
