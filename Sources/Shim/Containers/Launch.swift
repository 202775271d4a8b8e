import CLinux
import Glibc
import LaunchPlan
import Linux

/// A child that was just cloned.
struct LaunchedChild: ~Copyable {
  let pid: Int32
  let process: OwnedFD
  let status: OwnedFD
  let permission: OwnedFD
}

/// Clones children.
enum Launch {
  /// Clones a container's first process straight into its cgroup, so that no instruction of it runs outside.
  static func container(
    _ plan: LaunchPlan,
    filter: [UInt8],
    cgroup: Int32,
    streams: borrowing StandardStreams.Inner,
    stock: StockedFilesystems
  ) throws(StepFailure) -> LaunchedChild {
    let status = try step("make pipes") { () throws(SyscallError) in try Pipe() }
    let permission = try step("make pipes") { () throws(SyscallError) in try Pipe() }
    let child = ContainerInit(
      process: plan.process,
      filesystem: try ContainerFilesystem(plan, terminalFilesystem: streams.terminalFilesystem, stock: stock),
      program: ProgramVectors(arguments: plan.process.arguments, environment: plan.process.environment),
      descriptors: ChildDescriptors(
        input: streams.input.raw,
        output: streams.output.raw,
        error: streams.error.raw,
        status: status.writer.raw,
        permission: permission.reader.raw
      ),
      filter: filter
    )
    var flags = UInt64(LX_CLONE_NEWNS) | UInt64(LX_CLONE_NEWCGROUP) | LX_CLONE_CLEAR_SIGHAND
    if plan.newPIDNamespace { flags |= UInt64(LX_CLONE_NEWPID) }
    // The child's copy of the other ends must go, or it would wait for itself.
    let (statusReader, permissionWriter) = (status.reader.raw, permission.writer.raw)
    var pidfd: Int32 = -1
    let pid = try step("clone3 into the cgroup") { () throws(SyscallError) in
      try check("clone3") { lx_clone3(flags, &pidfd, cgroup, UInt64(SIGCHLD)) }
    }
    if pid == 0 {
      close(statusReader)
      close(permissionWriter)
      child.run()
    }
    return LaunchedChild(
      pid: pid,
      process: OwnedFD(pidfd),
      status: status.reader,
      permission: permission.writer
    )
  }

  /// Clones another process into a running container: a helper joins the PID namespace, its child is cloned into the
  /// session's cgroup as a child of the supervisor, and joins the other namespaces itself. The cgroup namespace must not
  /// be joined before the clone: systemd mounts the hierarchy with `nsdelegate`, and the target would be out of reach.
  static func session(
    _ plan: ProcessStep,
    filter: [UInt8],
    container: Int32,
    cgroup: Int32,
    streams: borrowing StandardStreams.Inner
  ) throws(StepFailure) -> LaunchedChild {
    let status = try step("make pipes") { () throws(SyscallError) in try Pipe() }
    let permission = try step("make pipes") { () throws(SyscallError) in try Pipe() }
    let program = ProgramVectors(arguments: plan.arguments, environment: plan.environment)
    let descriptors = ChildDescriptors(
      input: streams.input.raw,
      output: streams.output.raw,
      error: streams.error.raw,
      status: status.writer.raw,
      permission: permission.reader.raw
    )
    let process = try cloneThroughHelper { (answer: Int32) in
      SessionEntry(
        setup: ProcessSetup(plan: plan, program: program, filter: filter),
        descriptors: descriptors,
        container: container,
        cgroup: cgroup,
        answer: answer
      )
    }
    let pid = try step("find the new process") { () throws(SyscallError) in try processID(of: process.raw) }
    return LaunchedChild(
      pid: pid,
      process: process,
      status: status.reader,
      permission: permission.writer
    )
  }

