import Glibc
import Linux
import PodEngine

/// Reads a container's log file from its beginning, through rotations, as far as it has been written.
///
/// The supervisor renames `0.log` to `0.log.1`, that one to `0.log.2` and so on; the file that is read is recognised by
/// its inode, so that no rotation between two reads loses or repeats a line.
struct LogReader {
  /// A line that comes in more parts than this is handed out in pieces.
  static let longestLine = 1 << 20

  private let directory: String
  private let name: String
  private var file: SharedFD?
  /// Bytes of whole records taken from the present file.
  private var taken: Int64 = 0
  private var joined: [Bool: [UInt8]] = [:]

  /// A reader of the file at `path`, which need not exist yet.
  init(path: String) {
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    directory = String(path[..<slash])
    name = String(path[path.index(after: slash)...])
  }

  /// Hands out every line that is complete by now, in the order of the file.
  mutating func read(_ emit: (LogLine) -> Void) throws(SyscallError) {
    if file == nil { file = try openOldest() }
    while let present = file {
      try drain(present, emit)
      guard let next = try successor(of: present) else { return }
      // What was written between the last read and the rename.
      try drain(present, emit)
      file = next
      taken = 0
    }
  }

  /// Hands out what was written without an end of line; for when nothing more will come.
  mutating func finish(_ emit: (LogLine) -> Void) {
    for isError in [false, true] {
      if let rest = joined.removeValue(forKey: isError), !rest.isEmpty {
        emit(LogLine(isError: isError, text: rest))
      }
    }
  }

  private mutating func drain(_ file: SharedFD, _ emit: (LogLine) -> Void) throws(SyscallError) {
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let (raw, offset) = (file.raw, off_t(taken))
      let count = try checkCount("pread") { pread(raw, &chunk, chunk.count, offset) }
      guard let end = chunk[..<count].lastIndex(of: UInt8(ascii: "\n")) else { return }
      // A record that is being written is read again when it is whole: the supervisor may take it back.
      for line in chunk[..<end].split(separator: UInt8(ascii: "\n")) { take(line, emit) }
      taken += Int64(end + 1)
    }
  }

  private mutating func take(_ line: ArraySlice<UInt8>, _ emit: (LogLine) -> Void) {
    guard let record = LogRecord(line) else {
      return emit(LogLine(isError: true, text: Array("swiftlet: not a log record: ".utf8) + line))
    }
    var text = joined.removeValue(forKey: record.isError) ?? []
    text += record.text
    if record.isPartial && text.count < Self.longestLine {
      joined[record.isError] = text
    } else {
      emit(LogLine(isError: record.isError, text: text))
    }
  }

  /// The present file, unless rotations have happened before the first read.
  private func openOldest() throws(SyscallError) -> SharedFD? {
    var number = 0
    while try inode("\(name).\(number + 1)") != nil { number += 1 }
    return try open(number == 0 ? name : "\(name).\(number)")
  }

  /// The file that was begun after the present one; `nil` while that is the newest.
  private func successor(of present: SharedFD) throws(SyscallError) -> SharedFD? {
    var status = stat()
    try check("fstat") { fstat(present.raw, &status) }
    for _ in 0..<100 {
      guard let newest = try inode(name) else { return nil }
      if newest == status.st_ino { return nil }
      var number = 1
      while let inode = try inode("\(name).\(number)"), inode != status.st_ino { number += 1 }
      // Not among them: it was removed, and the oldest that is left is the next.
      guard let next = try open(number == 1 ? name : "\(name).\(number - 1)") else { continue }
      var found = stat()
      try check("fstat") { fstat(next.raw, &found) }
      // A rotation between looking and opening leads back to the same file.
      if found.st_ino != status.st_ino { return next }
    }
    throw SyscallError("follow rotations of the log file", EAGAIN)
  }

  private func inode(_ name: String) throws(SyscallError) -> ino_t? {
    var status = stat()
    if lstat("\(directory)/\(name)", &status) == 0 { return status.st_ino }
    let code = errno
    if code == ENOENT { return nil }
    throw SyscallError("lstat", code)
  }

  private func open(_ name: String) throws(SyscallError) -> SharedFD? {
    do throws(SyscallError) {
      return SharedFD(try openAt(AT_FDCWD, "\(directory)/\(name)", O_RDONLY | O_NOFOLLOW | O_NONBLOCK))
    } catch {
      if error.errno == ENOENT { return nil }
      throw error
    }
  }
}

/// One line that a container wrote.
struct LogLine: Hashable {
  var isError: Bool
  var text: [UInt8]
}
