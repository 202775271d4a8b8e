import CLinux
import Glibc
import Linux

/// A container's log file, rotated by the one that writes it, so that no reader's poll decides how large it gets.
///
/// Rotated files are called `0.log.1` (the newest), `0.log.2` and so on.
final class LogFile {
  private let directory: OwnedFD
  private let name: String
  private let largest: Int
  private let files: Int
  private var file: OwnedFD
  private var size: Int
  /// Records that could not be written yet.
  private var waiting: [UInt8] = []

  /// Opens `path` below the log directory, making its directory. A link in the way is an error (CVE-2026-53489).
  init(_ logDirectory: Int32, path: String, largest: Int, files: Int) throws(SyscallError) {
    let parent = FilePath.directory(of: "/" + path)
    name = FilePath.name(of: path)
    let above = try openBeneath(logDirectory, ".", O_RDONLY | O_DIRECTORY)
    if parent != "/" { try ensureDirectory(above.raw, String(parent.dropFirst()), mode: 0o750) }
    directory = try openBeneath(
      logDirectory,
      parent == "/" ? "." : String(parent.dropFirst()),
      O_RDONLY | O_DIRECTORY | O_NOFOLLOW
    )
    self.largest = max(largest, LogLines.longest)
    self.files = max(files, 1)
    file = try Self.open(directory.raw, name)
    size = try Self.size(of: file.raw)
  }

  private static func open(_ directory: Int32, _ name: String) throws(SyscallError) -> OwnedFD {
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK
    return try openBeneath(directory, name, flags, mode: 0o640)
  }

  private static func size(of file: Int32) throws(SyscallError) -> Int {
    var status = stat()
    try check("fstat") { fstat(file, &status) }
    if status.st_mode & S_IFMT != S_IFREG { throw SyscallError("log file", EINVAL) }
    return status.st_size
  }

  /// Whether records wait for room on the disk; nothing more is read from the container then.
  var isBlocked: Bool { !waiting.isEmpty }

  /// Appends whole records. What the disk does not take stays and is tried again with the next call, so that no record
  /// is lost or torn.
  func append(_ records: [UInt8]) {
    waiting.append(contentsOf: records)
    if waiting.isEmpty { return }
    do throws(SyscallError) {
      if size > 0 && size + waiting.count > largest { try rotate() }
      try writeAll(file.raw, waiting)
      size += waiting.count
      waiting.removeAll()
    } catch {
      // Part of a record may be there: back to the last whole one.
      ftruncate(file.raw, off_t(size))
    }
  }

  private func rotate() throws(SyscallError) {
    let raw = directory.raw
    var status = stat()
    if fstatat(raw, name, &status, Int32(LX_AT_SYMLINK_NOFOLLOW)) != 0 {
      // Taken away by somebody, or by a rotation that failed before it could make a new one.
      if errno != ENOENT { throw SyscallError("fstatat", errno) }
    } else if files > 1 {
      for number in stride(from: files - 2, through: 1, by: -1) {
        // A missing older file is no error.
        renameat(raw, "\(name).\(number)", raw, "\(name).\(number + 1)")
      }
      try check("renameat") { renameat(raw, name, raw, "\(name).1") }
    } else {
      try check("unlinkat") { unlinkat(raw, name, 0) }
    }
    file = try Self.open(raw, name)
    size = 0
  }
}
