/// What one feature of the kernel is for.
private struct KernelRequirement {
  let probe: KernelProbe
  let name: String
  let severity: CheckItem.Severity
  let cost: String
  let remedy: String

  init(_ probe: KernelProbe, _ name: String, _ severity: CheckItem.Severity, cost: String, remedy: String) {
    self.probe = probe
    self.name = name
    self.severity = severity
    self.cost = cost
    self.remedy = remedy
  }

  /// What no pod can be without.
  init(_ probe: KernelProbe, _ name: String, _ what: String, remedy: String) {
    self.init(probe, name, .required, cost: "no pod can start: \(what)", remedy: remedy)
  }
}

/// The kernel's features.
func kernelItems(_ findings: HostFindings) -> [CheckItem] {
  let kernel = CheckItem(
    "kernel",
    group: .kernel,
    state: .ok,
    severity: .required,
    found: findings.kernelRelease,
    cost: "nothing by itself: features are tried one by one below",
    remedy: "Linux 6.1 or later is tested"
  )
  return [kernel]
    + (processRequirements + mountRequirements + sandboxRequirements + networkRequirements
    + laterRequirements).map { requirement in
      CheckItem(
        requirement.name,
        .kernel,
        requirement.severity,
        findings.kernel[requirement.probe] ?? .unknown("not looked at"),
        cost: requirement.cost,
        remedy: requirement.remedy
      )
    }
}

private let processRequirements = [
  KernelRequirement(
    .namespaces,
    "namespaces",
    "each has network, ipc, uts, pid, mount and cgroup namespaces of its own",
    remedy: "a kernel with CONFIG_NET_NS, CONFIG_IPC_NS, CONFIG_UTS_NS, CONFIG_PID_NS and CONFIG_CGROUPS; "
      + "sysctl user.max_<kind>_namespaces above 0"
  ),
  KernelRequirement(
    .cloneIntoCgroup,
    "clone3 into a cgroup",
    "a process is limited from its first instruction",
    remedy: "Linux 5.7 or later; in a container engine, a seccomp profile that allows clone3"
  ),
  KernelRequirement(
    .pidfd,
    "pidfds",
    "processes are watched and signalled by descriptors that never come to mean another one",
    remedy: "Linux 5.4 or later"
  ),
  KernelRequirement(
    .pidfdExit,
    "exits kept by pidfds",
    .feature,
    cost: "when a pod's supervisor is killed, its containers' exit codes are unknown (ContainerStatusUnknown, 137)",
    remedy: "Linux 6.15 or later"
  ),
  KernelRequirement(
    .openat2,
    "openat2",
    "paths in images are resolved inside the image only",
    remedy: "Linux 5.6 or later"
  ),
  KernelRequirement(
    .closeRange,
    "close_range",
    "no descriptor of ours may reach a container",
    remedy: "Linux 5.11 or later"
  ),
  KernelRequirement(
    .sealedMemory,
    "sealed executable memory",
    "the supervisor runs from a copy that no container can write to",
    remedy: "sysctl vm.memfd_noexec=0 (or 1); a kernel with CONFIG_MEMFD_CREATE"
  ),
  KernelRequirement(
    .packetSockets,
    "unix packet sockets",
    "swiftlet and its supervisors talk through them",
    remedy: "a kernel with CONFIG_UNIX"
  ),
  KernelRequirement(
    .inotify,
    "inotify",
    "the ends of cgroups and log lines are announced by it",
    remedy: "a kernel with CONFIG_INOTIFY_USER; sysctl fs.inotify.max_user_instances above 0"
  ),
]

