import Glibc
import LaunchPlan
import Linux

/// The end of the sandbox.
extension Supervisor {
  /// Stop signals now, SIGKILL after the grace period; the loop ends when everything has. A second call can only shorten
  /// the time that is left.
  func beginEnding(graceSeconds: Int, replyTo: ReplyAddress?) {
    let deadline = Clock.monotonicNanoseconds() + Int64(clamping: graceSeconds) * 1_000_000_000
    let isFirst = ending == nil
    if let current = ending?.deadline, current <= deadline {
      ending?.replyTo = replyTo ?? ending?.replyTo
      return
    }
    ending = Ending(deadline: deadline, replyTo: replyTo ?? ending?.replyTo)
    if isFirst && graceSeconds > 0 {
      for process in processes.values { stop(process) }
    }
  }

  private func stop(_ process: SupervisedProcess) {
    switch process.state {
    case .running where !process.isSession:
      // One that has just ended needs no signal.
      if let pidfd = process.process?.raw { try? PidFD.signal(pidfd, process.stopSignal) }
    case .settingUp, .created, .starting: process.kill()
    default: break
    }
  }

  /// Milliseconds until the next deadline; -1 if there is none.
  func timeout() -> Int32 {
    let now = Clock.monotonicNanoseconds()
    var next = ending?.deadline ?? .max
    if !unreaped.isEmpty { next = min(next, now + Self.reapInterval) }
    for process in processes.values {
      if case .session(let deadline?) = process.role, !process.isOverdue { next = min(next, deadline) }
      if let end = endOfPatience(with: process) { next = min(next, end) }
      // What the disk did not take.
      if process.pump?.file.isBlocked == true { next = min(next, now + 200_000_000) }
    }
    if next == .max { return -1 }
    return Int32(clamping: max(0, (next - now + 999_999) / 1_000_000))
  }

  /// Acts on what is overdue.
  func checkDeadlines() {
    let now = Clock.monotonicNanoseconds()
    reapReleased()
    for process in processes.values {
      if let end = endOfPatience(with: process), end <= now { losePatience(with: process) }
      if case .session(let deadline?) = process.role, deadline <= now, !process.isOverdue {
        process.isOverdue = true
        process.kill()
      }
      if process.pump?.file.isBlocked == true { process.pump?.retry() }
    }
    if let deadline = ending?.deadline, deadline <= now {
      ending?.deadline = nil
      for process in processes.values where !process.hasEnded {
        process.kill()
        // A command that hangs must not keep the sandbox; one that has just ended is no loss.
        if let command = process.command?.process.raw { try? PidFD.signal(command, SIGKILL) }
      }
    }
  }

  /// Removes the cgroups and tells whoever waits once everything has ended; whether it has.
  func finishIfEnded() -> Bool {
    guard let ending, processes.values.allSatisfy({ $0.hasEnded }) else { return false }
    for process in processes.values {
      // What stays busy is left to the next command, which finds the pod's record.
      try? process.cgroup.remove()
    }
    if let address = ending.replyTo { reply(address, .done) }
    return true
  }
}
