import RuntimeAPI

/// What of a specification an OCI runtime of any make is trusted to honour, or we do for it. Whatever else says
/// something is refused.
enum HonouredFields {
  static let paths: Set<String> = [
    // Annotations are accepted and not passed on: runtimes act on some of them.
    "ociVersion", "root.path", "root.readonly", "annotations",
    "process.user.uid", "process.user.gid", "process.user.umask", "process.user.additionalGids",
    "process.args", "process.env", "process.cwd", "process.capabilities.bounding", "process.capabilities.effective",
    "process.capabilities.inheritable", "process.capabilities.permitted", "process.capabilities.ambient",
    "process.rlimits.type", "process.rlimits.soft", "process.rlimits.hard", "process.noNewPrivileges",
    "process.oomScoreAdj",
    "mounts.destination", "mounts.type", "mounts.source", "mounts.options",
    "linux.namespaces.type", "linux.devices.type", "linux.devices.path", "linux.devices.major", "linux.devices.minor",
    "linux.devices.fileMode", "linux.devices.uid", "linux.devices.gid",
    "linux.resources.devices.allow", "linux.resources.devices.type", "linux.resources.devices.major",
    "linux.resources.devices.minor", "linux.resources.devices.access", "linux.resources.memory.limit",
    "linux.resources.memory.reservation", "linux.resources.cpu.shares", "linux.resources.cpu.quota",
    "linux.resources.cpu.period", "linux.resources.pids.limit", "linux.resources.unified",
    "linux.rootfsPropagation", "linux.maskedPaths", "linux.readonlyPaths",
    "linux.seccomp.defaultAction", "linux.seccomp.defaultErrnoRet", "linux.seccomp.architectures",
    // Not its flags: runc 1.1 has none.
    "linux.seccomp.syscalls.names", "linux.seccomp.syscalls.action",
    "linux.seccomp.syscalls.errnoRet", "linux.seccomp.syscalls.args.index", "linux.seccomp.syscalls.args.value",
    "linux.seccomp.syscalls.args.valueTwo", "linux.seccomp.syscalls.args.op",
  ]

  /// Options of a bind mount that mean the same to every runtime. The kernel takes no others for a bind, and a word that
  /// a runtime does not know would be lost without an error.
  private static let bindOptions: Set<String> = [
    "bind", "rbind", "ro", "rw", "suid", "nosuid", "dev", "nodev", "exec", "noexec", "relatime", "private", "rprivate",
    "rro", "rnosuid", "rnodev", "rnoexec", "rslave",
  ]

  /// Throws for the first thing that would not be honoured.
  static func check(_ specification: RuntimeSpecification, runtime: String) throws(RuntimeError) {
    try SpecificationFields.refuseFields(of: specification, notIn: paths, runtime: runtime)
    if let propagation = specification.linux.rootfsPropagation, !["private", "rprivate"].contains(propagation) {
      throw .unsupported(path: "linux.rootfsPropagation (\(propagation))", runtime: runtime)
    }
    for (index, mount) in specification.mounts.enumerated() {
      guard mount.destination.hasPrefix("/"), mount.destination != "/" else {
        throw .invalid(path: "mounts[\(index)].destination", reason: "an absolute path other than / was expected")
      }
      let isBind = mount.type == "bind" || mount.options.contains("bind") || mount.options.contains("rbind")
      if isBind, let unknown = mount.options.first(where: { !bindOptions.contains($0) }) {
        throw .unsupported(path: "mounts[\(index)].options (\(unknown))", runtime: runtime)
      }
    }
    try checkNamespaces(specification.linux.namespaces, runtime)
    try checkProcess(specification.process)
  }

  /// Mount and cgroup namespaces are always the container's own; those of the sandbox come with it.
  private static func checkNamespaces(
    _ namespaces: [RuntimeSpecification.Namespace],
    _ runtime: String
  ) throws(RuntimeError) {
    let kinds = Set(namespaces.map(\.type))
    for kind in kinds.sorted(by: { $0.rawValue < $1.rawValue }) where ![.mount, .cgroup, .pid].contains(kind) {
      throw .unsupported(path: "linux.namespaces (\(kind.rawValue))", runtime: runtime)
    }
    for kind in [RuntimeSpecification.Namespace.Kind.mount, .cgroup] where !kinds.contains(kind) {
      throw .unsupported(path: "linux.namespaces (without \(kind.rawValue))", runtime: runtime)
    }
  }

  private static func checkProcess(_ process: RuntimeSpecification.Process) throws(RuntimeError) {
    guard let program = process.args.first, !program.isEmpty else {
      throw .invalid(path: "process.args", reason: "a program was expected")
    }
    guard process.cwd.hasPrefix("/") else {
      throw .invalid(path: "process.cwd", reason: "an absolute path was expected")
    }
    for text in process.args + process.env + [process.cwd] where text.utf8.contains(0) {
      throw .invalid(path: "process", reason: "a string with a NUL byte cannot reach a program")
    }
  }
}
