import Glibc
import Linux

/// A directory of a test's own in memory, removed with its owner.
final class ScratchDirectory: Sendable {
  let path: String
  let descriptor: Int32

  init() throws {
    var template = Array("/dev/shm/swl-linux.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SyscallError("mkdtemp", errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    descriptor = try openDirectory(AT_FDCWD, path).release()
  }

  deinit {
    close(descriptor)
    if let parent = try? openDirectory(AT_FDCWD, "/dev/shm") {
      try? removeTree(parent.raw, String(path.dropFirst("/dev/shm/".count)))
    }
  }

  /// Writes a small file.
  func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws {
    try replaceFile(in: descriptor, named: name, with: Array(text.utf8), durability: .untilReboot, mode: mode)
  }

  var names: [String] { get throws { try entries(of: descriptor) } }
}
