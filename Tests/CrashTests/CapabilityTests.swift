import ArchiveTestKit
import Foundation
import Glibc
import HostCheck
import Linux
import Privileges
import Testing

extension Crashes {
  /// What `swiftlet check` says about a capability, held against what happens without it.
  @Suite(
    "The capabilities that the check calls needed are those without which something fails, and it fails as it says",
    .disabled(if: Requirements.systemd, "needs a machine without systemd"),
    .enabled(if: access("/usr/bin/setpriv", X_OK) == 0, "needs setpriv, of util-linux")
  )
  struct Capabilities {
    /// What is done without a capability.
    enum Deed: String, CaseIterable, Sendable {
      case rootPod, userPod, rootExec, userExec, importing
    }

    /// What fails without which; nothing fails without any other.
    static let expected: [String: Set<Deed>] = [
      "SYS_ADMIN": Set(Deed.allCases), "NET_ADMIN": Set(Deed.allCases).subtracting([.importing]),
      "SETGID": Set(Deed.allCases).subtracting([.importing]), "SETPCAP": Set(Deed.allCases),
      "MKNOD": Set(Deed.allCases), "DAC_OVERRIDE": Set(Deed.allCases),
      "SETUID": [.userPod, .userExec], "CHOWN": [.userPod, .userExec, .importing],
      "SYS_CHROOT": [.rootExec, .userExec], "SYS_PTRACE": [.userExec],
      "FOWNER": [.importing], "FSETID": [.importing], "SETFCAP": [.importing],
    ]

    @Test("without each of them, and without some of those that nothing is said about")
    func each() throws {
      let node = try ForegroundNode()
      let items = try Self.items()
      var generator = Draw(seed: Scale.seed)
      let others = CapabilitySet.upTo(40).kubernetesNames.filter { Self.expected[$0] == nil }
      let chosen = others.shuffled(using: &generator).prefix(5 * Scale.factor)
      for name in Self.expected.keys.sorted() + chosen {
        let failing = Set(try Deed.allCases.filter { try !succeeds($0, without: name, node) })
        #expect(failing == Self.expected[name, default: []], "without \(name)")
        // KILL and SYS_RESOURCE cost what no deed here asks for.
        if ["KILL", "SYS_RESOURCE"].contains(name) { continue }
        let item = items["CAP_" + name]
        #expect((item != nil) == !failing.isEmpty, "\(name) in the table")
        #expect((item?.severity == .required) == failing.contains(.rootPod), "\(name): \(item?.severity as Any)")
      }
      #expect(try node.oracle().settle() == [])
    }

    private static func items() throws -> [String: CheckItem] {
      let places = HostPlaces(state: "/var/lib/swiftlet", run: "/run/swiftlet", shim: builtProgram("swiftlet-shim"))
      let report = CheckReport(try HostFindings.collect(places))
      return Dictionary(uniqueKeysWithValues: report.items.map { ($0.name, $0) })
    }

    private func succeeds(_ deed: Deed, without name: String, _ node: ForegroundNode) throws -> Bool {
      let words: String
      switch deed {
      case .importing:
        words = node.commandLine(["image", "import", node.places.scratch.path + "/image.tar", "again"])
      case .rootPod, .userPod, .rootExec, .userExec:
        words = node.commandLine(["run", "-f", try manifest(deed, node)])
      }
      let output = " >\(node.places.scratch.path)/out 2>\(node.places.scratch.path)/err"
      let pid = try node.spawn(shell: "exec setpriv --bounding-set=-\(name.lowercased()) \(words)" + output)
      return try ForegroundNode.wait(pid) == .exited(0)
    }

    /// A pod that succeeds only if its hook has been executed in it, where it has one.
    private func manifest(_ deed: Deed, _ node: ForegroundNode) throws -> String {
      let isUser = deed == .userPod || deed == .userExec
      let hasHook = deed == .rootExec || deed == .userExec
      let script = hasHook ? "trap 'exit 9' TERM; while [ ! -e /dev/shm/hook ]; do sleep 0.02; done" : "exit 0"
      let hook = "lifecycle: {postStart: {exec: {command: [/bin/sh, -c, 'echo >/dev/shm/hook']}}}"
      let user = "securityContext: {runAsUser: 1000, runAsGroup: 1000, allowPrivilegeEscalation: false}"
      let text = """
        apiVersion: v1
        kind: Pod
        metadata: {name: crash}
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 1
          containers:
          - name: c
            image: crash
            imagePullPolicy: Never
            command: ["/bin/sh", "-c", "\(script)"]
            \(isUser ? user : "env: []")
            \(hasHook ? hook : "args: []")

        """
      return try node.places.scratch.file("\(deed.rawValue).yaml", Array(text.utf8))
    }
  }
}
