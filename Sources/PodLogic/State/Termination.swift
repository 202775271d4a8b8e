import PodModel

/// How one attempt of a container ended, as its status tells it.
public struct Termination: Hashable, Sendable {
  /// The exit code; 128 + n for a signal.
  public var exitCode: Int32
  /// Kubernetes' word for it: `Completed`, `Error`, `OOMKilled`, `StartError`, `ContainerStatusUnknown`.
  public var reason: String
  /// What the container said, or why it could not start.
  public var message: String
  /// When its program began; `nil` if it never did.
  public var startedAt: Timestamp?
  /// When its end was seen.
  public var finishedAt: Moment
  /// The runtime's name of the attempt.
  public internal(set) var identifier: String?

  /// Makes a termination.
  public init(exitCode: Int32, reason: String, message: String, startedAt: Timestamp?, finishedAt: Moment) {
    self.exitCode = exitCode
    self.reason = reason
    self.message = message
    self.startedAt = startedAt
    self.finishedAt = finishedAt
  }

  /// A program's end as the runtime reported it.
  public init(_ exit: ContainerEnd, message: String, seenAt: Moment) {
    let reason =
      switch exit.cause {
      case .unknown: "ContainerStatusUnknown"
      // An out-of-memory kill of some child does not make a success a failure.
      case .outOfMemory where exit.code != 0: "OOMKilled"
      case .outOfMemory, .itself: exit.code == 0 ? "Completed" : "Error"
      }
    let finished = Moment(instant: seenAt.instant, wall: exit.finishedAt)
    self.init(
      exitCode: exit.cause == .unknown ? Self.unknownCode : exit.code,
      reason: reason,
      message: message,
      startedAt: exit.startedAt,
      finishedAt: finished
    )
  }

  /// The end of an attempt that nobody saw.
  public static func unknown(startedAt: Timestamp?, seenAt: Moment, message: String) -> Termination {
    Termination(
      exitCode: unknownCode,
      reason: "ContainerStatusUnknown",
      message: message,
      startedAt: startedAt,
      finishedAt: seenAt
    )
  }

  /// Kubernetes' exit code where there is none.
  public static let unknownCode: Int32 = 137
}

/// What a runtime says about the end of a container.
public struct ContainerEnd: Hashable, Sendable {
  /// Why it ended.
  public enum Cause: Hashable, Sendable {
    /// It exited or was ended by a signal.
    case itself
    /// Its control group counted an out-of-memory kill.
    case outOfMemory
    /// Nobody knows.
    case unknown
  }

  /// The exit code; 128 + n for a signal.
  public var code: Int32
  /// Why it ended.
  public var cause: Cause
  /// When its program began.
  public var startedAt: Timestamp?
  /// When it ended.
  public var finishedAt: Timestamp

  /// Makes an end.
  public init(code: Int32, cause: Cause = .itself, startedAt: Timestamp?, finishedAt: Timestamp) {
    self.code = code
    self.cause = cause
    self.startedAt = startedAt
    self.finishedAt = finishedAt
  }
}
