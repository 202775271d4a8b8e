import CArchive
import Glibc
import UnpackPlan

/// One entry of an archive, valid until the next one is read. Names are bytes: UTF-8 is usual, not certain.
struct ArchiveEntry {
  /// What an entry makes.
  enum Kind {
    case directory, file
    case symbolicLink(target: [UInt8])
    case hardLink(target: [UInt8])
    case node(type: mode_t)
    case unknown
  }

  private let header: OpaquePointer
  private let reader: ArchiveReader
  private let tar: OpaquePointer

  init(header: OpaquePointer, reader: ArchiveReader, tar: OpaquePointer) {
    self.header = header
    self.reader = reader
    self.tar = tar
  }

  /// The name as the archive has it.
  var name: [UInt8]? { bytes(archive_entry_pathname(header)) }

  /// The name for messages.
  var displayName: String { String(decoding: (name ?? []).prefix(200), as: UTF8.self) }

  var kind: Kind {
    if let target = bytes(archive_entry_hardlink(header)) { return .hardLink(target: target) }
    switch mode_t(archive_entry_filetype(header)) {
    case S_IFDIR: return .directory
    case S_IFREG: return .file
    case S_IFLNK: return .symbolicLink(target: bytes(archive_entry_symlink(header)) ?? [])
    case S_IFCHR: return .node(type: S_IFCHR)
    case S_IFBLK: return .node(type: S_IFBLK)
    case S_IFIFO: return .node(type: S_IFIFO)
    default: return .unknown
    }
  }

  /// Whether data belongs to it: a hard link may carry some in a pax archive, which is the target's own.
  var hasData: Bool {
    if case .file = kind { true } else { false }
  }

  /// The size of its data in bytes, holes included; what is negative is refused by the budget.
  var size: Int64 { Int64(archive_entry_size(header)) }

  /// Permission bits with set-user-id, set-group-id and sticky.
  var permissions: mode_t { mode_t(archive_entry_perm(header)) & 0o7777 }

  /// Owner and group; all bits set is no id but "leave as is" (`chown(2)`).
  func owner() throws(UnpackFailure) -> (user: uid_t, group: gid_t) {
    guard let user = UInt32(exactly: archive_entry_uid(header)), let group = UInt32(exactly: archive_entry_gid(header)),
      user != UInt32.max, group != UInt32.max
    else { throw UnpackFailure(.archive, "owner or group is not between 0 and 4294967294") }
    return (user, group)
  }

  /// Access and modification time; without an access time both are the modification time.
  var times: [timespec] {
    let modified = Self.time(archive_entry_mtime(header), archive_entry_mtime_nsec(header))
    guard archive_entry_atime_is_set(header) != 0 else { return [modified, modified] }
    return [Self.time(archive_entry_atime(header), archive_entry_atime_nsec(header)), modified]
  }

  /// The device's number. The kernel's has 12 and 20 bits, and would silently take the lower ones of more.
  func device() throws(UnpackFailure) -> (major: UInt32, minor: UInt32) {
    let (major, minor) = (archive_entry_rdevmajor(header), archive_entry_rdevminor(header))
    guard major < 1 << 12, minor < 1 << 20 else {
      throw UnpackFailure(.invalidDevice, "device \(major):\(minor) is beyond 4095:1048575")
    }
    return (UInt32(major), UInt32(minor))
  }

  /// Its extended attributes, in the archive's order.
  func forEachAttribute(
    _ body: (UnsafePointer<CChar>, UnsafeRawBufferPointer) throws(UnpackFailure) -> Void
  ) throws(UnpackFailure) {
    archive_entry_xattr_reset(header)
    while true {
      var name: UnsafePointer<CChar>?
      var value: UnsafeRawPointer?
      var size = 0
      guard archive_entry_xattr_next(header, &name, &value, &size) == ARCHIVE_OK, let name else { return }
      try body(name, UnsafeRawBufferPointer(start: value, count: size))
    }
  }

  /// The next block of its data; nil at the end.
  func nextBlock() throws(UnpackFailure) -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
    try reader.nextBlock(tar, size: size)
  }

  private func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8]? {
    guard let text else { return nil }
    return Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
  }

  private static func time(_ seconds: time_t, _ nanoseconds: Int) -> timespec {
    timespec(tv_sec: seconds, tv_nsec: (0..<1_000_000_000).contains(nanoseconds) ? nanoseconds : 0)
  }
}

/// The moment from which times count: for what nobody gives a time.
var epoch: timespec { timespec(tv_sec: 0, tv_nsec: 0) }
