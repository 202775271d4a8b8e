import Glibc
import Linux
import PodModel
import RuntimeAPI
import Testing

@testable import PodEngine

extension Sandbox {
  @Suite("SEC-27: nobody changes where values are, and the removal of a volume removes nothing else")
  struct ValueLinkTests {
    @Test("The link to the files of values cannot be exchanged, renamed or removed", arguments: VolumePod.values)
    func dataLink(_ name: String) async throws {
      try await Node.with { node in
        let pod = try VolumePod.pod("sec27", node, [[VolumeMount(name: name, mountPath: "/v")]])
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          let before = try await sandbox.run(["/payload", "tree", "/v"]).lines
          #expect(
            try await sandbox.attempt([
              "rename /v/..data /v/other", "remove /v/..data", "link / /v/other", "rename /v/..1 /v/..2", "mode /v/..1",
            ]) == [
              "rename /v/..data /v/other: errno \(EROFS)", "remove /v/..data: errno \(EROFS)",
              "link / /v/other: errno \(EROFS)", "rename /v/..1 /v/..2: errno \(EROFS)", "mode /v/..1: errno \(EROFS)",
            ]
          )
          let race = try await sandbox.run(["/payload", "race-exchange", "/v/..data", "/v/..1", "1"])
          #expect(race.exit.code == 1)
          #expect(race.output.contains("Read-only file system"), "\(race.output)")
          #expect(try await sandbox.run(["/payload", "tree", "/v"]).lines == before)
          // Elsewhere in the same container the same steps succeed.
          try await sandbox.prepare(["link / /tmp/..data", "rename /tmp/..data /tmp/other", "remove /tmp/other"])
        }
      }
    }

    @Test("A pod whose emptyDir is full of hostile links is removed, and nothing else is")
    func removal() async throws {
      try await Node.with { node in
        let pod = try VolumePod.pod("sec27r", node, [VolumePod.everywhere])
        let oracle = try EscapeOracle(node)
        let disk = try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          for name in VolumePod.writable {
            var steps: [String] = []
            for depth in ["", "/a", "/a/b"] {
              let place = "/v/\(name)\(depth)"
              if !depth.isEmpty { steps.append("make \(place)") }
              let targets = [
                node.canary, node.canary + "/directory", node.canary + "/file", "/", "..", "../../../../../../../..",
                "/proc/self/root", node.base,
              ]
              for (index, target) in targets.enumerated() { steps.append("link \(target) \(place)/l\(index)") }
              steps.append("link \(node.canary) \(place)/..data")
            }
            try await sandbox.prepare(steps)
          }
          let disk = try sandbox.source(of: "disk")
          #expect(try Files.names(disk).count == 10)
          return disk
        }
        #expect(access(disk, F_OK) != 0)
        try oracle.verify("removing a volume of links")
        // What is the host's stays, the pod's links in it too.
        #expect(try Files.names(node.root + "/host").count == 11)
        #expect(try Files.names(node.canary) == ["directory", "file"])
        #expect(try Files.text(node.canary + "/directory/inner") == "canary\n")
      }
    }
  }
}
