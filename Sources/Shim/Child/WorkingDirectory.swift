import CLinux
import Glibc
import Linux

/// A process's working directory.
enum WorkingDirectory {
  /// Makes it where it is missing, as container runtimes do.
  static func make(_ path: String, inRoot root: Int32) throws(StepFailure) {
    try step("make the working directory", path) { () throws(SyscallError) in
      do throws(SyscallError) {
        _ = try openInRoot(root, path, openPathOnly | O_DIRECTORY)
        return
      } catch {
        if error.errno != ENOENT { throw error }
      }
      _ = try makeDirectories(inRoot: root, path)
    }
  }

  /// Goes there; `false` if the permissions of whoever tries do not suffice.
  static func enter(_ path: String) throws(StepFailure) -> Bool {
    if chdir(path) == 0 { return true }
    let code = errno
    if code == EACCES || code == EPERM { return false }
    throw StepFailure(step: "enter the working directory", errno: code, detail: path)
  }

  /// The kernel says `(unreachable)` for a directory outside the root: somebody led us through a descriptor of the host
  /// (CVE-2024-21626).
  static func verify(_ path: String) throws(StepFailure) {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let found = lx_getcwd(&buffer, buffer.count) > 0 && buffer[0] == CChar(bitPattern: UInt8(ascii: "/"))
    if !found { throw StepFailure(step: "verify the working directory", errno: ENOENT, detail: path) }
  }
}
