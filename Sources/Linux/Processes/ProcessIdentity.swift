import Glibc

/// A process beyond reuse of its number: the number and when it started.
public struct ProcessIdentity: Hashable, Sendable {
  /// The process id.
  public let pid: Int32
  /// Clock ticks after boot (field 22 of `/proc/<pid>/stat`).
  public let startTime: UInt64

  /// Makes an identity.
  public init(pid: Int32, startTime: UInt64) {
    self.pid = pid
    self.startTime = startTime
  }

  /// Reads a running process's. Throws ENOENT or ESRCH for one that is gone.
  public init(of pid: Int32) throws(SyscallError) {
    self.init(pid: pid, startTime: try ProcessStat(of: pid).startTime)
  }

  /// Whether that very process still exists.
  public var isAlive: Bool {
    // A process that cannot be read is gone.
    (try? ProcessIdentity(of: pid)) == self
  }
}
