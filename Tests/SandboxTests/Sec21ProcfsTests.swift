import Glibc
import Images
import Linux
import PodModel
import RuntimeAPI
import Testing

@testable import PodEngine

extension Sandbox {
  @Suite("SEC-21: nothing is mounted on procfs, whatever leads there (CVE-2019-16884)")
  struct ProcfsTests {
    /// What the kernel or a privileged program takes from procfs, by ways that lead there inside the container.
    private static let ways = [
      "/proc/self/attr", "/proc/sys/kernel", "/proc", "/proc/1/attr", "../proc/self/task", "../proc/sys/kernel",
      "../../../../../../../../proc/sys", "/proc/self/root/proc/sys", "first",
    ]
    private static let files = [
      "/proc/self/attr/current", "/proc/sys/kernel/hostname", "/proc/self/mem", "../proc/self/attr/exec",
      "/proc/meminfo", "/proc/self/cwd/../proc/uptime",
    ]

    /// Links that lead to each place, in a layer of its own.
    private func layers(_ node: Node, _ targets: [String], at path: String) throws -> [(target: String, layer: String)]
    {
      try targets.enumerated().map { index, target in
        let layer = try node.layer("\(path.split(separator: "/").joined(separator: "-"))\(index)")
        try Files.directories(above: layer + path)
        try Files.link(layer + path, to: target)
        if target == "first" { try Files.link(layer + "/mnt/first", to: "/proc/self/attr") }
        return (target, layer)
      }
    }

    /// Why a start was refused; what it printed where it was not.
    private func refusal(_ body: () async throws -> ProcessResult) async throws -> String {
      do { return "started: \(try await body().output)" } catch let error as RuntimeError { return "\(error)" }
    }

    private static func isOfProcfs(_ refusal: String, _ path: String) -> Bool {
      // Links of procfs itself are refused by the look-up.
      refusal == "mount where procfs is, which can hold no mount (\(path)) failed: Operation not permitted"
        || refusal.hasSuffix("(\(path)) failed: Too many levels of symbolic links")
    }

    @Test(
      "An image whose mount points are links into /proc does not start, privileged or not",
      arguments: [false, true]
    )
    func links(_ privileged: Bool) async throws {
      try await Node.with { node in
        var pod = try VolumePod.pod(
          "sec21",
          node,
          [
            [VolumeMount(name: "disk", mountPath: "/mnt/x")], [VolumeMount(name: "config", mountPath: "/mnt/x")],
            [VolumePod.mount("memory", "/mnt/x", subPath: "made")],
            [VolumeMount(name: "hostfile", mountPath: "/mnt/f")],
          ]
        )
        for index in pod.spec.containers.indices {
          pod.spec.containers[index].securityContext.privileged = privileged
        }
        let directories = try layers(node, Self.ways, at: "/mnt/x")
        let files = try layers(node, Self.files, at: "/mnt/f")
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          for index in 0...2 {
            for (target, layer) in directories {
              let refusal = try await refusal {
                try await sandbox.run(index, ["/payload", "exit", "0"], layers: [layer])
              }
              #expect(Self.isOfProcfs(refusal, "/mnt/x"), "\(target): \(refusal)")
            }
          }
          for (target, layer) in files {
            let refusal = try await refusal { try await sandbox.run(3, ["/payload", "exit", "0"], layers: [layer]) }
            #expect(Self.isOfProcfs(refusal, "/mnt/f"), "\(target): \(refusal)")
          }
        }
        try oracle.verify("mount points that lead to procfs")
      }
    }

    @Test("Nor does one whose /etc/hosts and other generated files lead there")
    func generatedFiles() async throws {
      try await Node.with { node in
        let pod = Pod.test("sec21g")
        let cases = try ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"].flatMap { path in
          try layers(node, Self.files, at: path).map { (path, $0.target, $0.layer) }
        }
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(pod) { sandbox in
          for (path, target, layer) in cases {
            let refusal = try await refusal { try await sandbox.run(["/payload", "exit", "0"], layers: [layer]) }
            #expect(Self.isOfProcfs(refusal, path), "\(path) \(target): \(refusal)")
          }
        }
        try oracle.verify("generated files that lead to procfs")
      }
    }

    @Test("A volume in which another container has made the link is no way either", arguments: VolumePod.writable)
    func linksInVolumes(_ name: String) async throws {
      try await Node.with { node in
        let outer = VolumeMount(name: name, mountPath: "/outer")
        let pod = try VolumePod.pod(
          "sec21v",
          node,
          [[outer], [outer, VolumeMount(name: "config", mountPath: "/outer/link")]]
        )
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          for target in ["/proc/self/attr", "/proc/sys/kernel", "../proc/1/attr"] {
            try await sandbox.prepare(["link \(target) /outer/link"])
            let refusal = try await refusal { try await sandbox.run(1, ["/payload", "exit", "0"]) }
            #expect(Self.isOfProcfs(refusal, "/outer/link"), "\(target): \(refusal)")
            try await sandbox.prepare(["remove /outer/link"])
          }
        }
        try oracle.verify("links to procfs in \(name)")
      }
    }

    @Test("A runtime that is asked for it directly refuses it as well, but for the figures that lxcfs provides")
    func direct() async throws {
      try await Node.with { node in
        let pod = try VolumePod.pod("sec21d", node, [[]])
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          func run(_ destination: String, _ volume: String) async throws -> ProcessResult {
            var configuration = try await sandbox.configuration()
            configuration.specification.process.args = ["/payload", "tree", destination]
            let mount = RuntimeSpecification.Mount(
              destination: destination,
              type: "bind",
              source: try sandbox.source(of: volume),
              options: ["bind"]
            )
            // Before the kernel's own mounts a place of that name is not on procfs yet, and covered by it afterwards.
            configuration.specification.mounts.append(mount)
            return try await sandbox.run(configuration)
          }
          for path in ["/proc/self/attr", "/proc/sys", "/proc/1/task", "/proc/self/../sys/kernel"] {
            let refusal = try await refusal { try await run(path, "disk") }
            #expect(Self.isOfProcfs(refusal, path), "\(path): \(refusal)")
          }
          for path in ["/proc/self/mem", "/proc/self/comm", "/proc/version"] {
            let refusal = try await refusal { try await run(path, "hostfile") }
            #expect(Self.isOfProcfs(refusal, path), "\(path): \(refusal)")
          }
          for path in ["/proc/meminfo", "/proc/uptime"] {
            #expect(try await run(path, "hostfile").lines == ["\(path) f 644 0:0 of the host"])
          }
        }
      }
    }
  }
}
