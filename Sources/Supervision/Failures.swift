import Cgroups
import LaunchPlan
import Linux
import RuntimeAPI
import ShimClient

/// Errors of the layers below in the runtime's own terms.
public enum Failures {
  /// A step on the host that consists of system calls.
  public static func host<T: ~Copyable>(
    _ step: String,
    _ detail: String = "",
    _ body: () throws(SyscallError) -> T
  ) throws(RuntimeError) -> T {
    do throws(SyscallError) { return try body() } catch {
      throw .failed(step: step, errno: error.errno, detail: detail)
    }
  }

  /// A step on cgroups.
  public static func cgroup<T: ~Copyable>(
    _ step: String,
    _ body: () throws(CgroupError) -> T
  ) throws(RuntimeError) -> T {
    do throws(CgroupError) { return try body() } catch {
      throw .failed(step: step, errno: 0, detail: "\(error)")
    }
  }

  /// What a supervisor answered about `subject` while `operation` was asked for.
  public static func shim(_ error: ShimError, _ subject: String, operation: String) -> RuntimeError {
    switch error {
    case .gone: .sandboxLost(subject)
    case .timedOut: .failed(step: operation, errno: 0, detail: "the supervisor of \(subject) did not answer in time")
    case .notSent(let error): .failed(step: operation, errno: error.errno, detail: subject)
    case .refused(let failure):
      switch failure.kind {
      case .cannotExecute: .cannotExecute(program: failure.detail, errno: failure.errno)
      case .notFound: .notFound(subject)
      case .alreadyExists: .alreadyExists(subject)
      case .wrongState: .wrongState(subject, state: failure.step, operation: operation)
      case .step, .malformed: .failed(step: failure.step, errno: failure.errno, detail: failure.detail)
      }
    }
  }
}
