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
    let stat = try readKernelFile(AT_FDCWD, "/proc/\(pid)/stat", limit: 4096)
    guard let startTime = Self.startTime(inStat: stat) else { throw SyscallError("/proc/\(pid)/stat", EINVAL) }
    self.init(pid: pid, startTime: startTime)
  }

  /// Whether that very process still exists.
  public var isAlive: Bool {
    // A process that cannot be read is gone.
    (try? ProcessIdentity(of: pid)) == self
  }

  /// The command's name is chosen by the process and may hold blanks, parentheses and newlines: fields count from the
  /// last closing parenthesis (proc_pid_stat(5)).
  static func startTime(inStat stat: String) -> UInt64? {
    guard let end = stat.lastIndex(of: ")") else { return nil }
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    return fields.count > 19 ? UInt64(fields[19]) : nil
  }
}
