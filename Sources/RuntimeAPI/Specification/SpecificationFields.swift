/// Which fields of a specification say something: the paths of everything that differs from its default.
///
/// A runtime lists the paths that it honours and refuses the rest (``refuseFields(of:notIn:runtime:)``), so that a field
/// added to the specification is refused everywhere until somebody implements it. One that is missing here is found by
/// `FieldWalk`, which looks at the specification through a mirror; a container's start has no time for that.
public enum SpecificationFields {
  /// Paths such as `linux.resources.memory.limit` of all values that are not the default; indices are left out.
  public static func nonDefaultPaths(of specification: RuntimeSpecification) -> Set<String> {
    Set(fields.lazy.filter { $0.says(specification) }.map(\.path))
  }

  /// Throws ``RuntimeError/unsupported(path:runtime:)`` for the first field, in alphabetic order, that says something
  /// and is not in `honoured`.
  public static func refuseFields(
    of specification: RuntimeSpecification,
    notIn honoured: Set<String>,
    runtime: String
  ) throws(RuntimeError) {
    let refused = fields.lazy.filter { !honoured.contains($0.path) && $0.says(specification) }
    if let path = refused.map(\.path).min() { throw .unsupported(path: path, runtime: runtime) }
  }

  /// All fields that there are.
  static var knownPaths: Set<String> { Set(fields.map(\.path)) }

  private struct Field: Sendable {
    let path: String
    let says: @Sendable (RuntimeSpecification) -> Bool

    init(_ path: String, _ says: @escaping @Sendable (RuntimeSpecification) -> Bool) {
      self.path = path
      self.says = says
    }
  }

  private static let fields = common + process + linux + resources + filter

  private static let common = [
    Field("ociVersion") { !$0.ociVersion.isEmpty },
    Field("root.path") { !$0.root.path.isEmpty },
    Field("root.readonly") { $0.root.readonly },
    Field("hostname") { $0.hostname != nil },
    Field("mounts.destination") { $0.mounts.contains { !$0.destination.isEmpty } },
    Field("mounts.type") { $0.mounts.contains { !$0.type.isEmpty } },
    Field("mounts.source") { $0.mounts.contains { !$0.source.isEmpty } },
    Field("mounts.options") { $0.mounts.contains { !$0.options.isEmpty } },
    Field("annotations") { !$0.annotations.isEmpty },
  ]

  private static let process = [
    Field("process.terminal") { $0.process.terminal },
    Field("process.user.uid") { $0.process.user.uid != 0 },
    Field("process.user.gid") { $0.process.user.gid != 0 },
    Field("process.user.umask") { $0.process.user.umask != nil },
    Field("process.user.additionalGids") { !$0.process.user.additionalGids.isEmpty },
    Field("process.args") { !$0.process.args.isEmpty },
    Field("process.env") { !$0.process.env.isEmpty },
    Field("process.cwd") { !$0.process.cwd.isEmpty },
    Field("process.capabilities.bounding") { !$0.process.capabilities.bounding.isEmpty },
    Field("process.capabilities.effective") { !$0.process.capabilities.effective.isEmpty },
    Field("process.capabilities.inheritable") { !$0.process.capabilities.inheritable.isEmpty },
    Field("process.capabilities.permitted") { !$0.process.capabilities.permitted.isEmpty },
    Field("process.capabilities.ambient") { !$0.process.capabilities.ambient.isEmpty },
    Field("process.rlimits.type") { $0.process.rlimits.contains { !$0.type.isEmpty } },
    Field("process.rlimits.soft") { $0.process.rlimits.contains { $0.soft != 0 } },
    Field("process.rlimits.hard") { $0.process.rlimits.contains { $0.hard != 0 } },
    Field("process.noNewPrivileges") { $0.process.noNewPrivileges },
    Field("process.oomScoreAdj") { $0.process.oomScoreAdj != nil },
    Field("process.apparmorProfile") { $0.process.apparmorProfile != nil },
    Field("process.selinuxLabel") { $0.process.selinuxLabel != nil },
  ]

