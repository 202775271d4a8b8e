import Linux
import RuntimeAPI

extension ConformanceCase {
  /// A runtime may prepare for containers that are expected. Nobody may be able to tell.
  static let expectations: [ConformanceCase] = [
    ConformanceCase("containers that were expected are like those that were not, and share nothing more") { context in
      let plain = try await context.sandbox(hostname: "same")
      let first = try await plain.lines("plain", script: look)
      let pod = try await expecting(2, context)
      for name in ["one", "two", "beyond"] {
        let lines = try await pod.lines(name, script: "\(look); echo \(name) > /dev/shm-less; ls /dev/shm-less")
        try expect(lines, is: first + ["/dev/shm-less"], "what \(name) sees")
      }
    },
    ConformanceCase("a container that is not what was expected gets what it asks for") { context in
      let pod = try await expecting(2, context)
      let script = "df -k /dev | tail -n 1 | tr -s ' ' | cut -d ' ' -f 2; \(list)"
      let small = try await pod.lines("small", script: script) {
        for index in $0.specification.mounts.indices where $0.specification.mounts[index].destination == "/dev" {
          $0.specification.mounts[index].options = ["nosuid", "mode=755", "size=128k"]
        }
      }
      let ordinary = try await pod.lines("ordinary", script: script)
      try expect(small, is: ["128"] + ordinary.dropFirst(), "the size of its /dev, and the nodes")
      try expect(ordinary.first ?? "", is: "65536", "the size of the other's")
    },
  ]

  private static func expecting(_ count: Int, _ context: ConformanceContext) async throws -> TestSandbox {
    let pod = try await context.sandbox(hostname: "same") { configuration in
      let likely = TestSpecification.make([], shared: "/", sharedMemory: "/", processes: .perContainer)
      configuration.expected = ExpectedContainers(count: count, mounts: likely.mounts)
    }
    // When the network is there, there is time to prepare.
    _ = try await context.runtime.network(of: pod.id)
    return pod
  }

  private static let list = "for f in /dev/*; do stat -c '%n %F %a %u:%g %t:%T' $f; readlink $f; done; true"
  /// Nodes, modes, links, mounts without their numbers, and free space.
  private static let look =
    "cut -d ' ' -f 4- /proc/self/mountinfo | grep -v ' - overlay ' | sort; df -k /dev /dev/mqueue | tr -s ' '; \(list)"
}
