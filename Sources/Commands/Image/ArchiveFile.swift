import Glibc
import Linux

/// An archive from the command line, open for reading.
final class ArchiveFile: Sendable {
  /// What to call it in messages.
  let name: String
  /// nil for standard input.
  private let file: SharedFD?

  /// The open file; belongs to this value.
  var descriptor: Int32 { file?.raw ?? STDIN_FILENO }

  /// - Parameter path: `-` is standard input.
  /// - Throws: `CommandFailure`.
  init(_ path: String) throws(CommandFailure) {
    name = Self.name(of: path)
    guard path != "-" else {
      if isatty(STDIN_FILENO) == 1 {
        throw CommandFailure("standard input is a terminal: redirect an archive to it, or name a file instead of -")
      }
      file = nil
      return
    }
    do throws(SyscallError) {
      var status = stat()
      try check("stat") { stat(path, &status) }
      // To open a device can have effects, and many have no end.
      guard [S_IFREG, S_IFIFO].contains(status.st_mode & S_IFMT) else { throw SyscallError("stat", ENODEV) }
      file = SharedFD(try openAt(AT_FDCWD, path, O_RDONLY))
    } catch {
      let reason = error.errno == ENODEV ? "it is neither a file nor a pipe" : errorText(error.errno)
      throw CommandFailure("cannot open \(path): \(reason)")
    }
  }

  static func name(of path: String) -> String { path == "-" ? "what comes on standard input" : path }
}
