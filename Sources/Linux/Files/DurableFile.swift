import CLinux
import Glibc

/// Whether a file must survive a power cut.
public enum Durability: Sendable {
  /// File and directory are synced before the call returns.
  case synced
  /// It only has to survive the death of this process: records below the run directory.
  case untilReboot
}

/// Replaces a file as a whole: written beside it, then renamed over it, so that a reader sees the old or the new content.
public func replaceFile(
  in directory: Int32,
  named name: String,
  with bytes: [UInt8],
  durability: Durability,
  mode: mode_t = 0o600
) throws(SyscallError) {
  let aside = ".\(name).\(getpid()).\(uniqueNumber())"
  let file = try openAt(directory, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
  do throws(SyscallError) {
    let raw = file.raw
    try writeAll(raw, bytes)
    if durability == .synced { try check("fsync") { fsync(raw) } }
    try check("renameat") { renameat(directory, aside, directory, name) }
  } catch {
    unlinkat(directory, aside, 0)
    throw error
  }
  if durability == .synced { try syncDirectory(directory) }
}

/// Makes renames and new names in a directory survive a power cut.
public func syncDirectory(_ directory: Int32) throws(SyscallError) {
  try check("fsync(directory)") { fsync(directory) }
}

/// A regular file's content, opened without following a link and without waiting (a FIFO must not hang the caller,
/// CVE-2024-9676). Throws EFBIG beyond `limit` bytes, EINVAL for what is no regular file.
public func readRegularFile(_ directory: Int32 = AT_FDCWD, _ name: String, limit: Int) throws(SyscallError) -> [UInt8] {
  let file = try openAt(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  return try readRegularFile(file, limit: limit)
}

/// The same for a file that is open.
public func readRegularFile(_ file: borrowing OwnedFD, limit: Int) throws(SyscallError) -> [UInt8] {
  let raw = file.raw
  var status = stat()
  try check("fstat") { fstat(raw, &status) }
  if status.st_mode & S_IFMT != S_IFREG { throw SyscallError("read", EINVAL) }
  return try readAll(raw, limit: limit)
}

/// A small file of `/proc`, `/sys` or a cgroup as text, without the newline at its end.
public func readKernelFile(
  _ directory: Int32 = AT_FDCWD,
  _ name: String,
  limit: Int = 1 << 20
) throws(SyscallError) -> String {
  let file = try openAt(directory, name, O_RDONLY)
  let bytes = try readAll(file.raw, limit: limit)
  return String(decoding: bytes.last == 0x0A ? bytes.dropLast() : bytes[...], as: UTF8.self)
}

/// Writes a value to a file of the kernel's in one `write(2)`, which is what its parsers expect.
public func writeKernelFile(_ directory: Int32 = AT_FDCWD, _ name: String, _ value: String) throws(SyscallError) {
  let file = try openAt(directory, name, O_WRONLY)
  let raw = file.raw
  let bytes = Array(value.utf8)
  let count = try checkCount("write") { write(raw, bytes, bytes.count) }
  if count != bytes.count { throw SyscallError("write", EIO) }
}

func uniqueNumber() -> UInt32 {
  var generator = SystemRandomNumberGenerator()
  return generator.next()
}
