import Glibc
import Linux
import PodModel
import RuntimeAPI
import Testing

@testable import PodEngine

extension Sandbox {
  @Suite("SEC-26: a subPath stays in its volume, whatever a container has prepared there")
  struct SubPathTests {
    /// What a container leaves in a volume, and sub-paths that lead through it.
    private static let hostile: [(path: String, target: String)] = [
      ("root", "/"), ("proc", "/proc/self/root"), ("exe", "/proc/self/exe"), ("up", "../../../../../../../../../../.."),
      ("loop", "loop"), ("dangling", "no/where"), ("inner", "/v"), ("chain", "root"),
    ]

    @Test(
      "Links that lead out are refused by name, for whatever kind containers can write to",
      arguments: VolumePod.writable
    )
    func hostileLinks(_ name: String) async throws {
      try await Node.with { node in
        let (outside, file) = (node.canary + "/directory", node.canary + "/file")
        let links = Self.hostile + [("canary", outside), ("canary-file", file)]
        // What is missing is asked for in the canary only: whoever fails here must not make it in the machine's root.
        let made = ["canary/new/dir", "canary-file/x", "dangling/new/dir", "loop/new/dir", "plain/x"]
        let paths = links.map(\.path) + made + ["root/etc/passwd", "proc/etc", "chain/etc"]
        let mounts = paths.map { [VolumePod.mount(name, "/at", subPath: $0)] }
        let pod = try VolumePod.pod("sec26", node, [[VolumeMount(name: name, mountPath: "/v")]] + mounts)
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          let steps = links.map { "link \($0.target) /v/\($0.path)" } + ["write /v/plain text"]
          try await sandbox.prepare(steps)
          for (index, path) in paths.enumerated() {
            let error = await #expect(throws: ConfigurationError.self, "\(path)") {
              _ = try await sandbox.configuration(index + 1)
            }
            #expect(error?.field.hasSuffix(".volumeMounts[0].subPath") == true)
            let words = "failed to prepare subPath for volumeMount \(name): "
            #expect(error?.problem.hasPrefix(words) == true, "\(path): \(error.map { "\($0)" } ?? "")")
            if ["root", "up", "inner", "canary"].contains(where: { path.hasPrefix($0) }) {
              #expect(error?.problem.contains("it leads out of the volume: \(path)") == true, "\(path)")
            }
          }
        }
        try oracle.verify("hostile links in \(name)")
      }
    }

    @Test("What is in the volume is bound: a link inside, a file, one value, and what is missing is made")
    func ordinary() async throws {
      try await Node.with { node in
        let pod = try VolumePod.pod(
          "sec26o",
          node,
          [
            [VolumeMount(name: "disk", mountPath: "/v")], [VolumePod.mount("disk", "/at", subPath: "link")],
            [VolumePod.mount("disk", "/at", subPath: "dir/file")], [VolumePod.mount("disk", "/at", subPath: "new/er")],
            [VolumePod.mount("secret", "/at", subPath: "key")], [VolumePod.mount("mixed", "/at", subPath: "deep/b")],
          ]
        )
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          let steps = ["make /v/dir", "write /v/dir/file text", "link dir /v/link"]
          try await sandbox.prepare(steps)
          let tree = ["/payload", "tree", "/at"]
          #expect(try await sandbox.run(1, tree).lines == ["/at d 755 0:0", "/at/file f 644 0:0 text"])
          #expect(try await sandbox.run(2, tree).lines == ["/at f 644 0:0 text"])
          #expect(try await sandbox.run(3, tree).lines == ["/at d 777 0:0"])
          #expect(try await sandbox.run(4, tree).lines == ["/at f 400 0:0 \(VolumePod.secret)"])
          #expect(try await sandbox.run(5, tree).lines == ["/at f 600 0:0 B"])
          #expect(try await sandbox.attempt(["write /at x"], in: 5) == ["write /at x: errno \(EROFS)"])
        }
      }
    }

    @Test("A path that a volume of values does not have is an empty directory that cannot be written to")
    func missingValue() async throws {
      try await Node.with { node in
        let mounts = VolumePod.values.map { [VolumePod.mount($0, "/at", subPath: "none/such")] }
        let pod = try VolumePod.pod("sec26m", node, mounts)
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          for index in mounts.indices {
            #expect(try await sandbox.run(index, ["/payload", "tree", "/at"]).lines == ["/at d 777 0:0"])
            #expect(try await sandbox.attempt(["make /at/x"], in: index) == ["make /at/x: errno \(EROFS)"])
          }
          let layer = try node.layer("file")
          try Files.write(layer + "/at", "of the image\n")
          let error = await #expect(throws: RuntimeError.self) {
            _ = try await sandbox.run(0, ["/payload", "tree", "/at"], layers: [layer])
          }
          #expect(error == .failed(step: "mount a directory where a file is", errno: ENOTDIR, detail: "/at"))
        }
      }
    }

    /// What is exchanged with a directory of a volume.
    struct Race: Sendable, CustomTestStringConvertible {
      var volume: String
      var absolute: Bool
      var testDescription: String { volume + (absolute ? ", absolute" : ", relative") }
    }

    @Test(
      "Exchanging a directory with a link meanwhile never binds anything from outside",
      arguments: [
        Race(volume: "disk", absolute: true), Race(volume: "disk", absolute: false),
        Race(volume: "memory", absolute: true),
      ]
    )
    func exchange(_ race: Race) async throws {
      try await Node.with { node in
        let outside = node.canary + "/directory"
        let target = race.absolute ? outside : String(repeating: "../", count: 24) + outside.dropFirst()
        let pod = try VolumePod.pod("sec26r", node, [[VolumeMount(name: race.volume, mountPath: "/v")]])
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          let steps = ["make /v/dir", "write /v/dir/inner mine", "make /v/dir/sub", "link \(target) /v/link"]
          try await sandbox.prepare(steps)
          let source = try sandbox.source(of: race.volume)
          let root = try await sandbox.inside(source + "/dir")
          let expected = try [
            "dir": identity(root), "dir/inner": identity(root + "/inner"), "dir/sub": identity(root + "/sub"),
          ]
          let seconds = 4 * scale
          var count = Count()
          // Where processes start slowly, few attempts fit into one round.
          for _ in 1...10 where !count.hasRaced {
            // Each has layers of its own: overlayfs refuses volatile ones that were used before.
            var attack = try await sandbox.configuration()
            attack.specification.process.args = ["/payload", "race-exchange", "/v/dir", "/v/link", "\(seconds)"]
            let attacker = try await sandbox.start(attack)
            try await attacker.wait(forLine: "ready")
            try await bindAll(sandbox, source, expected, &count, until: ContinuousClock.now + .seconds(seconds))
            let result = try await attacker.finish()
            #expect(result.exit.code == 0, "\(result.output)")
          }
          #expect(count.hasRaced, "the race was no race: \(count)")
          // What was made on the way is in the directory.
          for (path, found) in count.made {
            #expect(try found == [identity(try await sandbox.inside("\(source)/\(path)"))])
          }
        }
        try oracle.verify("racing in \(race.testDescription)")
      }
    }

    private struct Count {
      var bound = 0
      var refused = 0
      var made: [String: Set<String>] = [:]

      var hasRaced: Bool { bound > 0 && refused > 0 }
    }

    /// Binds paths again and again, and compares each with what is there in truth.
    private func bindAll(
      _ sandbox: TestSandbox,
      _ source: String,
      _ expected: [String: String],
      _ count: inout Count,
      until end: ContinuousClock.Instant
    ) async throws {
      let runtime = sandbox.node.runtime
      while ContinuousClock.now < end {
        for path in ["dir", "dir/inner", "dir/sub", "dir/new/er"] {
          let place: String
          do throws(RuntimeError) {
            place = try await runtime.addSubPath(path, of: source, named: "race", to: sandbox.id)
          } catch {
            count.refused += 1
            continue
          }
          count.bound += 1
          let found = try identity(try await sandbox.inside(place))
          if let expected = expected[path] { #expect(found == expected, "\(path) was bound from elsewhere") }
          if expected[path] == nil { count.made[path, default: []].insert(found) }
          try await runtime.removeMount(named: "race", from: sandbox.id)
        }
      }
    }

    private func identity(_ path: String) throws(SyscallError) -> String {
      var status = stat()
      try check("stat") { stat(path, &status) }
      return "\(status.st_dev) \(status.st_ino)"
    }
  }
}
