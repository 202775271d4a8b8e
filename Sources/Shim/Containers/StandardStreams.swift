import CLinux
import Glibc
import Linux

/// Both sides of a new process's standard streams: pipes, or a terminal in a devpts of its own.
struct StandardStreams: ~Copyable {
  /// What the process gets.
  struct Inner: ~Copyable {
    let input: OwnedFD
    let output: OwnedFD
    let error: OwnedFD
    /// A detached devpts for the container, where there is a terminal.
    let terminalFilesystem: Int32

    deinit { if terminalFilesystem >= 0 { close(terminalFilesystem) } }
  }

  /// What stays outside; -1 where there is none.
  struct Outer {
    var input: Int32 = -1
    var output: Int32 = -1
    var error: Int32 = -1
    var terminal: Int32 = -1
  }

  let inner: Inner
  let outer: Outer

  /// Pipes for output and error; standard input is a pipe, or `/dev/null`.
  static func pipes(stdin: Bool, null: Int32) throws(SyscallError) -> StandardStreams {
    let output = try Pipe()
    let error = try Pipe()
    var outer = Outer()
    let input: OwnedFD
    if stdin {
      let pipe = try Pipe()
      outer.input = pipe.writer.release()
      input = pipe.reader
    } else {
      input = OwnedFD(try check("fcntl") { lx_fcntl_int(null, F_DUPFD_CLOEXEC, 3) })
    }
    outer.output = output.reader.release()
    outer.error = error.reader.release()
    let inner = Inner(input: input, output: output.writer, error: error.writer, terminalFilesystem: -1)
    return StandardStreams(inner: inner, outer: outer)
  }

  /// A terminal. Its slave side is opened through its master (TIOCGPTPEER), never by a name that somebody else could
  /// have put something else under (CVE-2025-52565).
  static func terminal() throws(SyscallError) -> StandardStreams {
    let filesystem = try makeDetachedFilesystem(
      "devpts",
      [
        FilesystemOption("newinstance"), FilesystemOption("ptmxmode", "0666"), FilesystemOption("mode", "0620"),
        FilesystemOption("gid", "5"),
      ],
      [.noSetuid, .noExecute]
    )
    let master = try openAt(filesystem.raw, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW)
    let slave = try openPeer(of: master.raw)
    let inner = Inner(
      input: try slave.duplicate(),
      output: try slave.duplicate(),
      error: try slave.duplicate(),
      terminalFilesystem: filesystem.release()
    )
    return StandardStreams(inner: inner, outer: Outer(terminal: master.release()))
  }

  /// A terminal in the devpts of a running container, for another process in it.
  static func terminal(inRoot root: Int32) throws(SyscallError) -> StandardStreams {
    let devpts = try openInRoot(root, "/dev/pts", openPathOnly | O_DIRECTORY)
    try FilesystemKind.devpts.require(devpts.raw)
    let master = try openBeneath(devpts.raw, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW)
    let slave = try openPeer(of: master.raw)
    let inner = Inner(
      input: try slave.duplicate(),
      output: try slave.duplicate(),
      error: try slave.duplicate(),
      terminalFilesystem: -1
    )
    return StandardStreams(inner: inner, outer: Outer(terminal: master.release()))
  }

  private static func openPeer(of master: Int32) throws(SyscallError) -> OwnedFD {
    try check("ioctl(TIOCSPTLCK)") { lx_unlock_terminal(master) }
    return OwnedFD(try check("ioctl(TIOCGPTPEER)") { lx_open_terminal_peer(master) })
  }
}
