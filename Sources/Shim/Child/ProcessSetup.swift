import CLinux
import Glibc
import LaunchPlan
import Linux

/// The way of a process that is already in its namespaces and its root to `execve`: streams, limits, identity,
/// privileges, filter. Used by a container's first process and by `exec`.
struct ProcessSetup {
  let plan: ProcessStep
  let program: ProgramVectors
  let filter: [UInt8]

  /// From here on these are the only descriptors that exist beside the standard streams.
  private static let status: Int32 = 3
  private static let permission: Int32 = 4

  /// Runs all steps. With `waitForPermission` it stops before the last ones until the supervisor writes a byte.
  func run(_ descriptors: ChildDescriptors, waitForPermission: Bool) -> Never {
    do throws(StepFailure) { try arrangeDescriptors(descriptors) } catch {
      ChildStatus.report(error, to: descriptors.status)
    }
    do throws(StepFailure) {
      try setUpStreams()
      try setLimits()
      let entered = try WorkingDirectory.enter(plan.workingDirectory)
      try dropBoundingSet()
      // Without no_new_privs a filter needs CAP_SYS_ADMIN, so it comes before the capabilities go; it must then allow
      // what follows.
      if !plan.noNewPrivileges { try loadFilter() }
      try changeIdentity()
      try setCapabilities()
      if !entered {
        // What root could not enter, the user may: a directory on a filesystem that maps root away.
        guard try WorkingDirectory.enter(plan.workingDirectory) else {
          throw StepFailure(step: "enter the working directory", errno: EACCES, detail: plan.workingDirectory)
        }
      }
      try WorkingDirectory.verify(plan.workingDirectory)
      try verifySupervisor()
      if waitForPermission { try waitForStart() }
      try execute()
    } catch {
      ChildStatus.report(error, to: Self.status)
    }
  }

  private func arrangeDescriptors(_ descriptors: ChildDescriptors) throws(StepFailure) {
    try step("arrange descriptors") { () throws(SyscallError) in
      let sources = [
        descriptors.input, descriptors.output, descriptors.error, descriptors.status, descriptors.permission,
      ]
      // First out of each other's way, then into place.
      var moved: [Int32] = []
      for source in sources { moved.append(try check("fcntl") { lx_fcntl_int(source, F_DUPFD_CLOEXEC, 32) }) }
      for (place, source) in moved.enumerated() {
        let flags = place > 2 ? O_CLOEXEC : 0
        try check("dup3") { lx_dup3(source, Int32(place), flags) }
      }
      // Everything else goes now: no later step may reach the host through /proc/self/fd (CVE-2024-21626).
      try check("close_range") { lx_close_range(5, .max, 0) }
    }
  }

  /// A process that is not root must be able to reopen its streams through /dev/stdout.
  private func setUpStreams() throws(StepFailure) {
    try step("set up the standard streams") { () throws(SyscallError) in
      for stream in Int32(0)...2 {
        var status = stat()
        try check("fstat") { fstat(stream, &status) }
        // Not /dev/null: that node is the host's.
        if status.st_mode & S_IFMT == S_IFIFO || plan.terminal {
          try check("fchown") { fchown(stream, plan.uid, gid_t.max) }
        }
      }
      if plan.terminal { try check("ioctl(TIOCSCTTY)") { lx_make_controlling_terminal(0) } }
    }
  }

  private func setLimits() throws(StepFailure) {
    umask(plan.umask)
    for limit in plan.limits {
      try step("set a resource limit", "resource \(limit.resource)") { () throws(SyscallError) in
        try check("prlimit64") { lx_setrlimit(limit.resource, limit.soft, limit.hard) }
      }
    }
  }

  /// Before the change of user: afterwards CAP_SETPCAP is gone.
  private func dropBoundingSet() throws(StepFailure) {
    try step("drop the bounding set") { () throws(SyscallError) in
      try BoundingSet.drop(allBut: plan.capabilities.bounding)
    }
  }

