import CLinux
import Glibc
import LaunchPlan
import Linux

/// The first process of a container between `clone3` and `execve`.
///
/// It runs single-threaded in a copy of the supervisor and can only end in `execve` or `_exit`. The order of the steps
/// is what keeps the sandbox whole; each says what it must come before or after.
struct ContainerInit {
  let process: ProcessStep
  let filesystem: ContainerFilesystem
  let program: ProgramVectors
  let descriptors: ChildDescriptors
  let filter: [UInt8]

  /// Runs all steps.
  func run() -> Never {
    do throws(StepFailure) {
      try prepareProcess()
      try makeFilesystem()
    } catch {
      ChildStatus.report(error, to: descriptors.status)
    }
    ProcessSetup(plan: process, program: program, filter: filter).run(descriptors, waitForPermission: true)
  }

  /// 1. What must happen while the process still looks like the supervisor.
  private func prepareProcess() throws(StepFailure) {
    // Handlers are the default ones already (CLONE_CLEAR_SIGHAND).
    try step("unblock signals") { () throws(SyscallError) in try check("sigprocmask") { lx_unblock_signals() } }
    umask(0)
    // Before the process stops being dumpable: afterwards /proc/self belongs to somebody else (runc's order).
    if let score = process.oomScoreAdj {
      try step("set oom_score_adj", "\(score)") { () throws(SyscallError) in
        try writeKernelFile(AT_FDCWD, "/proc/self/oom_score_adj", String(score))
      }
    }
    // Nobody may trace it or read its descriptors until execve resets this (CVE-2016-9962).
    try step("clear dumpable") { () throws(SyscallError) in
      try check("prctl") { lx_prctl(Int32(LX_PR_SET_DUMPABLE), 0, 0, 0, 0) }
    }
    try step("die with the supervisor") { () throws(SyscallError) in
      try check("prctl") { lx_prctl(Int32(LX_PR_SET_PDEATHSIG), UInt(SIGKILL), 0, 0, 0) }
    }
    try step("join a session keyring") { () throws(SyscallError) in
      try check("keyctl") { lx_join_session_keyring(process.keyring) }
    }
    try step("start a session") { () throws(SyscallError) in try check("setsid") { lx_setsid() } }
  }

  /// 2. The mount namespace, from the root mount to pivot_root.
  private func makeFilesystem() throws(StepFailure) {
    let copies = try ContainerMounts.copyFollowers(filesystem)
    try step("make mounts private", "/") { () throws(SyscallError) in
      try setMountAttributes(AT_FDCWD, "/", propagation: .isPrivate, recursive: true)
    }
    // Opened in this mount namespace, because a mount of another one cannot be copied, and before anything of the
    // container's is mounted.
    let null = try step("open /dev/null") { () throws(SyscallError) in try NullDevice.open(openPathOnly) }
    let root = try RootMount.make(filesystem.root, slots: filesystem.layerSlots)
    var mounts = ContainerMounts(root: root.raw, copies: copies)
    try mounts.make(filesystem.mounts)
    let places = mounts.places
    try ContainerDevices.make(filesystem, in: places)
    if filesystem.hasNull { try ContainerDevices.replaceNull(descriptors.input, filesystem.dev, in: places) }
    if process.terminal {
      try ContainerDevices.makeConsole(filesystem.dev, in: places, terminal: descriptors.input)
    }
    try PathRestrictions(places: places, null: null.raw)
      .apply(masked: filesystem.masked, readonly: filesystem.readonly)
    try WorkingDirectory.make(process.workingDirectory, inRoot: root.raw)
    // After everything that creates files in it.
    if filesystem.root.readonly {
      try step("make the root read-only") { () throws(SyscallError) in
        try setMountAttributes(root.raw, set: .readOnly)
      }
    }
    try step("pivot_root") { () throws(SyscallError) in try pivotRoot(to: root.raw) }
  }
}
