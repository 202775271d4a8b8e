import RuntimeAPI

/// What one attempt of a container does in a ``FakeRuntime``.
public struct ContainerScript: Sendable {
  /// How `create` answers.
  public var create: Answer
  /// How `start` answers.
  public var start: Answer
  /// What the program does once it runs.
  public var life: Life
  /// What it does on a signal; a signal that is not named here ends it, SIGKILL always does.
  public var reactions: [Int32: Reaction]
  /// What it writes before anything else, one log record each.
  public var output: [OutputLine]
  /// Files that it writes before anything else: a path inside the container that a bind mount covers, and the text.
  public var files: [String: String]

  /// Makes a script; by default the container starts at once and runs until it is told to end.
  public init(
    create: Answer = .succeeds,
    start: Answer = .succeeds,
    life: Life = .runs,
    reactions: [Int32: Reaction] = [:],
    output: [OutputLine] = [],
    files: [String: String] = [:]
  ) {
    self.create = create
    self.start = start
    self.life = life
    self.reactions = reactions
    self.output = output
    self.files = files
  }

  /// How an operation of the runtime answers.
  public enum Answer: Sendable {
    /// At once.
    case succeeds
    /// With an error.
    case fails(RuntimeError)
    /// After a time.
    case succeedsAfter(Duration)
    /// Never, until the sandbox is removed; then with ``RuntimeError/sandboxLost(_:)``.
    case hangs
  }

  /// What a program does.
  public enum Life: Sendable {
    /// It runs until a signal ends it.
    case runs
    /// It exits by itself, a time after its start.
    case exits(code: Int32, after: Duration)
    /// The kernel ends it for want of memory, a time after its start.
    case runsOutOfMemory(after: Duration)
    /// Its supervisor dies a time after its start, and nobody knows how it ended.
    case losesSupervisor(after: Duration)
  }

  /// What a program does on a signal.
  public enum Reaction: Sendable {
    /// Nothing.
    case ignores
    /// It cleans up for a time and exits.
    case exits(code: Int32, after: Duration)
  }

  /// One line of output.
  public struct OutputLine: Sendable {
    /// Whether it goes to the standard error.
    public var isError: Bool
    /// The text without its end of line.
    public var text: String

    /// Makes a line.
    public init(_ text: String, isError: Bool = false) {
      self.text = text
      self.isError = isError
    }
  }
}

/// One call that a ``FakeRuntime`` received.
public enum FakeCall: Sendable, Hashable {
  case createSandbox(SandboxID)
  case removeSandbox(SandboxID)
  case create(ContainerID)
  case start(ContainerID)
  case signal(ContainerID, Int32, SignalTarget)
  case exec(ContainerID, [String])
  case attach(ContainerID)
  case delete(ContainerID)
  case recover
}
