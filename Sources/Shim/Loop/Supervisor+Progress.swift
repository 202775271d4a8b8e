import CLinux
import Glibc
import LaunchPlan
import Linux

/// What happens to processes by themselves.
extension Supervisor {
  /// Reads what a child says on its way to `execve`.
  func readStatus(_ process: SupervisedProcess) {
    guard let status = process.status?.raw else { return }
    let bytes: [UInt8]
    // A pipe of our own that cannot be read is as good as ended.
    do throws(SyscallError) { bytes = try readSome(status, capacity: ChildStatus.limit) } catch { bytes = [] }
    if bytes.isEmpty { return statusEnded(process) }
    if case .settingUp(let address) = process.state, bytes == [ChildStatus.ready] {
      process.milestones.append(Clock.monotonicNanoseconds())
      process.state = .created
      replyProcess(process, address, roles: [.pidfd], descriptors: [process.process?.raw ?? -1])
    } else if process.said.count < ChildStatus.limit {
      process.said.append(contentsOf: bytes)
    }
  }

  /// End of file: the program runs, or the child is dead.
  private func statusEnded(_ process: SupervisedProcess) {
    process.status = nil
    switch process.state {
    case .starting(let address):
      if process.said.isEmpty { return began(process, address) }
      process.refusal = (address, ChildStatus.failure(process.said))
    case .settingUp(let address):
      if process.said.isEmpty && process.isSession { return began(process, address) }
      process.refusal = (address, failure(of: process))
    default: return
    }
    // It has told why and ends by itself; its cgroup makes sure of it.
    process.state = .running
    process.kill()
    process.isAbandoned = true
  }

  /// A child that died without a word was ended by somebody else, the kernel's OOM killer for instance.
  private func failure(of process: SupervisedProcess) -> Failure {
    if !process.said.isEmpty { return ChildStatus.failure(process.said) }
    let reason = process.cgroup.countedOOMKill() ? "the memory limit is too small to start it" : "it was killed"
    return Failure(.step, step: "set up the container", detail: reason)
  }

  func began(_ process: SupervisedProcess, _ address: ReplyAddress) {
    process.state = .running
    process.startedAt = EventTime.now()
    process.milestones.append(Clock.monotonicNanoseconds())
    guard process.isSession else { return replyProcess(process, address, roles: [], descriptors: []) }
    let ends = process.streams
    process.streams = nil
    var roles: [ShimReply.DescriptorRole] = []
    var given: [Int32] = []
    for (role, descriptor) in [
      (ShimReply.DescriptorRole.input, ends?.takeInput()?.release()), (.output, ends?.takeOutput()?.release()),
      (.errorOutput, ends?.takeError()?.release()), (.terminal, ends?.takeTerminal()?.release()),
    ] {
      guard let descriptor else { continue }
      roles.append(role)
      given.append(descriptor)
    }
    replyProcess(process, address, roles: roles, descriptors: given)
    for descriptor in given { close(descriptor) }
  }

  func replyProcess(
    _ process: SupervisedProcess,
    _ address: ReplyAddress,
    roles: [ShimReply.DescriptorRole],
    descriptors: [Int32]
  ) {
    reply(
      address,
      .process(pid: process.pid, startedAt: process.startedAt, launch: process.launchTime, descriptors: roles),
      descriptors: descriptors
    )
  }

  /// The first process has ended: what it left in its cgroup goes too.
  func reap(_ process: SupervisedProcess) {
    // What it still had to say about its start comes first.
    if process.status != nil { drainStatus(process) }
    guard let pidfd = process.process?.raw else { return }
    do throws(SyscallError) {
      guard let status = try PidFD.reap(pidfd) ?? heldEnd(of: process) else { return }
      process.state = .draining(status)
    } catch {
      // Tried again: a child that is not reaped keeps its PID namespace, and with it the container's first process, from
      // ending. ECHILD says that somebody else reaped it, which only a debugger can bring about: its status is lost.
      process.failedReaps += 1
      if error.errno != ECHILD && process.failedReaps < 100 { return }
      process.state = .draining(.signaled(SIGKILL))
    }
    process.kill()
    finishIfDrained(process)
  }

  private func drainStatus(_ process: SupervisedProcess) {
    while process.status != nil { readStatus(process) }
  }

  /// Once nobody is left in the cgroup every byte that was written is in the pipes.
  func finishIfDrained(_ process: SupervisedProcess) {
    guard case .draining(let status) = process.state, !process.cgroup.isPopulated() else { return }
    process.pump?.finish()
    let end = process.end(status)
    process.state = .ended(end)
    process.process = nil
    process.permission = nil
    process.input = nil
    if process.isSession || process.isAbandoned && process.failure == nil {
      discard(process)
      if let refusal = process.refusal { reply(refusal.address, .failure(refusal.failure)) }
      if process.isSession && !process.isAbandoned && !process.isToldEarly { announce(end) }
    } else if let address = process.deletion {
      // A failure to remove is told; the agent tries again.
      do throws(Failure) { try remove(process, address) } catch { reply(address, .failure(process.failure ?? error)) }
    } else {
      record(end)
      announce(end)
    }
  }

  private func record(_ end: ProcessEnd) {
    guard let exits = exitsDirectory else { return }
    let record = SealedRecord.seal(end.serialized(), as: ProcessEnd.recordPurpose(end.name))
    // The run directory may be full: the answer to `state` still has it.
    try? replaceFile(in: exits, named: end.name, with: record, durability: .untilReboot)
  }

  private var exitsDirectory: Int32? {
    switch sandbox {
    case .some(let sandbox): sandbox.exits.raw
    case .none: nil
    }
  }

  /// Forgets an ended container and removes its cgroup; one of an OCI runtime is first deleted by that.
  func remove(_ process: SupervisedProcess, _ address: ReplyAddress) throws(Failure) {
    if case .external(_, let external) = process.role { return try deleteExternal(process, external) }
    try forgetEnded(process, address)
  }

  /// The same without the OCI runtime.
  func forgetEnded(_ process: SupervisedProcess, _ address: ReplyAddress) throws(Failure) {
    do throws(SyscallError) { try process.cgroup.remove() } catch {
      throw Failure(.step, step: "remove the cgroup", errno: error.errno, detail: process.name)
    }
    forget(process)
    if let exits = exitsDirectory { unlinkat(exits, process.name, 0) }
    reply(address, .done)
  }

  func discard(_ process: SupervisedProcess) {
    // Left to the removal of the container above it if something keeps it busy.
    try? process.cgroup.remove()
    forget(process)
  }

  private func forget(_ process: SupervisedProcess) {
    held[process.name] = nil
    processes[process.name] = nil
    order.removeAll { $0 == process.name }
  }

  var podDirectory: Int32? {
    switch sandbox {
    case .some(let sandbox): sandbox.podDirectory.raw
    case .none: nil
    }
  }
}

extension ExitStatus {
  /// Exit code or signal.
  var number: Int32 {
    switch self {
    case .exited(let code), .signaled(let code): code
    }
  }

  /// Whether `number` is a signal.
  var isSignal: Bool { if case .signaled = self { true } else { false } }
}
