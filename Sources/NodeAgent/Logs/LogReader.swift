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
      if !next.isAdjacent { tellGap(emit) }
      file = next.file
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

  /// Whoever reads the console was slower than the container, by more than the files that are kept.
  private mutating func tellGap(_ emit: (LogLine) -> Void) {
    finish(emit)
    let text = "swiftlet: lines are missing here: the log was rotated away before they could be shown"
    emit(LogLine(isError: true, text: Array(text.utf8)))
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

  /// The file that was begun after the present one, and whether none was between them; `nil` while that is the newest.
  private func successor(of present: SharedFD) throws(SyscallError) -> (file: SharedFD, isAdjacent: Bool)? {
    var status = stat()
    try check("fstat") { fstat(present.raw, &status) }
    for attempt in 0..<100 {
      guard let newest = try inode(name) else { return nil }
      if newest == status.st_ino { return nil }
      let rotated = try rotatedFiles()
      let place = rotated.firstIndex { $0.inode == status.st_ino }
      // Looked at again first: a rotation that is under way may have moved it past us.
      if place == nil && attempt < 3 { continue }
      // Not among them: it was removed, and the oldest that is left is the next.
      let newer = place.map { rotated[..<$0] } ?? rotated[...]
      guard let next = try open(newer.last.map { "\(name).\($0.number)" } ?? name) else { continue }
      var found = stat()
      try check("fstat") { fstat(next.raw, &found) }
      // A rotation between looking and opening leads back to the same file, or past the next one.
      if found.st_ino != status.st_ino && found.st_ino == newer.last?.inode ?? newest { return (next, place != nil) }
    }
    throw SyscallError("follow rotations of the log file", EAGAIN)
  }

  /// Rotated files, the newest first. While a rotation is under way a number may be missing.
  private func rotatedFiles() throws(SyscallError) -> [(number: Int, inode: ino_t)] {
    var found: [(number: Int, inode: ino_t)] = []
    var number = 1
    while number - (found.last?.number ?? 0) <= 2 {
      if let inode = try inode("\(name).\(number)") { found.append((number, inode)) }
      number += 1
    }
    return found
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
