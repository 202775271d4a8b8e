import CPayload
import Glibc
import Linux

/// BOX-02: every system call number, in every calling convention of the machine.
///
/// A line is `CONVENTION NUMBER KIND VALUE`; KIND is `result`, `errno`, `signal`, `timeout` (milliseconds) or `exit`.
/// What the sandbox does not refuse is really called, with null arguments: for containers only.
enum SyscallProbe {
  static func run(last: Int, timeout: Int) throws {
    for (name, convention) in conventions {
      for number in 0...last {
        var outcome = pl_outcome()
        guard pl_try_syscall(Int32(convention), number, Int32(timeout), &outcome) == 0 else {
          throw SyscallError("\(name) \(number)", errno)
        }
        try Output.line("\(name) \(number) \(kind(outcome.kind)) \(outcome.value)")
      }
    }
  }

  private static var conventions: [(String, Int)] {
    #if arch(x86_64)
      [("native", PL_NATIVE), ("i386", PL_I386), ("x32", PL_X32)]
    #else
      [("native", PL_NATIVE)]
    #endif
  }

  private static func kind(_ kind: Int32) -> String {
    switch Int(kind) {
    case PL_RESULT: "result"
    case PL_ERRNO: "errno"
    case PL_SIGNAL: "signal"
    case PL_TIMEOUT: "timeout"
    default: "exit"
    }
  }
}