  private static let linux = [
    Field("linux.namespaces.type") { !$0.linux.namespaces.isEmpty },
    Field("linux.namespaces.path") { $0.linux.namespaces.contains { $0.path != nil } },
    Field("linux.devices.type") { $0.linux.devices.contains { !$0.type.isEmpty } },
    Field("linux.devices.path") { $0.linux.devices.contains { !$0.path.isEmpty } },
    Field("linux.devices.major") { $0.linux.devices.contains { $0.major != 0 } },
    Field("linux.devices.minor") { $0.linux.devices.contains { $0.minor != 0 } },
    Field("linux.devices.fileMode") { $0.linux.devices.contains { $0.fileMode != nil } },
    Field("linux.devices.uid") { $0.linux.devices.contains { $0.uid != nil } },
    Field("linux.devices.gid") { $0.linux.devices.contains { $0.gid != nil } },
    Field("linux.cgroupsPath") { $0.linux.cgroupsPath != nil },
    Field("linux.rootfsPropagation") { $0.linux.rootfsPropagation != nil },
    Field("linux.maskedPaths") { !$0.linux.maskedPaths.isEmpty },
    Field("linux.readonlyPaths") { !$0.linux.readonlyPaths.isEmpty },
    Field("linux.sysctl") { !$0.linux.sysctl.isEmpty },
    Field("linux.mountLabel") { $0.linux.mountLabel != nil },
  ]

  private static let resources = [
    Field("linux.resources.devices.allow") { $0.linux.resources.devices.contains { $0.allow } },
    Field("linux.resources.devices.type") { $0.linux.resources.devices.contains { !$0.type.isEmpty } },
    Field("linux.resources.devices.major") { $0.linux.resources.devices.contains { $0.major != nil } },
    Field("linux.resources.devices.minor") { $0.linux.resources.devices.contains { $0.minor != nil } },
    Field("linux.resources.devices.access") { $0.linux.resources.devices.contains { !$0.access.isEmpty } },
    Field("linux.resources.memory.limit") { $0.linux.resources.memory.limit != nil },
    Field("linux.resources.memory.reservation") { $0.linux.resources.memory.reservation != nil },
    Field("linux.resources.cpu.shares") { $0.linux.resources.cpu.shares != nil },
    Field("linux.resources.cpu.quota") { $0.linux.resources.cpu.quota != nil },
    Field("linux.resources.cpu.period") { $0.linux.resources.cpu.period != nil },
    Field("linux.resources.pids.limit") { $0.linux.resources.pids.limit != nil },
    Field("linux.resources.unified") { !$0.linux.resources.unified.isEmpty },
  ]

  private static let filter = [
    Field("linux.seccomp.defaultAction") { $0.linux.seccomp != nil },
    Field("linux.seccomp.defaultErrnoRet") { $0.linux.seccomp?.defaultErrnoRet != nil },
    Field("linux.seccomp.architectures") { $0.linux.seccomp?.architectures.isEmpty == false },
    Field("linux.seccomp.flags") { $0.linux.seccomp?.flags.isEmpty == false },
    Field("linux.seccomp.syscalls.names") { $0.rules.contains { !$0.names.isEmpty } },
    Field("linux.seccomp.syscalls.action") { !$0.rules.isEmpty },
    Field("linux.seccomp.syscalls.errnoRet") { $0.rules.contains { $0.errnoRet != nil } },
    Field("linux.seccomp.syscalls.args.index") { $0.rules.contains { $0.args.contains { $0.index != 0 } } },
    Field("linux.seccomp.syscalls.args.value") { $0.rules.contains { $0.args.contains { $0.value != 0 } } },
    Field("linux.seccomp.syscalls.args.valueTwo") { $0.rules.contains { $0.args.contains { $0.valueTwo != 0 } } },
    Field("linux.seccomp.syscalls.args.op") { $0.rules.contains { !$0.args.isEmpty } },
  ]
}

extension RuntimeSpecification {
  fileprivate var rules: [SeccompRule] { linux.seccomp?.syscalls ?? [] }
}
