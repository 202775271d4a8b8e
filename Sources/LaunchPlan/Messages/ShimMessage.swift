import JSONText

/// What a supervisor says: answers and events, one datagram each.
public enum ShimMessage: Hashable, Sendable {
  /// Answers the request of that number.
  case reply(number: Int64, ShimReply)
  /// A container's or session's process has ended; its record is on disk.
  case ended(ProcessEnd)
}

/// An answer.
public enum ShimReply: Hashable, Sendable {
  /// It is done. Descriptors may travel with it, as the request says.
  case done
  /// A container was created or runs, with its first process: a pidfd travels with the answer to `create`, the streams
  /// that were asked for with the answers to `exec` and `attach`, each named in order.
  /// `launch` are the nanoseconds from `clone3` to `execve` without the wait for permission to run.
  case process(pid: Int32, startedAt: EventTime?, launch: Int64?, descriptors: [DescriptorRole])
  /// Everything there is.
  case state([ContainerRecord])
  /// It was not done, and nothing of it is left.
  case failure(Failure)

  /// What a descriptor beside an answer is.
  public enum DescriptorRole: String, Hashable, Sendable {
    case pidfd, input, output, errorOutput, terminal
  }
}

/// Why a request failed.
public struct Failure: Error, Hashable, Sendable {
  /// Kinds that the other side acts upon.
  public enum Kind: String, Hashable, Sendable {
    /// A system call failed in a step.
    case step
    /// The program cannot be executed.
    case cannotExecute
    /// No container or session of that name.
    case notFound
    /// The name is taken.
    case alreadyExists
    /// It is not in the right state.
    case wrongState
    /// The request was not understood.
    case malformed
  }

  /// The kind.
  public var kind: Kind
  /// Name of the step, or of the state.
  public var step: String
  /// The error number, 0 if there is none.
  public var errno: Int32
  /// What it was about: a path, a name.
  public var detail: String

  /// Makes a failure.
  public init(_ kind: Kind, step: String, errno: Int32 = 0, detail: String = "") {
    self.kind = kind
    self.step = step
    self.errno = errno
    self.detail = detail
  }
}

/// A point on the wall clock.
public struct EventTime: Hashable, Sendable {
  /// Seconds since 1970.
  public var seconds: Int64
  /// Nanoseconds of the second.
  public var nanoseconds: Int64

  /// Makes a time.
  public init(seconds: Int64, nanoseconds: Int64) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
}

/// How a process ended.
public struct ProcessEnd: Hashable, Sendable {
  /// The container, or the exec session.
  public var name: String
  /// Whether `name` is an exec session.
  public var isSession: Bool
  /// Exit code, or the signal that ended it.
  public var code: Int32
  /// Whether `code` is a signal.
  public var signaled: Bool
  /// Whether its cgroup counted an OOM kill.
  public var oomKilled: Bool
  /// When its program began.
  public var startedAt: EventTime?
  /// When its end was seen.
  public var finishedAt: EventTime

  /// Makes a record.
  public init(
    name: String,
    isSession: Bool,
    code: Int32,
    signaled: Bool,
    oomKilled: Bool,
    startedAt: EventTime?,
    finishedAt: EventTime
  ) {
    self.name = name
    self.isSession = isSession
    self.code = code
    self.signaled = signaled
    self.oomKilled = oomKilled
    self.startedAt = startedAt
    self.finishedAt = finishedAt
  }

  /// What the record of an end is sealed as.
  public static func recordPurpose(_ name: String) -> String { "end of \(name)" }
}

/// One container in the answer to `state`.
public struct ContainerRecord: Hashable, Sendable {
  /// Its name.
  public var container: String
  /// Its first process; 0 once it has ended.
  public var pid: Int32
  /// When its program began; `nil` if it has not.
  public var startedAt: EventTime?
  /// How it ended; `nil` if it has not.
  public var end: ProcessEnd?

  /// Makes a record.
  public init(container: String, pid: Int32, startedAt: EventTime?, end: ProcessEnd?) {
    self.container = container
    self.pid = pid
    self.startedAt = startedAt
    self.end = end
  }
}
