import CLinux
import Glibc
import LaunchPlan
import Linux

/// Containers that the command lines of an OCI runtime make. The supervisor mounts their root, is the parent of what the
/// commands leave behind, and follows their first process as it follows its own.
extension Supervisor {
  /// Mounts the root and runs `create`; the answer is given when the command has ended.
  func createExternal(
    _ request: ExternalContainer,
    _ descriptors: inout DescriptorList,
    _ address: ReplyAddress
  ) throws(Failure) {
    try refuseWhileEnding()
    guard let cgroup = descriptors.take(0) else {
      throw Failure(.malformed, step: "create", detail: "a cgroup belongs to this request")
    }
    do throws(StepFailure) {
      let streams = try step("make the standard streams") { () throws(SyscallError) in
        try StandardStreams.pipes(stdin: request.common.stdin, null: null.file.raw)
      }
      try becomeSubreaper()
      let role = SupervisedProcess.Role.external(stopSignal: request.common.stopSignal, request)
      let process = try prepare(request.common, role: role, cgroup, streams.outer, address)
      _ = try RootMount.make(request.root, slots: ContainerFilesystem.slots(for: request.root))
      do throws(StepFailure) {
        try run(
          .create,
          of: process,
          request.create,
          streams: [streams.inner.input.raw, streams.inner.output.raw, streams.inner.error.raw]
        )
      } catch {
        lx_umount2(request.root.mountPoint, Int32(LX_UMOUNT_DETACH))
        throw error
      }
      processes[process.name] = process
      order.append(process.name)
    } catch {
      throw error.failure
    }
  }

  /// Runs `start`.
  func startExternal(_ process: SupervisedProcess, _ external: ExternalContainer) throws(Failure) {
    do throws(StepFailure) { try run(.start, of: process, external.start) } catch { throw error.failure }
  }

  /// What a command line leaves behind becomes our child (PR_SET_CHILD_SUBREAPER), and so does its every orphan.
  private func becomeSubreaper() throws(StepFailure) {
    if childSignals != nil { return }
    childSignals = try step("become a subreaper") { () throws(SyscallError) in
      try check("prctl") { lx_prctl(Int32(LX_PR_SET_CHILD_SUBREAPER), 1, 0, 0, 0) }
      return OwnedFD(try check("signalfd") { lx_child_signals() })
    }
  }

  private func run(
    _ kind: SupervisedProcess.Command.Kind,
    of process: SupervisedProcess,
    _ arguments: [String],
    streams: [Int32] = []
  ) throws(StepFailure) {
    process.command = try ExternalCommand.spawn(kind, arguments, streams: streams)
  }

  // MARK: Ends of commands

  /// A command line has ended.
  func finishCommand(_ process: SupervisedProcess) {
    guard let kind = process.command?.kind, let pidfd = process.command?.process.raw else { return }
    let status: ExitStatus
    do throws(SyscallError) {
      guard let ended = try PidFD.reap(pidfd) else { return }
      status = ended
    } catch {
      // Nobody else waits for our children, so nothing is known of it: that is no success.
      status = .signaled(SIGKILL)
    }
    process.command = nil
    switch (kind, process.state) {
    case (.create, .settingUp(let address)): finishCreate(process, status, address)
    case (.start, .starting(let address)):
      if status == .exited(0) { return began(process, address) }
      abandon(process, Failure(.step, step: "start by command", detail: "\(status)"), address)
    default: finishDelete(process, status)
    }
  }

  private func finishCreate(_ process: SupervisedProcess, _ status: ExitStatus, _ address: ReplyAddress) {
    guard status == .exited(0) else {
      return abandon(process, Failure(.step, step: "create by command", detail: "\(status)"), address)
    }
    do throws(SyscallError) {
      process.pid = try externalPID(process)
      process.process = try PidFD.open(process.pid)
    } catch {
      let failure = Failure(.step, step: "read the process id", errno: error.errno, detail: process.name)
      return abandon(process, failure, address)
    }
    process.state = .created
    replyProcess(process, address, roles: [.pidfd], descriptors: [process.process?.raw ?? -1])
    // The end of the sandbox began while the command ran.
    if ending != nil { process.kill() }
  }

  private func externalPID(_ process: SupervisedProcess) throws(SyscallError) -> Int32 {
    guard case .external(_, let external) = process.role, let pod = podDirectory else {
      throw SyscallError("pid file", ENOENT)
    }
    let text = String(decoding: try readRegularFile(pod, external.pidFile, limit: 32), as: UTF8.self)
    guard let pid = Int32(text.filter { $0 != "\n" }), pid > 1 else { throw SyscallError("pid file", EINVAL) }
    return pid
  }

  /// A container that will not run: everything in its cgroup is ended, the runtime is told to forget it, and then
  /// whoever asked gets the failure.
  private func abandon(_ process: SupervisedProcess, _ failure: Failure, _ address: ReplyAddress) {
    process.isAbandoned = true
    process.failure = failure
    process.deletion = address
    process.kill()
    if process.process != nil {
      process.state = .running
    } else {
      process.state = .draining(.signaled(SIGKILL))
      finishIfDrained(process)
    }
  }

  // MARK: Deleting

  /// Tells the runtime to forget an ended container; the rest follows when the command has ended.
  func deleteExternal(_ process: SupervisedProcess, _ external: ExternalContainer) throws(Failure) {
    if process.command != nil { throw Failure(.wrongState, step: "being deleted", detail: process.name) }
    do throws(StepFailure) { try run(.delete, of: process, external.delete) } catch { throw error.failure }
  }

  private func finishDelete(_ process: SupervisedProcess, _ status: ExitStatus) {
    guard case .external(_, let external) = process.role, let address = process.deletion else { return }
    process.deletion = nil
    if status != .exited(0) && !process.isAbandoned {
      // It is still there, and can be asked for again.
      return reply(address, .failure(Failure(.step, step: "delete by command", detail: "\(status)")))
    }
    lx_umount2(external.root.mountPoint, Int32(LX_UMOUNT_DETACH))
    if let failure = process.failure {
      discard(process)
      return reply(address, .failure(failure))
    }
    // A failure to remove is told; the agent tries again.
    do throws(Failure) { try forgetEnded(process, address) } catch { reply(address, .failure(error)) }
  }

  // MARK: Orphans

  /// Reaps what command lines left behind, but never a process that a pidfd follows, nor while a command runs whose
  /// container's first process is not known yet.
  func reapOrphans() {
    guard let signals = childSignals?.raw else { return }
    var ignored = [UInt8](repeating: 0, count: 128)
    // The signal is known; only its queue entry is emptied.
    _ = read(signals, &ignored, ignored.count)
    reapUnfollowed()
  }

  /// Reaps ended children that no pidfd follows, up to the first one that is followed.
  func reapUnfollowed() {
    while true {
      let pid = lx_ended_child()
      let isFollowed = processes.values.contains { process in
        process.pid == pid || process.command?.pid == pid || process.command?.kind == .create
      }
      if pid <= 0 || isFollowed { return }
      waitpid(pid, nil, WNOHANG)
    }
  }
}
