import CLinux
import Glibc

/// Open file description locks (`fcntl(2)`): they belong to the open file, so a child or a peer that was given the
/// descriptor holds the lock too, and closing some other descriptor of the file does not lose it.
public enum FileLock {
  /// Whether others may hold it at the same time.
  public enum Kind: Sendable { case shared, exclusive }

  /// Takes the lock if nobody else has it; `false` if somebody has.
  public static func tryLock(_ file: Int32, _ kind: Kind) throws(SyscallError) -> Bool {
    do throws(SyscallError) {
      try check("fcntl(F_OFD_SETLK)") { lx_ofd_lock(file, kind == .exclusive ? 1 : 0, 0) }
      return true
    } catch {
      if error.errno == EAGAIN || error.errno == EACCES { return false }
      throw error
    }
  }

  /// Waits for the lock. Blocks the calling thread.
  public static func lock(_ file: Int32, _ kind: Kind) throws(SyscallError) {
    try check("fcntl(F_OFD_SETLKW)") { lx_ofd_lock(file, kind == .exclusive ? 1 : 0, 1) }
  }

  /// Gives the lock up before the file is closed.
  public static func unlock(_ file: Int32) throws(SyscallError) {
    try check("fcntl(F_OFD_SETLK)") { lx_ofd_unlock(file) }
  }

  /// Whether another open file description holds it.
  public static func isHeld(_ file: Int32) throws(SyscallError) -> Bool {
    try check("fcntl(F_OFD_GETLK)") { lx_ofd_is_locked(file) } == 1
  }
}
