import Glibc
import Linux
import PodModel
import RuntimeAPI
import Testing

@testable import PodEngine

extension Sandbox {
  @Suite("SEC-20: containers that start on a volume that another one races in get what is in it or nothing")
  struct VolumeRaceTests {
    /// The volume that is shared, and how the link leads out of it.
    struct Race: Sendable, CustomTestStringConvertible {
      var volume: String
      var absolute: Bool
      var testDescription: String { volume + (absolute ? ", absolute" : ", relative") }
    }

    private struct Count {
      var started = [0, 0, 0]
      var refused = [0, 0, 0]

      /// Each outcome that a race may have was seen. A place that is moved while it is looked for is looked for again, so
      /// that mounts below it may never be refused.
      var hasRaced: Bool { started[1] > 0 && started[2] > 0 && refused[2] > 0 }
    }

    @Test(
      "A directory is exchanged with a link out while others mount below it and from it",
      arguments: [
        Race(volume: "disk", absolute: true), Race(volume: "disk", absolute: false),
        Race(volume: "host", absolute: false),
      ]
    )
    func exchange(_ race: Race) async throws {
      try await Node.with { node in
        let outside = node.canary + "/directory"
        let target = race.absolute ? outside : String(repeating: "../", count: 24) + outside.dropFirst()
        let shared = VolumeMount(name: race.volume, mountPath: "/outer")
        let pod = try VolumePod.pod(
          "sec20v",
          node,
          [
            [VolumeMount(name: race.volume, mountPath: "/v")],
            // Its place is made by whichever start comes first: below the directory, never below the link.
            [shared, VolumeMount(name: "config", mountPath: "/outer/dir/new/er")],
            [VolumePod.mount(race.volume, "/at", subPath: "dir")],
          ]
        )
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          try await sandbox.prepare(["make /v/dir", "write /v/dir/inner mine", "link \(target) /v/link"])
          let seconds = 3 * scale
          var count = Count()
          // Where processes start slowly, few starts fit into one round.
          for _ in 1...10 where !count.hasRaced {
            // Each has layers of its own: overlayfs refuses volatile ones that were used before.
            var attack = try await sandbox.configuration()
            attack.specification.process.args = ["/payload", "race-exchange", "/v/dir", "/v/link", "\(seconds)"]
            let attacker = try await sandbox.start(attack)
            try await attacker.wait(forLine: "ready")
            try await startVictims(sandbox, oracle, &count, until: ContinuousClock.now + .seconds(seconds))
            let result = try await attacker.finish()
            #expect(result.exit.code == 0, "\(result.output)")
          }
          #expect(count.hasRaced, "the race was no race: \(count)")
          let made = try Files.names(try sandbox.source(of: race.volume) + "/dir")
          #expect(made.filter { !["inner", "new"].contains($0) } == [])
        }
        try oracle.verify("racing in \(race.testDescription)")
      }
    }

    private func startVictims(
      _ sandbox: TestSandbox,
      _ oracle: EscapeOracle,
      _ count: inout Count,
      until end: ContinuousClock.Instant
    ) async throws {
      while ContinuousClock.now < end {
        for index in 1...2 {
          do {
            let lines = try await sandbox.run(index, ["/payload", "tree", "/at/inner"]).lines
            count.started[index] += 1
            if index == 2 { #expect(lines == ["/at/inner f 644 0:0 mine"]) }
          } catch let error where error is RuntimeError || error is ConfigurationError {
            count.refused[index] += 1
          }
        }
        if (count.started[1] + count.refused[1]) % 16 == 0 { try oracle.verify("while racing") }
      }
    }
  }
}
