import CLinux
import CPayload
import Glibc
import Linux

/// Many of one thing, fast.
enum Storms {
  /// Forks children that live for a time. Prints `forked N`, and `refused errno E` where the kernel stopped it.
  static func fork(_ count: Int, seconds: Int) throws {
    var forked = 0
    for _ in 0..<count {
      let child = pl_fork()
      if child == 0 {
        if seconds > 0 {
          lx_prctl(Int32(LX_PR_SET_PDEATHSIG), UInt(SIGKILL), 0, 0, 0)
          Behaviour.sleep(seconds: seconds)
        }
        _exit(0)
      }
      if child < 0 {
        try Output.line("refused errno \(errno)")
        break
      }
      forked += 1
      // Short-lived ones are reaped on the way, so that their number is not limited by zombies.
      if seconds == 0 { while waitpid(-1, nil, WNOHANG) > 0 {} }
    }
    try Output.line("forked \(forked)")
    while waitpid(-1, nil, 0) > 0 {}
  }

  /// Exchanges two names (`renameat2` with RENAME_EXCHANGE). Prints `ready`, and at the end `exchanged N`.
  static func exchange(_ first: String, _ second: String, seconds: Int) throws {
    let end = Clock.monotonicNanoseconds() + Int64(seconds) * 1_000_000_000
    let renameExchange: UInt32 = 2
    var count = 0
    try Output.line("ready")
    while true {
      guard lx_renameat2(AT_FDCWD, first, AT_FDCWD, second, renameExchange) == 0 else {
        throw SyscallError("renameat2", errno)
      }
      count += 1
      if count % 256 == 0 && Clock.monotonicNanoseconds() >= end { break }
    }
    // An even number leaves everything as it was.
    if count % 2 == 1 { lx_renameat2(AT_FDCWD, first, AT_FDCWD, second, renameExchange) }
    try Output.line("exchanged \(count)")
  }
}
