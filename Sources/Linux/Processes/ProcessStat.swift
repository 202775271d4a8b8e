import Glibc

/// What `/proc/<pid>/stat` says of a process (`proc_pid_stat(5)`).
public struct ProcessStat: Hashable, Sendable {
  /// What it is doing.
  public enum Activity: Hashable, Sendable {
    /// It has ended, and its parent or whoever traces it has not been told yet.
    case zombie
    /// A signal or whoever traces it has stopped it.
    case stopped
    /// Anything else.
    case other
  }

  /// What it is doing.
  public let activity: Activity
  /// Clock ticks after boot (field 22).
  public let startTime: UInt64
  /// How a zombie ended, as `wait(2)` encodes it (field 52). The kernel shows 0 to whoever may not trace the process.
  public let waitStatus: Int32

  /// Reads a process's. Throws ENOENT or ESRCH for one that is gone.
  public init(of pid: Int32) throws(SyscallError) {
    let text = try readKernelFile(AT_FDCWD, "/proc/\(pid)/stat", limit: 4096)
    guard let stat = ProcessStat(parsing: text) else { throw SyscallError("/proc/\(pid)/stat", EINVAL) }
    self = stat
  }

  /// Reads a line. The command's name is chosen by the process and may hold blanks, parentheses and newlines: fields count
  /// from the last closing parenthesis.
  init?(parsing text: String) {
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split { $0 == " " || $0 == "\n" }
    guard fields.count > 49, let startTime = UInt64(fields[19]), let status = Int32(fields[49]) else { return nil }
    activity =
      switch fields[0] {
      case "Z", "X": .zombie
      case "T", "t": .stopped
      default: .other
      }
    self.startTime = startTime
    waitStatus = status
  }
}
