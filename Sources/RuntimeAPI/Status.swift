/// A point on the wall clock.
public struct WallTime: Sendable, Hashable, Comparable, Codable {
  /// Seconds since 1970-01-01T00:00:00Z.
  public var seconds: Int64
  /// Nanoseconds of the second.
  public var nanoseconds: Int64

  /// Makes a time.
  public init(seconds: Int64, nanoseconds: Int64) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// Earlier before later.
  public static func < (a: WallTime, b: WallTime) -> Bool {
    (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
  }
}

/// What is known of a sandbox.
public struct SandboxStatus: Sendable, Hashable {
  /// Its name.
  public var id: SandboxID
  /// The supervisor's process id, `nil` once it has gone.
  public var supervisor: Int32?
  /// Host path of the memory filesystem that its containers share, valid for bind mounts made by this runtime.
  public var sharedMemoryPath: String
  /// Its containers.
  public var containers: [ContainerStatus]

  /// Makes a status.
  public init(id: SandboxID, supervisor: Int32?, sharedMemoryPath: String, containers: [ContainerStatus]) {
    self.id = id
    self.supervisor = supervisor
    self.sharedMemoryPath = sharedMemoryPath
    self.containers = containers
  }
}

/// What is known of a container.
public struct ContainerStatus: Sendable, Hashable {
  /// Its name.
  public var id: ContainerID
  /// Where it is in its life.
  public var state: ContainerState
  /// Nanoseconds from `clone3` to `execve`, where the runtime knows them, in the answer to a start.
  public var launch: Int64?

  /// Makes a status.
  public init(id: ContainerID, state: ContainerState, launch: Int64? = nil) {
    self.id = id
    self.state = state
    self.launch = launch
  }
}

/// A container's life: created → running → ended.
public enum ContainerState: Sendable, Hashable {
  /// Set up, waiting before its first instruction.
  case created(pid: Int32)
  /// Its program runs.
  case running(pid: Int32, startedAt: WallTime)
  /// It has ended.
  case ended(ContainerExit)
}

/// How a container ended.
public struct ContainerExit: Sendable, Hashable {
  /// What the kernel said of its first process.
  public enum Outcome: Sendable, Hashable {
    /// `_exit(2)` with this code.
    case exited(code: Int32)
    /// Ended by this signal.
    case signaled(Int32)
    /// Nobody knows: the supervisor died and the kernel keeps no exit information.
    case unknown
  }

  /// What the kernel said.
  public var outcome: Outcome
  /// Whether its cgroup's `memory.events` counted an `oom_kill`.
  public var oomKilled: Bool
  /// When its program began; `nil` if it never did.
  public var startedAt: WallTime?
  /// When its end was seen.
  public var finishedAt: WallTime

  /// Makes an exit.
  public init(outcome: Outcome, oomKilled: Bool = false, startedAt: WallTime?, finishedAt: WallTime) {
    self.outcome = outcome
    self.oomKilled = oomKilled
    self.startedAt = startedAt
    self.finishedAt = finishedAt
  }

  /// The code as a shell and Kubernetes show it: 128 + n for a signal, 137 where it is unknown.
  public var code: Int32 {
    switch outcome {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    case .unknown: 137
    }
  }
}