private let mountRequirements = [
  KernelRequirement(
    .detachedMounts,
    "detached mounts",
    "filesystems are made and restricted before anything can see them",
    remedy: "Linux 5.12 or later, and CAP_SYS_ADMIN"
  ),
  KernelRequirement(
    .clonedMounts,
    "cloned mounts",
    "masked paths, read-only paths and volumes are copies of mounts",
    remedy: "Linux 5.2 or later, and CAP_SYS_ADMIN"
  ),
  KernelRequirement(
    .overlay,
    "overlayfs",
    "containers share the layers of their image",
    remedy: "CONFIG_OVERLAY_FS; modprobe overlay"
  ),
  KernelRequirement(
    .overlayLayerList,
    "overlayfs lowerdir+",
    .feature,
    cost: "images of more than about 200 layers cannot be mounted (the options of mount(2) hold a page)",
    remedy: "Linux 6.5 or later"
  ),
  KernelRequirement(.proc, "proc", "each container has its own", remedy: "CONFIG_PROC_FS"),
  KernelRequirement(.sysfs, "sysfs", "each container has a read-only one", remedy: "CONFIG_SYSFS"),
  KernelRequirement(.tmpfs, "tmpfs", "/dev, /dev/shm and masked directories are made of it", remedy: "CONFIG_TMPFS"),
  KernelRequirement(.devpts, "devpts", "each container has terminals of its own", remedy: "CONFIG_UNIX98_PTYS"),
  KernelRequirement(.mqueue, "mqueue", "/dev/mqueue is in every container", remedy: "CONFIG_POSIX_MQUEUE"),
]

private let sandboxRequirements = [
  KernelRequirement(
    .seccomp,
    "seccomp filters",
    "system calls are filtered unless a pod says Unconfined",
    remedy: "CONFIG_SECCOMP_FILTER"
  ),
  KernelRequirement(
    .deviceProgram,
    "device control (BPF)",
    "devices are controlled by a BPF program on the container's cgroup",
    remedy: "CONFIG_CGROUP_BPF and CONFIG_BPF_SYSCALL, and CAP_SYS_ADMIN or CAP_BPF"
  ),
  KernelRequirement(.keyrings, "keyrings", "each container has a session keyring of its own", remedy: "CONFIG_KEYS"),
  KernelRequirement(
    .nullDevice,
    "/dev/null",
    "paths are masked with it, so it must be the true one",
    remedy: "rm -f /dev/null; mknod -m 666 /dev/null c 1 3"
  ),
  KernelRequirement(
    .ownRoot,
    "root directory",
    "what lies outside of a chroot could be reached from a container",
    remedy: "run swiftlet outside of the chroot, or make its directory the root (pivot_root(8))"
  ),
  KernelRequirement(
    .pressure,
    "pressure (PSI)",
    .feature,
    cost: "no pressure figures for pods and node",
    remedy: "psi=1 on the kernel's command line; CONFIG_PSI"
  ),
]

/// What the network of pods is made of.
private let networkRequirements = [
  KernelRequirement(
    .bridge,
    "bridge",
    .feature,
    cost: noNetwork,
    remedy: "CONFIG_BRIDGE; modprobe bridge"
  ),
  KernelRequirement(
    .veth,
    "veth",
    .feature,
    cost: noNetwork,
    remedy: "CONFIG_VETH; modprobe veth"
  ),
  KernelRequirement(
    .nftables,
    "nf_tables",
    .feature,
    cost: noNetwork,
    remedy: "CONFIG_NF_TABLES, CONFIG_NFT_NAT, CONFIG_NFT_MASQ; modprobe nf_tables"
  ),
  KernelRequirement(
    .networkSettings,
    "network settings",
    .feature,
    cost: noNetwork + ": their bridge and the uplink must be told to forward",
    remedy: "/proc/sys mounted read-write; in a container engine, --privileged or the host itself"
  ),
]

private let noNetwork = "only pods with hostNetwork: true can start"

/// What this version refuses by name, and later ones will use.
private let laterRequirements = [
  KernelRequirement(
    .userNamespaces,
    "user namespaces",
    .feature,
    cost: "hostUsers: false can never work (this version refuses it in any case)",
    remedy: "CONFIG_USER_NS; sysctl user.max_user_namespaces above 0"
  ),
  KernelRequirement(
    .idmappedMounts,
    "idmapped mounts",
    .feature,
    cost: "hostUsers: false can never work (this version refuses it in any case)",
    remedy: "Linux 5.12 or later"
  ),
]
