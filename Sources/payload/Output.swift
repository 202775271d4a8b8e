import Glibc
import Linux

/// Unbuffered output: what was written is there even if the process ends in the next instruction.
enum Output {
  static func line(_ text: String) throws(SyscallError) { try write(1, text + "\n") }

  static func write(_ descriptor: Int32, _ text: String) throws(SyscallError) {
    try writeAll(descriptor, Array(text.utf8))
  }

  /// A message for people; there is nobody left to tell if it cannot be written.
  static func error(_ text: String) {
    do { try write(2, text) } catch { return }
  }
}

/// How a system call ended, in the words of the tests: `ok`, or `errno` and the number.
enum Outcome {
  /// Runs calls that are expected to be refused.
  static func of(_ body: () throws(SyscallError) -> Void) -> String {
    do throws(SyscallError) {
      try body()
      return "ok"
    } catch {
      return "errno \(error.errno)"
    }
  }

  /// The same for one call without a wrapper that answers -1.
  static func of(call: () -> Int32) -> String {
    // errno first: making a string may change it.
    let failed = call() < 0
    let code = errno
    return failed ? "errno \(code)" : "ok"
  }
}
