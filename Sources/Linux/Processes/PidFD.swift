import CLinux
import Glibc

/// How a process ended.
public enum ExitStatus: Hashable, Sendable {
  /// `_exit(2)` with this code.
  case exited(Int32)
  /// Ended by this signal.
  case signaled(Int32)

  /// Reads a status as `wait(2)` encodes it.
  public init(waitStatus: Int32) {
    let signal = waitStatus & 0x7f
    self = signal == 0 ? .exited((waitStatus >> 8) & 0xff) : .signaled(signal)
  }
}

/// A reference to one process that never comes to mean another one (`pidfd_open(2)`).
public enum PidFD {
  /// Opens one. Throws ESRCH for a process that is gone.
  public static func open(_ pid: Int32) throws(SyscallError) -> OwnedFD {
    OwnedFD(try check("pidfd_open") { lx_pidfd_open(pid) })
  }

  /// Sends a signal; one that is gone already is no error.
  public static func signal(_ pidfd: Int32, _ signal: Int32) throws(SyscallError) {
    do throws(SyscallError) { try check("pidfd_send_signal") { lx_pidfd_send_signal(pidfd, signal) } } catch {
      if error.errno != ESRCH { throw error }
    }
  }

  /// Reaps a child if it has ended; `nil` while it runs. Throws ECHILD for what is no child.
  public static func reap(_ pidfd: Int32) throws(SyscallError) -> ExitStatus? {
    var kind: Int32 = 0
    var code: Int32 = 0
    if try check("waitid", { lx_wait_pidfd(pidfd, &kind, &code) }) == 0 { return nil }
    return kind == Int32(LX_WAIT_EXITED) ? .exited(code) : .signaled(code)
  }

  /// The exit of a process that somebody else reaped. Throws where the kernel does not keep it (before Linux 6.15).
  public static func recordedExit(_ pidfd: Int32) throws(SyscallError) -> ExitStatus {
    var status: Int32 = 0
    try check("ioctl(PIDFD_GET_INFO)") { lx_pidfd_exit_status(pidfd, &status) }
    return ExitStatus(waitStatus: status)
  }

  /// Waits until the process has ended, at most `milliseconds` (-1: for ever); whether it has.
  public static func waitForEnd(_ pidfd: Int32, milliseconds: Int32) throws(SyscallError) -> Bool {
    var entry = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
    return try check("poll") { poll(&entry, 1, milliseconds) } > 0
  }
}
