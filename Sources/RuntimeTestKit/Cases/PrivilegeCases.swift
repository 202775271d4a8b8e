import RuntimeAPI

extension ConformanceCase {
  static let privileges: [ConformanceCase] = [
    ConformanceCase("user, groups, umask and working directory are the asked ones") { context in
      let pod = try await context.sandbox()
      let lines = try await pod.lines(
        script: "id -u; id -g; grep ^Groups: /proc/self/status | tr -s '\\t ' ' '; umask; pwd; ls -d /new/dir"
      ) {
        $0.specification.process.user = RuntimeSpecification.User(
          uid: 1000,
          gid: 1001,
          umask: 0o027,
          additionalGids: [7, 9]
        )
        $0.specification.process.cwd = "/new/dir"
      }
      try expect(
        lines.map { $0.hasSuffix(" ") ? String($0.dropLast()) : $0 },
        is: ["1000", "1001", "Groups: 7 9", "0027", "/new/dir", "/new/dir"],
        "the output"
      )
    },
    ConformanceCase("capabilities and no_new_privs are exactly the asked ones") { context in
      let pod = try await context.sandbox()
      let script = "grep -E '^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs):' /proc/self/status | tr '\\t' ' '"
      let set = "00000000000005fb"
      let none = "0000000000000000"
      let expected = [
        "CapInh: \(none)", "CapPrm: \(set)", "CapEff: \(set)", "CapBnd: \(set)", "CapAmb: \(none)", "NoNewPrivs: 1",
      ]
      try expect(try await pod.lines(script: script), is: expected, "the status")
    },
    ConformanceCase("a system call filter is in force") { context in
      let pod = try await context.sandbox()
      let lines = try await pod.lines(
        script: "mkdir /tmp/x 2>/dev/null || echo refused; grep ^Seccomp: /proc/self/status | tr '\\t' ' '"
      ) {
        $0.specification.linux.seccomp = SeccompProfile(
          defaultAction: .allow,
          syscalls: [SeccompRule(names: ["mkdir", "mkdirat"], action: .errno, errnoRet: 1)]
        )
      }
      try expect(lines, is: ["refused", "Seccomp: 2"], "the output")
    },
    ConformanceCase("devices that no rule allows cannot be used, those of every container can") { context in
      let pod = try await context.sandbox()
      let script = """
        for node in null zero full random urandom; do head -c 1 /dev/$node > /dev/null 2>&1 && echo $node; done
        mknod /tmp/kmsg c 1 11 2>/dev/null || echo refused
        """
      let lines = try await pod.lines(script: script) {
        $0.specification.process.capabilities.bounding.append("CAP_MKNOD")
        $0.specification.process.capabilities.permitted.append("CAP_MKNOD")
        $0.specification.process.capabilities.effective.append("CAP_MKNOD")
      }
      try expect(lines, is: ["null", "zero", "full", "random", "urandom", "refused"], "the output")
    },
    ConformanceCase("masked paths read as empty, read-only paths cannot be written") { context in
      let pod = try await context.sandbox()
      let script = """
        head -c 16 /proc/kcore 2>/dev/null | wc -c; ls /sys/firmware | wc -l
        (echo x > /proc/sys/kernel/hostname) 2>/dev/null || echo refused
        """
      try expect(try await pod.lines(script: script), is: ["0", "0", "refused"], "the output")
    },
    ConformanceCase("limits of resources and oom_score_adj are set") { context in
      let pod = try await context.sandbox()
      let lines = try await pod.lines(script: "ulimit -n; ulimit -c; cat /proc/self/oom_score_adj") {
        $0.specification.process.rlimits = [
          RuntimeSpecification.ResourceLimit(type: "RLIMIT_NOFILE", soft: 128, hard: 256),
          RuntimeSpecification.ResourceLimit(type: "RLIMIT_CORE", soft: 0, hard: 0),
        ]
        $0.specification.process.oomScoreAdj = 500
      }
      try expect(lines, is: ["128", "0", "500"], "the output")
    },
    ConformanceCase("no signal is blocked or ignored from the start") { context in
      let pod = try await context.sandbox()
      let id = try await pod.create("main", ["/bin/cat", "/proc/self/status"])
      try await pod.start(id)
      _ = try await pod.wait(id)
      let lines = try pod.log(id).lines.filter { $0.hasPrefix("SigBlk:") || $0.hasPrefix("SigIgn:") }
      // 32 and 33 belong to C libraries, which pass on what they inherited from whoever started the tests.
      let masks = lines.map { UInt64($0.dropFirst("SigBlk:\t".count), radix: 16).map { $0 & ~0x1_8000_0000 } }
      try expect(masks, is: [0, 0], "blocked and ignored signals")
    },
    ConformanceCase("a container has exactly three descriptors, and nothing of the host's in its mounts") { context in
      let pod = try await context.sandbox()
      let lines = try await pod.lines(
        script:
          "for n in 0 1 2 3 4 5 6 7 8 9; do test -e /proc/1/fd/$n && echo $n; done; grep '\(context.world.directory)/state' /proc/mounts; true"
      )
      try expect(lines, is: ["0", "1", "2"], "the descriptors of the first process, and no path of the host's")
    },
  ]
}
