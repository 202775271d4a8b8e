import Privileges
import RuntimeAPI
import Testing

/// Specifications of containers as the engine makes them, and some that take other ways through the supervisor.
struct Box: Sendable, CustomTestStringConvertible {
  var name: String
  var specification: RuntimeSpecification
  var processes = ProcessVisibility.perContainer

  var testDescription: String { name }

  /// The default sandbox, as root with the nine capabilities.
  static func standard(_ arguments: [String], noNewPrivileges: Bool = false) throws -> Box {
    let names = [
      "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
      "CAP_SETPCAP", "CAP_NET_BIND_SERVICE",
    ]
    let process = RuntimeSpecification.Process(
      args: arguments,
      env: ["PATH=/bin", "HOME=/root"],
      cwd: "/work",
      user: RuntimeSpecification.User(additionalGids: [1, 2]),
      capabilities: RuntimeSpecification.Capabilities(bounding: names, effective: names, permitted: names),
      rlimits: [RuntimeSpecification.ResourceLimit(type: "RLIMIT_NOFILE", soft: 1024, hard: 4096)],
      noNewPrivileges: noNewPrivileges,
      oomScoreAdj: 900
    )
    return Box(
      name: noNewPrivileges ? "root with no_new_privs" : "root",
      specification: RuntimeSpecification(
        root: RuntimeSpecification.Root(path: ""),
        process: process,
        mounts: mounts,
        linux: try linux(names)
      )
    )
  }

  /// Somebody else than root, with a read-only root and no_new_privs.
  static func restricted(_ arguments: [String]) throws -> Box {
    var box = try standard(arguments, noNewPrivileges: true)
    box.name = "restricted"
    box.specification.root.readonly = true
    box.specification.process.user = RuntimeSpecification.User(uid: 1000, gid: 1000, additionalGids: [2000])
    box.specification.process.capabilities = RuntimeSpecification.Capabilities()
    return box
  }

  /// Somebody else than root who keeps a capability, without no_new_privs: the filter comes before the capabilities go.
  static func ambient(_ arguments: [String]) throws -> Box {
    var box = try standard(arguments)
    box.name = "a user with an ambient capability"
    let own = ["CAP_NET_BIND_SERVICE"]
    box.specification.process.user = RuntimeSpecification.User(uid: 1000, gid: 1000, additionalGids: [2000])
    box.specification.process.capabilities = RuntimeSpecification.Capabilities(
      bounding: own,
      effective: own,
      inheritable: own,
      permitted: own,
      ambient: own
    )
    return box
  }

  private static let mounts = [
    mount("/proc", "proc", ["nosuid", "noexec", "nodev"]),
    mount("/dev", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
    mount("/dev/pts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
    mount("/dev/mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
    mount("/sys", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
    mount("/sys/fs/cgroup", "cgroup2", ["ro", "nosuid", "noexec", "nodev"]),
    RuntimeSpecification.Mount(
      destination: "/etc/hosts",
      type: "bind",
      source: "/etc/hosts",
      options: ["bind", "ro", "nosuid", "nodev"]
    ),
  ]

  private static func mount(_ path: String, _ type: String, _ options: [String]) -> RuntimeSpecification.Mount {
    RuntimeSpecification.Mount(destination: path, type: type, source: type, options: options)
  }

  private static func linux(_ capabilities: [String]) throws -> RuntimeSpecification.LinuxSection {
    let target = SeccompTarget(
      platform: try SeccompPlatform.required(),
      capabilities: try CapabilitySet(specificationNames: capabilities, field: "capabilities"),
      kernel: KernelVersion(major: 6, minor: 1)
    )
    let devices: [(Int64, Int64?)] = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2), (136, nil)]
    return RuntimeSpecification.LinuxSection(
      namespaces: [.init(type: .pid), .init(type: .mount), .init(type: .cgroup)],
      resources: RuntimeSpecification.Resources(
        devices: [RuntimeSpecification.DeviceRule(allow: false)]
          + devices.map { .init(allow: true, type: "c", major: $0.0, minor: $0.1) }
      ),
      seccomp: RuntimeDefault.profile(for: target),
      maskedPaths: [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
        "/sys/devices/virtual/powercap",
      ],
      readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
    )
  }
}
