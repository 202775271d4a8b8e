import CLinux
import Glibc

/// Some entries of a directory at a time, with the place after each of them: whoever has closed the directory meanwhile
/// can open it again and go on from there (`getdents64(2)`).
public struct DirectoryBatch: Sendable {
  /// One entry.
  public struct Entry: Sendable {
    /// Its exact name with a NUL at its end.
    public var name: [CChar]
    /// What `lseek(2)` takes to go on after it.
    public var next: Int64

    /// `.` or `..`
    fileprivate var isDot: Bool { name.count <= 3 && name.dropLast().allSatisfy { $0 == 0x2E } }
  }

  private static let size = 4096
  private var buffer: [UInt8] = []
  private var position = 0

  /// Starts empty.
  public init() {}

  /// Forgets what was read and not given out.
  public mutating func clear() {
    buffer = []
    position = 0
  }

  /// The next entry but `.` and `..`, read from the directory where none is left; nil at its end.
  public mutating func next(of directory: Int32) throws(SyscallError) -> Entry? {
    while true {
      if position >= buffer.count {
        var fresh = [UInt8](repeating: 0, count: Self.size)
        let count = try checkCount("getdents64") { lx_getdents(directory, &fresh, fresh.count) }
        if count == 0 { return nil }
        buffer = Array(fresh.prefix(count))
        position = 0
      }
      let entry = try take()
      if !entry.isDot { return entry }
    }
  }

  /// `struct linux_dirent64`: eight bytes of inode, eight of offset, two of length, one of type, then the name.
  private mutating func take() throws(SyscallError) -> Entry {
    let record = buffer[position...]
    guard record.count > 19 else { throw SyscallError("getdents64", EBADMSG) }
    let start = record.startIndex
    let length = Int(record[start + 16]) | Int(record[start + 17]) << 8
    guard length > 19, length <= record.count else { throw SyscallError("getdents64", EBADMSG) }
    var next: UInt64 = 0
    for index in (start + 8..<start + 16).reversed() { next = next << 8 | UInt64(record[index]) }
    let name = record[(start + 19)..<(start + length)].prefix { $0 != 0 }
    position += length
    return Entry(name: name.map { CChar(bitPattern: $0) } + [0], next: Int64(bitPattern: next))
  }
}
