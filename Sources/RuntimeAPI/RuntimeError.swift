/// Why a runtime did not do what it was asked.
public enum RuntimeError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A field that this runtime does not honour.
  case unsupported(path: String, runtime: String)
  /// A value that cannot be right.
  case invalid(path: String, reason: String)
  /// A limit that the specification asks for and this machine cannot enforce.
  case unenforceable(path: String, reason: String)
  /// Nothing of that name.
  case notFound(String)
  /// The name is taken.
  case alreadyExists(String)
  /// The operation does not fit the state.
  case wrongState(String, state: String, operation: String)
  /// Setting up failed: the step by name, the kernel's error number (0 if there is none), and what it was about.
  case failed(step: String, errno: Int32, detail: String)
  /// The container's program could not be executed: Kubernetes' `StartError`, with exit code 127 (not found) or 128.
  case cannotExecute(program: String, errno: Int32)
  /// The supervisor has gone or does not answer.
  case sandboxLost(String)

  /// One sentence for a person.
  public var description: String {
    switch self {
    case .unsupported(let path, let runtime): "the \(runtime) runtime does not support \(path)"
    case .invalid(let path, let reason): "\(path): \(reason)"
    case .unenforceable(let path, let reason): "\(path) cannot be enforced on this machine: \(reason)"
    case .notFound(let name): "\(name) does not exist"
    case .alreadyExists(let name): "\(name) exists already"
    case .wrongState(let name, let state, let operation): "cannot \(operation) \(name): it is \(state)"
    case .failed(let step, let errno, let detail): failure(step, errno, detail)
    case .cannotExecute(let program, let errno): "cannot execute \(program): \(reason(errno))"
    case .sandboxLost(let name): "the supervisor of \(name) has gone"
    }
  }

  private func failure(_ step: String, _ errno: Int32, _ detail: String) -> String {
    let what = detail.isEmpty ? step : "\(step) (\(detail))"
    return errno == 0 ? "\(what) failed" : "\(what) failed: \(reason(errno))"
  }
}
