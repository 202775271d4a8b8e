import RuntimeAPI

/// The sandbox that cases run in: what a pod gets that says nothing, without a system call filter.
public enum TestSpecification {
  /// Nine capabilities of a container that asks for none.
  public static let capabilities = [
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
  ]

  /// Makes one.
  public static func make(
    _ arguments: [String],
    shared: String,
    sharedMemory: String,
    processes: ProcessVisibility
  ) -> RuntimeSpecification {
    let kinds: [RuntimeSpecification.Namespace.Kind] = [.mount, .cgroup] + (processes == .perContainer ? [.pid] : [])
    return RuntimeSpecification(
      root: RuntimeSpecification.Root(path: ""),
      process: RuntimeSpecification.Process(
        args: arguments,
        env: ["PATH=/bin", "HOME=/root"],
        capabilities: RuntimeSpecification.Capabilities(
          bounding: capabilities,
          effective: capabilities,
          permitted: capabilities
        ),
        noNewPrivileges: true
      ),
      mounts: mounts(shared, sharedMemory),
      linux: RuntimeSpecification.LinuxSection(
        namespaces: kinds.map { RuntimeSpecification.Namespace(type: $0) },
        resources: RuntimeSpecification.Resources(devices: deviceRules),
        maskedPaths: ["/proc/kcore", "/proc/keys", "/sys/firmware"],
        readonlyPaths: ["/proc/sys", "/proc/sysrq-trigger"]
      )
    )
  }

  private static func mounts(_ shared: String, _ sharedMemory: String) -> [RuntimeSpecification.Mount] {
    func mount(_ destination: String, _ type: String, _ options: [String]) -> RuntimeSpecification.Mount {
      RuntimeSpecification.Mount(destination: destination, type: type, source: type, options: options)
    }
    func bind(_ destination: String, _ source: String) -> RuntimeSpecification.Mount {
      RuntimeSpecification.Mount(
        destination: destination,
        type: "bind",
        source: source,
        options: ["bind", "rw", "nosuid", "nodev", "noexec"]
      )
    }
    return [
      mount("/proc", "proc", ["nosuid", "noexec", "nodev"]),
      mount("/dev", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
      mount("/dev/pts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
      bind("/dev/shm", sharedMemory), mount("/dev/mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
      mount("/sys", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
      mount("/sys/fs/cgroup", "cgroup2", ["nosuid", "noexec", "nodev", "ro"]), bind("/shared", shared),
    ]
  }

  /// null, zero, full, random, urandom, tty, console, ptmx and every pseudoterminal.
  private static var deviceRules: [RuntimeSpecification.DeviceRule] {
    let nodes: [(Int64, Int64?)] = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2), (136, nil)]
    return [RuntimeSpecification.DeviceRule(allow: false)]
      + nodes.map { RuntimeSpecification.DeviceRule(allow: true, type: "c", major: $0.0, minor: $0.1) }
  }
}
