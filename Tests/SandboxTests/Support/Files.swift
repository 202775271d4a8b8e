import Crypto
import Glibc
import Linux

/// Files of the host that tests prepare.
enum Files {
  static func write(_ path: String, _ text: String, mode: mode_t = 0o644) throws(SyscallError) {
    let file = try openAt(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
    try writeAll(file.raw, Array(text.utf8))
  }

  static func copy(_ source: String, to target: String, mode: mode_t) throws(SyscallError) {
    let bytes = try readRegularFile(AT_FDCWD, source, limit: 256 << 20)
    let file = try openAt(AT_FDCWD, target, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
    try writeAll(file.raw, bytes)
  }

  static func link(_ path: String, to target: String) throws(SyscallError) {
    try check("symlink") { symlink(target, path) }
  }

  /// Every directory above a path, made where it is missing.
  static func directories(above path: String) throws(SyscallError) {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
    try ensureDirectories(String(path[..<slash]), mode: 0o755)
  }

  static func text(_ path: String) throws(SyscallError) -> String {
    String(decoding: try readRegularFile(AT_FDCWD, path, limit: 64 << 20), as: UTF8.self)
  }

  static func digest(_ path: String) throws(SyscallError) -> String {
    SHA256.hash(data: try readRegularFile(AT_FDCWD, path, limit: 256 << 20)).description
  }

  /// The names in a directory, sorted.
  static func names(_ path: String) throws(SyscallError) -> [String] {
    let directory = try openDirectory(AT_FDCWD, path)
    return try entries(of: directory.raw).sorted()
  }
}
