import Glibc
import Linux

/// A directory of a test's own, removed with the value.
public final class Scratch: Sendable {
  /// The absolute path.
  public let path: String
  private let parent: String

  /// Makes it.
  ///
  /// - Parameter parent: `/dev/shm` where the speed of a disk, shared with whatever else runs, would only be in the way.
  public init(in parent: String = "/tmp") throws {
    self.parent = parent
    var template = Array("\(parent)/swiftlet-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SyscallError("mkdtemp", errno) }
    path = String(decoding: template.dropLast().map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
  }

  deinit {
    let name = String(path.dropFirst(parent.count + 1))
    // What a test leaves there is no reason to fail it.
    guard let parent = try? openDirectory(AT_FDCWD, parent) else { return }
    // As above.
    try? removeTree(parent.raw, name)
  }

  /// Writes a file and returns its path.
  public func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = try openAt(AT_FDCWD, "\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC)
    try writeAll(file.raw, bytes)
    return "\(path)/\(name)"
  }
}

/// The folder of the programs built with the tests.
public func builtProgram(_ name: String) -> String {
  var buffer = [CChar](repeating: 0, count: 4096)
  let count = readlink("/proc/self/exe", &buffer, buffer.count)
  let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
  return path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/" + name
}

/// One line per file of a tree: path, type and mode, owner, size, links, modification time, content of small files, target
/// of links. `withIdentity` adds inode and change time, which nothing that touches a file can leave alone.
public func describeTree(_ root: String, withIdentity: Bool = false, except: Set<String> = []) throws -> [String] {
  var lines: [String] = []
  var pending = [""]
  while let relative = pending.popLast() {
    let path = root + relative
    if except.contains(relative) { continue }
    var status = stat()
    guard lstat(path, &status) == 0 else { throw SyscallError("lstat \(path)", errno) }
    var line =
      "\(relative.isEmpty ? "/" : relative) \(String(status.st_mode, radix: 8)) \(status.st_uid):\(status.st_gid)"
    let type = status.st_mode & S_IFMT
    if withIdentity {
      line += " ino \(status.st_ino) ctime \(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
    }
    switch type {
    case S_IFREG:
      line +=
        " links \(status.st_nlink) size \(status.st_size) mtime \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
      if status.st_size < 200 {
        line += " \"\(String(decoding: try readRegularFile(AT_FDCWD, path, limit: 200), as: UTF8.self))\""
      }
    case S_IFLNK:
      var buffer = [CChar](repeating: 0, count: 4096)
      let count = readlink(path, &buffer, buffer.count)
      line +=
        " -> " + String(decoding: buffer.prefix(max(0, count)).map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
    case S_IFCHR, S_IFBLK: line += " device \(status.st_rdev)"
    case S_IFDIR:
      let directory = try openDirectory(AT_FDCWD, path)
      for name in try entries(of: directory.raw).reversed() { pending.append(relative + "/" + name) }
    default: break
    }
    lines.append(line)
  }
  return lines
}
