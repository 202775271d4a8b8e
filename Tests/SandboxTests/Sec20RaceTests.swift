import Glibc
import Linux
import PodModel
import RuntimeAPI
import Testing

extension Sandbox {
  @Suite("SEC-20: exchanging a directory with a link while containers mount through it leads nowhere")
  struct RaceTests {
    /// What is exchanged in the victims' root, and whether they have a terminal.
    struct Race: Sendable, CustomTestStringConvertible {
      var path: String
      var terminal = false
      var absolute = false
      var testDescription: String { path + (terminal ? " with a terminal" : "") + (absolute ? ", absolute" : "") }
    }

    /// Whose device it is cannot be told where /dev moves; BOX-04 asks at rest.
    private static let ownInput = "/proc/self/fd/0"

    /// The attacker's root holds the victims' root, so that nothing is mounted on what it exchanges.
    private func prepare(_ node: Node, _ race: Race) throws -> (shared: String, victim: String) {
      let shared = node.root + "/shared"
      let victim = shared + "/victim"
      for root in [shared, victim] {
        for name in ["proc", "sys", "dev", "etc", "tmp", "deep/er"] {
          try ensureDirectories("\(root)/\(name)", mode: 0o755)
        }
        try Files.copy(node.payload, to: root + "/payload", mode: 0o755)
      }
      let isFile = race.path == "etc/hosts"
      if isFile { try Files.write(victim + "/etc/hosts", "the image's\n") }
      let outside = node.canary + (isFile ? "/file" : "/directory")
      let upwards = String(repeating: "../", count: 24) + outside.dropFirst()
      try Files.link("\(victim)/\(race.path)-link", to: race.absolute ? outside : upwards)
      return (shared, victim)
    }

    @Test(
      "SEC-20: nothing is mounted or made outside, and who starts has its masks",
      arguments: [
        Race(path: "etc"), Race(path: "etc", absolute: true), Race(path: "etc/hosts"), Race(path: "proc"),
        Race(path: "sys"), Race(path: "dev"), Race(path: "dev", terminal: true), Race(path: "deep"),
      ]
    )
    func exchange(_ race: Race) async throws {
      try await Node.with { node in
        let (shared, victim) = try prepare(node, race)
        let oracle = try EscapeOracle(node)
        let seconds = 2 * scale
        try await node.withSandbox(.test("sec20-attacker")) { attackers in
          var attack = try await attackers.configuration()
          attack.rootFilesystem = .directory(shared)
          attack.specification.process.args = [
            "/payload", "race-exchange", "/victim/\(race.path)", "/victim/\(race.path)-link", "\(seconds)",
          ]
          let attacker = try await attackers.start(attack)
          try await attacker.wait(forLine: "ready")
          let pod = Pod.test("sec20-victim") { $0.containers[0].tty = race.terminal }
          let (started, refused) = try await node.withSandbox(pod) { sandbox in
            try await startVictims(sandbox, victim, oracle, until: ContinuousClock.now + .seconds(seconds))
          }
          let result = try await attacker.finish()
          #expect(result.exit.code == 0, "\(result.output)")
          #expect(started + refused > 0, "the race was no race: \(started) started, \(refused) refused")
        }
        try oracle.verify("racing for \(race.testDescription)")
      }
    }

    private func startVictims(
      _ sandbox: TestSandbox,
      _ root: String,
      _ oracle: EscapeOracle,
      until end: ContinuousClock.Instant
    ) async throws -> (started: Int, refused: Int) {
      var (started, refused) = (0, 0)
      while ContinuousClock.now < end {
        var configuration = try await sandbox.configuration()
        configuration.rootFilesystem = .directory(root)
        configuration.specification.process.args = ["/payload", "masked"]
        configuration.specification.process.cwd = "/deep/er"
        do {
          let result = try await sandbox.run(configuration)
          started += 1
          // The program's own messages, where it misses /proc, are not what is asked.
          let lines = result.lines.compactMap(ProbeLine.init)
            .filter { Masks.isAboutMasks($0) && $0.subject != Self.ownInput }
          #expect(Masks.faults(lines, whileMoving: true) == [])
        } catch is RuntimeError {
          refused += 1
        }
        if (started + refused) % 16 == 0 { try oracle.verify("while racing") }
      }
      return (started, refused)
    }
  }
}
