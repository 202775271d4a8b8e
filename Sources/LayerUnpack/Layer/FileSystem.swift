import CLinux
import Glibc
import Linux
import UnpackPlan

/// System calls on byte-exact names relative to a directory; none of them follows the name itself.
enum FileSystem {
  /// Runs a call whose failure is the file system's.
  @discardableResult
  static func attempt<Value: ~Copyable>(
    _ body: () throws(SyscallError) -> Value
  ) throws(UnpackFailure) -> Value {
    do throws(SyscallError) {
      return try body()
    } catch {
      throw UnpackFailure(error)
    }
  }

  /// What a name stands for; nil when there is nothing.
  static func status(_ directory: Int32, _ name: [CChar]) throws(UnpackFailure) -> stat? {
    var status = stat()
    do throws(SyscallError) {
      try check("fstatat") { fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) }
      return status
    } catch {
      if error.errno == ENOENT { return nil }
      throw UnpackFailure(error)
    }
  }

  /// Opens one name as it is, a symbolic link included; nil when there is nothing.
  static func openPath(_ directory: Int32, _ name: [CChar]) throws(UnpackFailure) -> OwnedFD? {
    do throws(SyscallError) {
      return try open(directory, name, openPathOnly | O_NOFOLLOW)
    } catch {
      if error.errno == ENOENT { return nil }
      throw UnpackFailure(error)
    }
  }

  /// Opens a path that must not leave the directory, pass a symbolic link or enter another mount.
  static func open(
    _ directory: Int32,
    _ path: [CChar],
    _ flags: Int32,
    mode: UInt64 = 0
  ) throws(SyscallError) -> OwnedFD {
    let resolve = UInt64(LX_RESOLVE_BENEATH | LX_RESOLVE_NO_SYMLINKS | LX_RESOLVE_NO_XDEV | LX_RESOLVE_NO_MAGICLINKS)
    return OwnedFD(
      try check("openat2") { lx_openat2(directory, path, UInt64(bitPattern: Int64(flags)), mode, resolve) }
    )
  }

  /// The target of a symbolic link that is open.
  static func readLink(_ link: Int32) throws(UnpackFailure) -> [UInt8] {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = try attempt { () throws(SyscallError) in
      try checkCount("readlinkat") { readlinkat(link, "", &buffer, buffer.count) }
    }
    return buffer[..<count].map { UInt8(truncatingIfNeeded: $0) }
  }

  /// Whether it is what overlayfs takes for a whiteout: a character device 0:0.
  static func isWhiteout(_ status: stat) -> Bool { status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == 0 }
}

extension UnpackFailure {
  /// What the file system refused. That it is full is nobody's fault but the disk's.
  init(_ error: SyscallError, about subject: String = "") {
    let isFull = error.errno == ENOSPC || error.errno == EDQUOT
    self.init(isFull ? .diskFull : .fileSystem, subject.isEmpty ? error.description : "\(subject): \(error)")
  }
}