  /// A supervisor that died before the death signal was set sends none. Its end of the pipe is closed then; a container
  /// sees it as well when it waits for permission, a session would run on.
  private func verifySupervisor() throws(StepFailure) {
    try step("verify the supervisor") { () throws(SyscallError) in
      var entry = pollfd(fd: Self.status, events: 0, revents: 0)
      try check("poll") { poll(&entry, 1, 0) }
      if entry.revents != 0 { lx_exit(127) }
    }
  }

  private func loadFilter() throws(StepFailure) {
    if filter.isEmpty { return }
    try step("load the system call filter") { () throws(SyscallError) in
      try check("seccomp") { lx_seccomp_set_filter(filter, UInt32(filter.count / 8), plan.filterFlags) }
    }
  }

  /// Groups first, then the group, then the user: each needs what the next one takes away.
  private func changeIdentity() throws(StepFailure) {
    try step("change user and groups", "uid \(plan.uid) gid \(plan.gid)") { () throws(SyscallError) in
      try check("prctl(PR_SET_KEEPCAPS)") { lx_prctl(Int32(LX_PR_SET_KEEPCAPS), 1, 0, 0, 0) }
      try check("setgroups") { lx_setgroups(plan.groups.count, plan.groups) }
      try check("setresgid") { lx_setresgid(plan.gid) }
      try check("setresuid") { lx_setresuid(plan.uid) }
      var ids: (UInt32, UInt32, UInt32) = (0, 0, 0)
      try check("getresuid") { lx_getresuid(&ids.0, &ids.1, &ids.2) }
      if ids != (plan.uid, plan.uid, plan.uid) { throw SyscallError("getresuid", EPERM) }
      try check("getresgid") { lx_getresgid(&ids.0, &ids.1, &ids.2) }
      if ids != (plan.gid, plan.gid, plan.gid) { throw SyscallError("getresgid", EPERM) }
    }
  }

  private func setCapabilities() throws(StepFailure) {
    let masks = plan.capabilities
    try step("set capabilities") { () throws(SyscallError) in
      try check("capset") { lx_capset(masks.effective, masks.permitted, masks.inheritable) }
      try check("prctl(PR_CAP_AMBIENT)") {
        lx_prctl(Int32(LX_PR_CAP_AMBIENT), UInt(LX_PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0)
      }
      for capability in UInt64(0)..<64 where masks.ambient & (1 << capability) != 0 {
        try check("prctl(PR_CAP_AMBIENT)") {
          lx_prctl(Int32(LX_PR_CAP_AMBIENT), UInt(LX_PR_CAP_AMBIENT_RAISE), UInt(capability), 0, 0)
        }
      }
      // The kernel forgets the death signal when credentials change (prctl(2)).
      try check("prctl(PR_SET_PDEATHSIG)") { lx_prctl(Int32(LX_PR_SET_PDEATHSIG), UInt(SIGKILL), 0, 0, 0) }
    }
  }

  /// Two-phase start: a crash of the agent now leaves a process that has done nothing. End of file means that the
  /// supervisor died before the death signal was set.
  private func waitForStart() throws(StepFailure) {
    try step("wait for permission to start") { () throws(SyscallError) in
      try writeAll(Self.status, [ChildStatus.ready])
      var byte: UInt8 = 0
      if try checkCount("read", { read(Self.permission, &byte, 1) }) != 1 { lx_exit(127) }
    }
  }

  private func execute() throws(StepFailure) -> Never {
    try step("close descriptors on exec") { () throws(SyscallError) in
      try check("close_range") { lx_close_range(3, .max, 1) }
    }
    if plan.noNewPrivileges {
      try step("set no_new_privs") { () throws(SyscallError) in
        try check("prctl") { lx_prctl(Int32(LX_PR_SET_NO_NEW_PRIVS), 1, 0, 0, 0) }
      }
      // Last: the filter then need not allow anything of the setup but execve.
      try loadFilter()
    }
    let code = program.execute()
    throw StepFailure(step: "execve", errno: code, detail: plan.arguments.first ?? "")
  }
}
