/// The fields of a specification that the native runtime honours. Whatever else says something is refused.
enum HonouredFields {
  static let paths: Set<String> = [
    "ociVersion", "root.path", "root.readonly", "annotations",
    "process.terminal", "process.user.uid", "process.user.gid", "process.user.umask", "process.user.additionalGids",
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
    "linux.seccomp.flags", "linux.seccomp.syscalls.names", "linux.seccomp.syscalls.action",
    "linux.seccomp.syscalls.errnoRet", "linux.seccomp.syscalls.args.index", "linux.seccomp.syscalls.args.value",
    "linux.seccomp.syscalls.args.valueTwo", "linux.seccomp.syscalls.args.op",
  ]
}
