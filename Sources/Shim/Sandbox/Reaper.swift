import CLinux
import Glibc
import Linux

/// Process 1 of a PID namespace that containers share: it reaps what their processes leave behind, and nothing else.
/// It has no capability, no file and an empty root, so that a container which sees it finds nothing in it.
enum Reaper {
  static func run() -> Never {
    do throws(StepFailure) { try confine() } catch { lx_exit(126) }
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGCHLD)
    // Blocked, so that a child which ends between the last wait and the next sigwait is not missed.
    sigprocmask(SIG_BLOCK, &signals, nil)
    var signal: Int32 = 0
    while true {
      while waitpid(-1, nil, WNOHANG) > 0 {}
      sigwait(&signals, &signal)
    }
  }

  private static func confine() throws(StepFailure) {
    try step("confine the reaper") { () throws(SyscallError) in
      try check("sigprocmask") { lx_unblock_signals() }
      try check("prctl") { lx_prctl(Int32(LX_PR_SET_PDEATHSIG), UInt(SIGKILL), 0, 0, 0) }
      try check("prctl") { lx_prctl(Int32(LX_PR_SET_DUMPABLE), 0, 0, 0, 0) }
      try check("setsid") { lx_setsid() }
      try check("unshare") { lx_unshare(Int32(LX_CLONE_NEWNS)) }
      try setMountAttributes(AT_FDCWD, "/", propagation: .isPrivate, recursive: true)
      let empty = try makeDetachedFilesystem(
        "tmpfs",
        [FilesystemOption("nr_inodes", "1")],
        [.readOnly, .noSetuid, .noDevices, .noExecute]
      )
      // Any directory serves: the old tree is gone from this namespace with the next call.
      try check("move_mount") { lx_move_mount(empty.raw, AT_FDCWD, "/proc") }
      try pivotRoot(to: empty.raw)
      try check("close_range") { lx_close_range(0, .max, 0) }
      try BoundingSet.drop(allBut: 0)
      try check("prctl") { lx_prctl(Int32(LX_PR_SET_NO_NEW_PRIVS), 1, 0, 0, 0) }
      try check("capset") { lx_capset(0, 0, 0) }
    }
  }
}
