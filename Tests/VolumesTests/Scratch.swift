import Glibc
import Linux

/// A directory of a test's own, in memory if nothing is said, removed with its owner.
final class Scratch: Sendable {
  private let folder: String
  let path: String
  let descriptor: Int32

  init(in folder: String = "/dev/shm") throws {
    self.folder = folder
    var template = Array("\(folder)/swl-volumes.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SyscallError("mkdtemp", errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    descriptor = try openDirectory(AT_FDCWD, path).release()
  }

  deinit {
    close(descriptor)
    if let parent = try? openDirectory(AT_FDCWD, folder) {
      try? removeTree(parent.raw, String(path.dropFirst(folder.utf8.count + 1)))
    }
  }

  func write(_ name: String, _ text: String = "") throws {
    let file = try openAt(descriptor, name, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    try writeAll(file.raw, Array(text.utf8))
  }

  var names: [String] { get throws { try entries(of: descriptor) } }

  /// What is there: `PATH d MODE`, `PATH f MODE TEXT` and `PATH -> TARGET`, in the order of the names.
  func tree() throws -> [String] { try lines("") }

  private func lines(_ prefix: String) throws -> [String] {
    let directory = try openDirectory(AT_FDCWD, "\(path)/\(prefix)")
    var lines: [String] = []
    for name in try entries(of: directory.raw) {
      let status = try Self.status("\(path)/\(prefix)\(name)")
      let mode = String(status.st_mode & 0o7777, radix: 8)
      switch status.st_mode & S_IFMT {
      case S_IFDIR: lines += ["\(prefix)\(name) d \(mode)"] + (try self.lines("\(prefix)\(name)/"))
      case S_IFLNK: lines.append("\(prefix)\(name) -> \(try Self.target("\(path)/\(prefix)\(name)"))")
      default:
        let text = String(decoding: try readRegularFile(directory.raw, name, limit: 1 << 20), as: UTF8.self)
        lines.append("\(prefix)\(name) f \(mode) \(text)")
      }
    }
    return lines
  }

  static func status(_ path: String) throws -> stat {
    var status = stat()
    try check("lstat") { lstat(path, &status) }
    return status
  }

  private static func target(_ path: String) throws -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = try checkCount("readlink") { readlink(path, &buffer, buffer.count) }
    return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
