import Foundation
import Glibc
import PodLogic
import PodModel
import Privileges
import RuntimeAPI
import Testing

@testable import PodEngine

/// Another runtime of this machine.
struct PeerRuntime: Sendable, CustomTestStringConvertible {
  var name: String
  var program: String
  var options: [String] = []
  var testDescription: String { name }

  static let all = [
    PeerRuntime(name: "runc", program: "/usr/sbin/runc"),
    PeerRuntime(name: "crun", program: "/usr/bin/crun", options: ["--cgroup-manager=cgroupfs"]),
  ]
  static let areInstalled = all.allSatisfy { access($0.program, X_OK) == 0 }
}

/// The reviewed file of differences: sections `[runtime kernel]`, in them groups of a reason (`#`) and lines that only we (`-`)
/// or only they (`+`) have.
struct ReviewedDifferences {
  private(set) var lines: [String: Set<String>] = [:]
  private(set) var withoutReason: [String] = []

  init(_ text: String) {
    var (section, hasReason) = ("", false)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line.hasPrefix("[") {
        section = String(line.dropFirst().prefix { $0 != "]" })
        hasReason = false
      } else if line.isEmpty {
        hasReason = false
      } else if line.hasPrefix("#") {
        hasReason = true
      } else {
        if !hasReason { withoutReason.append(line) }
        lines[section, default: []].insert(line)
      }
    }
  }
}

extension Sandbox {
  @Suite("BOX-01: every difference to other runtimes has a reason")
  struct DifferenceTests {
    @Test(
      "BOX-01: the same bundle under another runtime differs as was reviewed",
      .enabled(if: PeerRuntime.areInstalled, "needs Debian's runc and crun"),
      arguments: PeerRuntime.all
    )
    func differences(_ peer: PeerRuntime) async throws {
      try await Node.with { node in
        let pod = SandboxProfile.standard.pod
        try await node.withSandbox(pod) { sandbox in
          var configuration = try await sandbox.configuration()
          let bundle = node.root + "/bundle"
          for name in ["", "/rootfs", "/rootfs/tmp"] { mkdir(bundle + name, 0o755) }
          chmod(bundle + "/rootfs/tmp", 0o1777)
          try Files.copy(node.payload, to: bundle + "/rootfs/payload", mode: 0o755)
          configuration.rootFilesystem = .directory(bundle + "/rootfs")
          let names = DumpText.Names(node)
          let allOurs = try DumpText(try await sandbox.run(configuration).output, names).lines
          try write(configuration.specification, pod, to: bundle)
          let allTheirs = try DumpText(try run(peer, bundle, root: node.root, cgroups: node.cgroupMountPoint), names)
            .lines
          // Signals that this program's own library ignores are handed down by runtimes that do not reset them.
          let (ours, theirs) = (allOurs.filter(Self.isCompared), allTheirs.filter(Self.isCompared))
          let found = Set(ours).subtracting(theirs).map { "- " + $0 } + Set(theirs).subtracting(ours).map { "+ " + $0 }
          try verify("\(peer.name) \(node.host.kernel.major).\(node.host.kernel.minor)", Set(found))
        }
      }
    }

    private static func isCompared(_ line: String) -> Bool { !line.hasPrefix("status SigIgn ") }

    private func verify(_ name: String, _ found: Set<String>) throws {
      let text = (try? String(contentsOfFile: Golden.directory + "/differences-to-runc.txt", encoding: .utf8)) ?? ""
      let reviewed = ReviewedDifferences(text)
      #expect(reviewed.withoutReason == [], "differences without a reason")
      let expected = reviewed.lines[name] ?? []
      for line in found.subtracting(expected).sorted() { Issue.record("[\(name)] not reviewed: \(line)") }
      for line in expected.subtracting(found).sorted() { Issue.record("[\(name)] is no difference any more: \(line)") }
    }

    /// What the sandbox gives a container here is written down for runtimes that know no sandboxes.
    private func write(_ specification: RuntimeSpecification, _ pod: Pod, to bundle: String) throws {
      var specification = specification
      specification.root.path = "rootfs"
      specification.hostname = PodHostname.name(of: pod, host: "")
      specification.linux.namespaces += [.network, .ipc, .uts].map { RuntimeSpecification.Namespace(type: $0) }
      specification.linux.sysctl = try Sysctls.resolve(pod.spec)
      // Device control and limits cannot be seen from inside; on a host with both cgroup versions crun refuses them.
      specification.linux.resources = RuntimeSpecification.Resources()
      specification.mounts = specification.mounts.map { mount in
        guard mount.destination == "/dev/shm" else { return mount }
        return RuntimeSpecification.Mount(
          destination: "/dev/shm",
          type: "tmpfs",
          source: "shm",
          options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]
        )
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
      try encoder.encode(specification).write(to: URL(fileURLWithPath: bundle + "/config.json"))
    }

    /// In a mount namespace of its own with cgroup v2 at /sys/fs/cgroup: both refuse hosts that have v1 there. It is
    /// bound and not mounted afresh, which would reset the hierarchy's options for the whole machine.
    private func run(_ peer: PeerRuntime, _ bundle: String, root: String, cgroups: String) throws -> String {
      let words = [peer.program] + peer.options + ["--root", root + "/peer", "run", "--bundle", bundle]
      let name = "swiftlet-sandbox-\(getpid())"
      // Output and errors go through pipes, as those of a container do.
      let script = """
        [ -e /sys/fs/cgroup/cgroup.controllers ] || mount --bind \(cgroups) /sys/fs/cgroup
        cd \(bundle)
        { { \(words.joined(separator: " ")) \(name) </dev/null; echo $? >status; } 2>&1 1>&3 3>&- | cat >errors; } 3>&1 |
          cat >output
        exit $(cat status)
        """
      // Not Foundation's Process, which keeps descriptors of its own.
      let status = system("unshare --mount --propagation private sh -c '\(script)'")
      let text = try Files.text(bundle + "/output")
      guard status == 0 else {
        throw Trouble("\(peer.name) ended with \(status): \(try Files.text(bundle + "/errors")) \(text)")
      }
      return text
    }
  }
}
