import CLinux
import Glibc
import Linux

/// Adds up what a directory tree takes of its disk, some entries at a time: whatever the tree has become meanwhile, it
/// needs little memory, few descriptors and bounded work for each call.
///
/// Everything goes by descriptors that never follow a link and never enter another mount, so that who may write to the
/// tree can hide part of it for a while, and lead nobody out of it. Blocks count, as for `du`: a sparse file is as large as
/// what was written to it. A file with several names is shared out among them, which gives its size where all are found.
public struct TreeUsage: Sendable {
  /// Directories that stay open at each end of the way down; those between are opened again on the way back.
  private static let openAtEnds = 32
  /// The greatest depth that is looked at. No path leads there, and each level costs whoever makes it a block.
  private static let deepest = 1 << 16

  private struct Level: Sendable {
    /// Nil while it is not at an end of the way down.
    var descriptor: SharedFD?
    var inode: UInt64
    /// Where reading goes on.
    var next: Int64 = 0
    var batch = DirectoryBatch()
  }

  /// What was found so far.
  public private(set) var bytes: Int64 = 0
  /// Whether nothing was left out so far.
  public private(set) var isComplete = true

  private let device: UInt64
  private var levels: [Level] = []

  /// Begins with the directory of a descriptor.
  public init(of directory: Int32) throws(SyscallError) {
    let root = try openAt(directory, ".", O_RDONLY | O_DIRECTORY)
    let status = try Self.status(root.raw)
    device = UInt64(status.st_dev)
    bytes = Self.share(of: status)
    levels = [Level(descriptor: SharedFD(root), inode: UInt64(status.st_ino))]
  }

  /// Looks at so many entries; `true` when there are no more.
  public mutating func advance(entries: Int) throws(SyscallError) -> Bool {
    for _ in 0..<entries {
      guard let level = levels.last, let directory = level.descriptor else { return true }
      if let entry = try levels[levels.count - 1].batch.next(of: directory.raw) {
        levels[levels.count - 1].next = entry.next
        try count(entry.name, in: directory.raw)
      } else {
        try ascend()
      }
    }
    return levels.isEmpty
  }

  private mutating func count(_ name: [CChar], in directory: Int32) throws(SyscallError) {
    var status = stat()
    do throws(SyscallError) { try check("fstatat") { fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) } } catch {
      // It has gone meanwhile.
      if error.errno == ENOENT { return }
      throw error
    }
    if UInt64(status.st_dev) != device { return }
    bytes += Self.share(of: status)
    if status.st_mode & S_IFMT == S_IFDIR { try descend(name, in: directory) }
  }

  private mutating func descend(_ name: [CChar], in directory: Int32) throws(SyscallError) {
    if levels.count >= Self.deepest {
      isComplete = false
      return
    }
    let opened: OwnedFD
    do throws(SyscallError) {
      let flags = UInt64(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      let confined = UInt64(LX_RESOLVE_BENEATH) | UInt64(LX_RESOLVE_NO_SYMLINKS) | UInt64(LX_RESOLVE_NO_XDEV)
      opened = OwnedFD(try check("openat2") { lx_openat2(directory, name, flags, 0, confined) })
    } catch {
      // It has gone, something else has taken its place, or something is mounted there.
      if [ENOENT, ENOTDIR, ELOOP, EXDEV, EAGAIN].contains(error.errno) { return }
      throw error
    }
    let status = try Self.status(opened.raw)
    if UInt64(status.st_dev) != device { return }
    levels.append(Level(descriptor: SharedFD(opened), inode: UInt64(status.st_ino)))
    let passed = levels.count - 1 - Self.openAtEnds
    if passed >= Self.openAtEnds {
      levels[passed].descriptor = nil
      levels[passed].batch.clear()
    }
  }

  /// Back to where the directory above was left. Where somebody has moved the one below, the way back leads elsewhere: then
  /// what lies between here and the nearest directory that is still open is left out.
  private mutating func ascend() throws(SyscallError) {
    guard let left = levels.popLast(), let above = levels.last, above.descriptor == nil else { return }
    if let below = left.descriptor {
      let parent = try openAt(below.raw, "..", O_RDONLY | O_DIRECTORY)
      let status = try Self.status(parent.raw)
      if UInt64(status.st_dev) == device, UInt64(status.st_ino) == above.inode {
        if lseek(parent.raw, off_t(above.next), SEEK_SET) < 0 { throw SyscallError("lseek", errno) }
        levels[levels.count - 1].descriptor = SharedFD(parent)
        return
      }
    }
    isComplete = false
    while let level = levels.last, level.descriptor == nil { levels.removeLast() }
  }

  private static func status(_ descriptor: Int32) throws(SyscallError) -> stat {
    var status = stat()
    try check("fstat") { fstat(descriptor, &status) }
    return status
  }

  private static func share(of status: stat) -> Int64 {
    let bytes = Int64(status.st_blocks) * 512
    if status.st_mode & S_IFMT == S_IFDIR { return bytes }
    return bytes / max(1, Int64(status.st_nlink))
  }
}
