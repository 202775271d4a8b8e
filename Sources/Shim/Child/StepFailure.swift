import CLinux
import Glibc
import LaunchPlan
import Linux

/// A step of a child's way to `execve` that failed, by name.
struct StepFailure: Error {
  let step: StaticString
  let errno: Int32
  let detail: String
}

/// Runs the system calls of one step and names it when one fails.
@inline(__always)
@discardableResult
func step<T: ~Copyable>(
  _ name: StaticString,
  _ detail: @autoclosure () -> String = "",
  _ body: () throws(SyscallError) -> T
) throws(StepFailure) -> T {
  do throws(SyscallError) { return try body() } catch {
    throw StepFailure(step: name, errno: error.errno, detail: detail())
  }
}

/// What a child says on its status pipe before `execve`: one byte when it is ready, or a failure. Then silence: the pipe
/// is closed by `execve`, so end of file means that the program runs.
enum ChildStatus {
  static let ready = UInt8(ascii: "R")
  static let separator: UInt8 = 0
  static let limit = 1024

  /// Says why there will be no program, and ends.
  static func report(_ failure: StepFailure, to status: Int32) -> Never {
    let bytes = bytes(failure)
    // Nobody is left to tell if this fails; the end of the process says it.
    _ = write(status, bytes, bytes.count)
    lx_exit(127)
  }

  /// The failure as bytes: step, error number and detail.
  static func bytes(_ failure: StepFailure) -> [UInt8] {
    let text = Array("F\(failure.step)".utf8) + [separator] + Array(String(failure.errno).utf8) + [separator]
    return Array((text + Array(failure.detail.utf8)).prefix(limit))
  }

  /// Reads a failure; whatever is not in that form is reported as such.
  static func failure(_ bytes: [UInt8]) -> Failure {
    let parts = bytes.dropFirst().split(separator: separator, maxSplits: 2, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    guard bytes.first == UInt8(ascii: "F"), parts.count == 3, let errno = Int32(parts[1]) else {
      return Failure(.step, step: "status of the container's first process")
    }
    return Failure(parts[0] == "execve" ? .cannotExecute : .step, step: parts[0], errno: errno, detail: parts[2])
  }
}

extension StepFailure {
  /// The same for the other side.
  var failure: Failure { Failure(.step, step: "\(step)", errno: errno, detail: detail) }
}
