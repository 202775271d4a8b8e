import Glibc
import Linux
import RuntimeAPI

extension ConformanceCase {
  static let namespaces: [ConformanceCase] = [
    ConformanceCase("containers of a sandbox share network and memory, and nobody else does") { context in
      let pod = try await context.sandbox()
      let server = try await pod.launch(
        "server",
        script: "echo memory > /dev/shm/file; nc -l -p 5000 -e /bin/sh -c 'cat > /shared/got' & echo ready; wait"
      )
      try await pod.waitForLine("ready", in: server)
      let client = try await pod.lines(
        "client",
        script: "until echo hello | nc -w 2 127.0.0.1 5000 2>/dev/null; do sleep 0.05; done; cat /dev/shm/file"
      )
      try expect(client, is: ["memory"], "what the second container reads")
      try expect(try await pod.wait(server).code, is: 0, "the server's code")
      let got = try readRegularFile(AT_FDCWD, context.world.shared + "/got", limit: 100)
      try expect(String(decoding: got, as: UTF8.self), is: "hello\n", "what the server got")
      let other = try await context.sandbox()
      let alone = try await other.lines(script: "test -e /dev/shm/file || echo none; ls /sys/class/net")
      try expect(alone, is: ["none", "lo"], "what another sandbox sees")
    },
    ConformanceCase("a sandbox has namespaces of its own, and its containers more of them") { context in
      let pod = try await context.sandbox()
      let kinds = ["net", "ipc", "uts", "pid", "mnt", "cgroup"]
      let script = kinds.map { "readlink /proc/self/ns/\($0)" }.joined(separator: "; ")
      let first = try await pod.lines("one", script: script)
      let second = try await pod.lines("two", script: script)
      for (index, kind) in kinds.enumerated() {
        let host = try HostNamespace.link(kind)
        try expect(first[index] != host, "a \(kind) namespace that is not the host's", seen: host)
        let isShared = ["net", "ipc", "uts"].contains(kind)
        // Numbers of namespaces that are gone may come again, so that only sharing can be told from one after another.
        if isShared { try expect(second[index], is: first[index], "the second container's \(kind) namespace") }
      }
    },
    ConformanceCase("a sandbox joins the network namespace that was made ahead, and brings up its loopback") {
      context in
      let (namespace, routing) = try NetworkNamespace().release()
      let network = SandboxNetwork(namespace: namespace, routing: routing)
      let made = try readLink(AT_FDCWD, "/proc/self/fd/\(namespace)")
      let pod = try await context.sandbox(network: { network })
      let script = "readlink /proc/self/ns/net; ls /sys/class/net; cat /sys/class/net/lo/operstate"
      try expect(try await pod.lines(script: script), is: [made, "lo", "unknown"], "its namespace and interfaces")
    },
    ConformanceCase("who gives a network namespace cannot want the host's") { context in
      let isRefused = { (error: any Error) in "\(error)".contains("namespaces.hostNetwork") }
      try await expectRefusal("the sandbox", "the field", matches: isRefused) {
        try await context.sandbox(
          namespaces: SandboxNamespaces(hostNetwork: true),
          network: { throw ConformanceFailure(expected: "nobody to ask for a network", seen: "somebody did") }
        )
      }
    },
    ConformanceCase("a network namespace that cannot be made is why there is no sandbox, and nothing is left") {
      context in
      let isRefused = { (error: any Error) in "\(error)".contains("make the network namespace") }
      try await expectRefusal("the sandbox", "the step", matches: isRefused) {
        try await context.sandbox(network: { throw SyscallError("unshare", ENOSPC) })
      }
    },
    ConformanceCase("hostNetwork, hostIPC and hostPID are the host's, and nothing else is") { context in
      let pod = try await context.sandbox(
        namespaces: SandboxNamespaces(hostNetwork: true, hostIPC: true, processes: .host)
      )
      for kind in ["net", "ipc", "uts", "pid"] {
        let lines = try await pod.lines(kind, script: "readlink /proc/self/ns/\(kind)")
        try expect(lines, is: [try HostNamespace.link(kind)], "the \(kind) namespace")
      }
      for kind in ["mnt", "cgroup"] {
        let lines = try await pod.lines(kind, script: "readlink /proc/self/ns/\(kind)")
        try expect(lines != [try HostNamespace.link(kind)], "a \(kind) namespace of its own", seen: "the host's")
      }
      try expect(pod.status.sharedMemoryPath, is: "/dev/shm", "the shared memory of hostIPC")
    },
    ConformanceCase("the host name is the pod's") { context in
      let pod = try await context.sandbox(hostname: "my-pod")
      try expect(
        try await pod.lines(script: "hostname; cat /proc/sys/kernel/hostname"),
        is: ["my-pod", "my-pod"],
        "it"
      )
    },
    ConformanceCase("a container with a PID namespace of its own is process 1 and sees nobody else") { context in
      let pod = try await context.sandbox()
      try await pod.launch("other", script: "sleep 1000")
      let lines = try await pod.lines(script: "echo $$; ls /proc | grep -c '^[0-9]'")
      try expect(lines.first ?? "", is: "1", "its own number")
      try expect(Int(lines.last ?? "").map { $0 <= 4 } ?? false, "its own processes only", seen: "\(lines)")
    },
    ConformanceCase(
      "shareProcessNamespace shows the others, and orphans are reaped",
      needs: [.lifecycle, .sharedProcesses]
    ) { context in
      let pod = try await context.sandbox(namespaces: SandboxNamespaces(processes: .sharedInSandbox))
      let other = try await pod.launch("other", script: "echo ready; exec sleep 4321")
      try await pod.waitForLine("ready", in: other)
      let script = """
        until ps | grep -q '[s]leep 4321'; do sleep 0.05; done; echo seen
        (setsid sleep 0.1 &)
        sleep 0.5
        grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null
        test $$ != 1 && echo other
        """
      try expect(try await pod.lines(script: script), is: ["seen", "other"], "the output")
      try expect(try pod.processes(other).count, is: 1, "the other container's processes")
    },
    ConformanceCase("kernel parameters of the sandbox's namespaces are set, others refused") { context in
      let pod = try await context.sandbox { $0.sysctls = ["net.ipv4.ip_unprivileged_port_start": "80"] }
      let lines = try await pod.lines(script: "cat /proc/sys/net/ipv4/ip_unprivileged_port_start")
      try expect(lines, is: ["80"], "the parameter")
      for name in ["kernel.core_pattern", "vm.swappiness", "net..ipv4", "net/ipv4/ip_forward", "../x"] {
        try await expectRefusal("the parameter \(name)", "invalid", matches: isInvalid) {
          _ = try await context.sandbox { $0.sysctls = [name: "1"] }
        }
      }
    },
  ]
}

/// Namespaces of this process, which are the host's.
enum HostNamespace {
  static func link(_ kind: String) throws -> String { try readLink(AT_FDCWD, "/proc/self/ns/\(kind)") }
}

func isInvalid(_ error: any Error) -> Bool {
  if case RuntimeError.invalid = error { true } else { false }
}
