import PodModel
import RuntimeAPI
import Testing

extension Sandbox {
  @Suite("BOX-06: a container can read its own cgroup and change nothing")
  struct CgroupTests {
    @Test(
      "BOX-06: nothing is writable, no cgroup can be made or left, the parent is out of reach",
      arguments: [SandboxProfile.all[0], SandboxProfile.all[1], SandboxProfile.all[3]]
    )
    func tree(_ profile: SandboxProfile) async throws {
      try await Node.with { node in
        let result = try await node.withSandbox(profile.pod) { try await $0.run(["/payload", "cgroup"]) }
        #expect(result.exit.code == 0, "\(result.output)")
        #expect(result.lines.last == "writable 0")
        #expect(result.lines.contains("read /proc/self/cgroup 0::/") || result.output.contains("0::/\n"))
        let tried = result.lines.filter { $0.hasPrefix("write /sys/fs/cgroup/") }
        #expect(tried.contains { $0.hasPrefix("write /sys/fs/cgroup/cgroup.procs errno") })
        for line in result.lines where ["write ", "create ", "mount ", "remount "].contains(where: line.hasPrefix) {
          #expect(line.contains(" errno "), "\(line)")
        }
      }
    }

    @Test("BOX-06: a process that exec brings in is in the container's cgroup namespace too")
    func exec() async throws {
      try await Node.with { node in
        try await node.withSandbox(.test("box06-exec", ["/payload", "sleep"])) { sandbox in
          let container = try await sandbox.start(try await sandbox.configuration())
          let result = try await container.exec(["/payload", "cgroup"])
          #expect(result.exit.code == 0, "\(result.output)")
          #expect(result.lines.last == "writable 0")
          _ = try await container.kill()
        }
      }
    }
  }
}
