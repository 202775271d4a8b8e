import CExtendedAttributes
import Glibc
import Linux

/// A tree as a comparison needs it: path, type, mode, owner, device, times, extended attributes, content, and which names
/// are links to one file.
public struct TreeDump {
  /// One line for each path, in order.
  public private(set) var lines: [String] = []
  private var groups: [UInt64: [String]] = [:]
  private let root: Int32
  /// Times after this were set by whoever unpacked, not by the archive.
  private let now: Int

  private let timeless: Set<String>

  /// Dumps what is below an open directory.
  ///
  /// - Parameter timeless: Paths whose times are of no interest; the root is the empty one.
  public init(of root: Int32, timeless: Set<String> = []) throws {
    self.root = root
    self.timeless = timeless
    now = time(nil) - 100_000
    try visit("")
    for names in groups.values where names.count > 1 {
      lines.append("~links \(names.sorted().joined(separator: " = "))")
    }
    lines.sort()
  }

  private mutating func visit(_ path: String) throws {
    var status = stat()
    guard fstatat(root, path.isEmpty ? "." : path, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      // Overlayfs lists whiteouts in directories that only one layer has, and then knows nothing of them.
      if errno == ENOENT { return }
      throw SyscallError("fstatat \(path)", errno)
    }
    let seconds = status.st_mtim.tv_sec
    let time =
      timeless.contains(path) ? "-" : seconds > now ? "now" : "\(seconds).\(status.st_mtim.tv_nsec)"
    var line =
      "\(path.isEmpty ? "." : path) \(String(status.st_mode, radix: 8)) \(status.st_uid):\(status.st_gid) \(time)"
    line += try attributes(path)
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      let directory = try openAt(root, path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY)
      for name in try entries(of: directory.raw) { try visit(path.isEmpty ? name : path + "/" + name) }
    case S_IFREG:
      groups[UInt64(status.st_ino), default: []].append(path)
      let bytes = try readRegularFile(root, path, limit: 1 << 20)
      line += " \(bytes.count) \(String(decoding: bytes.prefix(60), as: UTF8.self))"
    case S_IFLNK:
      var buffer = [CChar](repeating: 0, count: 4096)
      let count = readlinkat(root, path, &buffer, buffer.count)
      line +=
        " -> " + String(decoding: buffer.prefix(max(0, count)).map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
    case S_IFCHR, S_IFBLK: line += " device \(status.st_rdev)"
    default: break
    }
    lines.append(line)
  }

  private func attributes(_ path: String) throws -> String {
    let full = "/proc/self/fd/\(root)/\(path.isEmpty ? "." : path)"
    var names = [CChar](repeating: 0, count: 8192)
    let count = xa_llist(full, &names, names.count)
    guard count >= 0 else { throw SyscallError("llistxattr \(path)", errno) }
    var attributes: [String] = []
    for raw in names[..<count].split(separator: 0) {
      let name = String(decoding: raw.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
      var value = [UInt8](repeating: 0, count: 1024)
      let size = xa_lget(full, name, &value, value.count)
      attributes.append(" \(name)=\(value.prefix(max(0, size)))")
    }
    return attributes.sorted().joined()
  }
}
