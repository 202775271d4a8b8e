import CLinux
import Glibc
import LaunchPlan
import Linux

/// Processes that do not come to run, or do not go, because another one has stopped them or traces them (`ptrace(2)`): any
/// process may do so to those of its user in its PID namespace, a container to whatever `exec` brings into it. Nobody who
/// waits here may be kept waiting by that, and the supervisor must not spin on it.
extension Supervisor {
  /// How long a session may take to run its program, and a container once it may: less than those who ask wait for it.
  private static let startLimit: Int64 = 8_000_000_000
  /// The same for all that comes before a container may run, mounts included.
  private static let setUpLimit: Int64 = 25_000_000_000
  /// How long a process may take to go that was sent SIGKILL.
  private static let endLimit: Int64 = 2_000_000_000
  /// How often those that are held are looked at.
  static let reapInterval: Int64 = 500_000_000
  /// Sessions that were told as ended and have not gone: each holds descriptors of ours.
  private static let mostHeldSessions = 64

  /// When whoever waits for a process has waited long enough; `nil` if nobody does, or if it may take what it takes.
  func endOfPatience(with process: SupervisedProcess) -> Int64? {
    // A command line of an OCI runtime has its own pace.
    if process.command != nil { return nil }
    switch process.state {
    case .settingUp: return process.awaitedSince + (process.isSession ? Self.startLimit : Self.setUpLimit)
    case .starting: return process.awaitedSince + Self.startLimit
    case .running, .draining:
      if process.isToldEarly || !(process.isSession || process.refusal != nil) { return nil }
      return process.killedAt.map { $0 + Self.endLimit }
    case .created, .ended: return nil
    }
  }

  /// Ends what does not come to run; tells of what does not go.
  func losePatience(with process: SupervisedProcess) {
    switch process.state {
    case .settingUp(let address): giveUp(process, address)
    case .starting(let address): giveUp(process, address)
    case .running: tellEarly(process, .signaled(SIGKILL))
    case .draining(let status): tellEarly(process, status)
    case .created, .ended: break
    }
  }

  private func giveUp(_ process: SupervisedProcess, _ address: ReplyAddress) {
    let reason = "it did not come so far in time: another process has stopped it, or a filesystem does not answer"
    let step = process.isSession ? "set up the process" : "set up the container"
    process.refusal = (address, Failure(.step, step: step, errno: ETIMEDOUT, detail: reason))
    process.state = .running
    process.isAbandoned = true
    process.kill()
  }

  /// SIGKILL was sent, and whatever keeps the process is none of the waiting one's business. It is followed as before.
  private func tellEarly(_ process: SupervisedProcess, _ status: ExitStatus) {
    process.isToldEarly = true
    if let refusal = process.refusal {
      process.refusal = nil
      return reply(refusal.address, .failure(refusal.failure))
    }
    announce(process.end(status))
  }

  func refuseWhileManyAreHeld() throws(Failure) {
    if processes.values.count(where: \.isToldEarly) < Self.mostHeldSessions { return }
    let reason = "\(Self.mostHeldSessions) that were ended do not go, because another process of the pod traces them"
    throw Failure(.step, step: "start another process", errno: EAGAIN, detail: reason)
  }

  // MARK: Zombies that somebody holds

  /// How a child ended that `wait(2)` does not tell us of, because it is first told to whoever traces it, and that one need
  /// never listen. `nil` if it has not ended.
  func heldEnd(of process: SupervisedProcess) -> ExitStatus? {
    // It cannot be somebody else's number: it is ours until we reap it. What cannot be read says nothing.
    guard let stat = try? ProcessStat(of: process.pid), stat.activity == .zombie else { return nil }
    if let held = process.process.take() { unreaped.append(SharedFD(held)) }
    // To whoever may not trace it the kernel shows 0 as well: then nothing is known, which is no success.
    let mayTrace = lx_prctl(Int32(LX_PR_CAPBSET_READ), UInt(LX_CAP_SYS_PTRACE), 0, 0, 0) == 1
    return stat.waitStatus != 0 || mayTrace ? ExitStatus(waitStatus: stat.waitStatus) : .signaled(SIGKILL)
  }

  /// Reaps those that were let go. Their pidfds are readable all the time, so that there is nothing to wait for.
  func reapReleased() {
    unreaped.removeAll { process in
      do throws(SyscallError) { return try PidFD.reap(process.raw) != nil } catch { return error.errno == ECHILD }
    }
  }
}