  /// Runs the helper and receives the pidfd of its child.
  private static func cloneThroughHelper(_ entry: (Int32) -> SessionEntry) throws(StepFailure) -> OwnedFD {
    var pair: [Int32] = [-1, -1]
    try step("make a socket") { () throws(SyscallError) in try check("socketpair") { lx_socketpair(&pair) } }
    let ours = OwnedFD(pair[0])
    let theirs = OwnedFD(pair[1])
    let work = entry(theirs.raw)
    let helper = try step("clone3") { () throws(SyscallError) in
      try check("clone3") { lx_clone3(UInt64(LX_CLONE_VFORK), nil, -1, UInt64(SIGCHLD)) }
    }
    if helper == 0 { work.runHelper() }
    waitpid(helper, nil, 0)
    // The helper has ended: what it sent is there, and nothing more will come.
    return try step("join the container's namespaces") { () throws(SyscallError) in
      try setNonBlocking(ours.raw)
      var packet = try PacketSocket.receive(ours.raw)
      if let descriptor = packet.descriptors.take(0) { return descriptor }
      throw SyscallError("setns", packet.bytes.first.map(Int32.init) ?? ESRCH)
    }
  }

  /// The number that a pidfd's process has where we are.
  private static func processID(of pidfd: Int32) throws(SyscallError) -> Int32 {
    if let pid = try descriptorFact("Pid", of: pidfd).flatMap({ Int32(exactly: $0) }), pid > 0 { return pid }
    throw SyscallError("fdinfo", ESRCH)
  }
}

/// What the two processes of an exec do after their clones.
private struct SessionEntry {
  let setup: ProcessSetup
  let descriptors: ChildDescriptors
  let container: Int32
  let cgroup: Int32
  let answer: Int32

  func runHelper() -> Never {
    if lx_prctl(Int32(LX_PR_SET_DUMPABLE), 0, 0, 0, 0) != 0 { answer(failure: errno) }
    if lx_setns(container, Int32(LX_CLONE_NEWPID)) != 0 { answer(failure: errno) }
    var pidfd: Int32 = -1
    // With CLONE_PARENT the exit signal must be 0: the supervisor gets the helper's.
    let child = lx_clone3(UInt64(LX_CLONE_PARENT) | LX_CLONE_CLEAR_SIGHAND, &pidfd, cgroup, 0)
    if child == 0 { runProcess() }
    if child < 0 { answer(failure: errno) }
    do throws(SyscallError) { try PacketSocket.send(answer, [0], descriptors: [pidfd]) } catch { lx_exit(1) }
    lx_exit(0)
  }

  /// One byte: the error number.
  private func answer(failure code: Int32) -> Never {
    // Without an answer the supervisor reports that the process is gone.
    try? PacketSocket.send(answer, [UInt8(truncatingIfNeeded: code)])
    lx_exit(1)
  }

  private func runProcess() -> Never {
    do throws(StepFailure) {
      // Not dumpable before it can be seen from inside (CVE-2016-9962).
      try step("clear dumpable") { () throws(SyscallError) in
        try check("prctl") { lx_prctl(Int32(LX_PR_SET_DUMPABLE), 0, 0, 0, 0) }
      }
      try step("die with the supervisor") { () throws(SyscallError) in
        try check("prctl") { lx_prctl(Int32(LX_PR_SET_PDEATHSIG), UInt(SIGKILL), 0, 0, 0) }
      }
      try step("unblock signals") { () throws(SyscallError) in try check("sigprocmask") { lx_unblock_signals() } }
      if let score = setup.plan.oomScoreAdj {
        try step("set oom_score_adj") { () throws(SyscallError) in
          try writeKernelFile(AT_FDCWD, "/proc/self/oom_score_adj", String(score))
        }
      }
      try step("join a session keyring") { () throws(SyscallError) in
        try check("keyctl") { lx_join_session_keyring(setup.plan.keyring) }
      }
      try step("start a session") { () throws(SyscallError) in try check("setsid") { lx_setsid() } }
      try step("join the container's namespaces") { () throws(SyscallError) in
        try check("setns") { lx_setns(container, Int32(LX_CLONE_NEWNS | LX_CLONE_NEWCGROUP)) }
        try check("chdir") { chdir("/") }
      }
    } catch {
      ChildStatus.report(error, to: descriptors.status)
    }
    setup.run(descriptors, waitForPermission: false)
  }
}
