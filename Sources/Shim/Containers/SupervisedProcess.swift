import Glibc
import LaunchPlan
import Linux

/// Where an answer goes that cannot be given at once.
struct ReplyAddress {
  let connection: Int
  let number: Int64
}

/// One container's first process, or one exec session's, from `clone3` to the record of its end.
final class SupervisedProcess {
  /// What it is.
  enum Role {
    case container(stopSignal: Int32)
    /// A container whose life is driven by the command lines of an OCI runtime.
    case external(stopSignal: Int32, ExternalContainer)
    /// Ended at `deadline` (monotonic nanoseconds), if there is one.
    case session(deadline: Int64?)
  }

  /// Where it is in its life.
  enum State {
    /// On its way to `execve`; whoever asked waits for the answer.
    case settingUp(ReplyAddress)
    /// Blocked before its last steps.
    case created
    /// Allowed to run; whoever asked waits for `execve`.
    case starting(ReplyAddress)
    case running
    /// Its process is reaped; what it left in its cgroup is being ended.
    case draining(ExitStatus)
    case ended(ProcessEnd)
  }

  let name: String
  let role: Role
  let cgroup: ProcessCgroup
  let pump: LogPump?
  var state: State
  var pid: Int32 = 0
  var process: OwnedFD?
  /// Read end of the child's status pipe, until `execve` closes the other one.
  var status: OwnedFD?
  /// Write end of the pipe on which the child waits.
  var permission: OwnedFD?
  /// A command line of an OCI runtime that is running for this container.
  var command: Command?
  /// What can be handed to whoever attaches.
  var input: OwnedFD?
  var terminal: OwnedFD?
  var startedAt: EventTime?
  /// How often the kernel refused to tell its end.
  var failedReaps = 0
  /// Monotonic nanoseconds of its way: cloned, ready, allowed to run, running.
  var milestones: [Int64] = []
  /// What a failed child has said so far.
  var said: [UInt8] = []
  /// What whoever asked for it is told once nothing of it is left: the same name may be asked for again right away, and
  /// its cgroup must not be taken for this one's then.
  var refusal: (address: ReplyAddress, failure: Failure)?
  /// Whoever asked for its removal, until that is done.
  var deletion: ReplyAddress?
  /// A session's streams until they are handed out.
  var streams: OuterEnds?
  /// A session's deadline has passed and everything in it was sent SIGKILL.
  var isOverdue = false
  /// Monotonic nanoseconds since which somebody waits for it to be set up, or to run.
  var awaitedSince = Clock.monotonicNanoseconds()
  /// Monotonic nanoseconds at which everything in its cgroup was first sent SIGKILL.
  var killedAt: Int64?
  /// Whoever waited for its end was told of it before it had gone (``Supervisor/losePatience(with:)``).
  var isToldEarly = false
  /// It never came to run and is forgotten once its process has gone.
  var isAbandoned = false
  /// Why it never came to run, told to whoever asked (`deletion`) once the OCI runtime has forgotten it.
  var failure: Failure?

  init(name: String, role: Role, cgroup: ProcessCgroup, pump: LogPump?, replyTo address: ReplyAddress) {
    self.name = name
    self.role = role
    self.cgroup = cgroup
    self.pump = pump
    state = .settingUp(address)
  }

  /// Ends everything in its cgroup.
  func kill() {
    if killedAt == nil { killedAt = Clock.monotonicNanoseconds() }
    cgroup.kill()
  }

  /// What is told and recorded of its end.
  func end(_ status: ExitStatus) -> ProcessEnd {
    ProcessEnd(
      name: name,
      isSession: isSession,
      code: status.number,
      signaled: status.isSignal,
      oomKilled: cgroup.countedOOMKill(),
      startedAt: startedAt,
      finishedAt: EventTime.now()
    )
  }

  var isSession: Bool { if case .session = role { true } else { false } }

  /// Nanoseconds from `clone3` to `execve`, without the wait for permission in between.
  var launchTime: Int64? {
    milestones.count == 4 ? milestones[1] - milestones[0] + milestones[3] - milestones[2] : nil
  }

  var hasEnded: Bool { if case .ended = state { true } else { false } }

  var stopSignal: Int32 {
    switch role {
    case .container(let signal), .external(let signal, _): signal
    case .session: SIGTERM
    }
  }

  /// The word for messages about a wrong state.
  var stateName: String {
    switch state {
    case .settingUp: "being set up"
    case .created: "created"
    case .starting: "starting"
    case .running: "running"
    case .draining: "ending"
    case .ended: "ended"
    }
  }
}

extension EventTime {
  /// The wall clock's.
  static func now() -> EventTime {
    let (seconds, nanoseconds) = Clock.wall()
    return EventTime(seconds: seconds, nanoseconds: nanoseconds)
  }
}
