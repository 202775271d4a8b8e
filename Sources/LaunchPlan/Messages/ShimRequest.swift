import JSONText

/// What the agent asks of a supervisor. One datagram each; every request is answered by one ``ShimReply`` with its number.
public struct ShimRequest: Hashable, Sendable {
  /// Version of the protocol.
  public static let version = 1

  /// Counts up on each connection.
  public var number: Int64
  /// What is asked.
  public var operation: Operation

  /// Makes a request.
  public init(number: Int64, operation: Operation) {
    self.number = number
    self.operation = operation
  }

  /// What is asked. The comment names the descriptors that travel with it, in order.
  public enum Operation: Hashable, Sendable {
    /// First message of a supervisor's life: pod directory, log directory, the pod's cgroup, lock file, and the network
    /// namespace if it is given.
    case sandbox(SandboxPlan)
    /// Tells what to make for the containers to come while there is nothing else to do.
    case stock(StockPlan)
    /// Sets a container up to the point before `execve`: plan, its cgroup, and its filter if it has one.
    case create(CreateContainer)
    /// The same for a container that a command-line runtime makes.
    case createExternal(ExternalContainer)
    /// Lets a created container run.
    case start(container: String)
    /// Sends a signal to a container's first process, or SIGKILL to all of its processes.
    case signal(container: String, signal: Int32, everyProcess: Bool)
    /// Runs another process in a container: plan, and the container's filter if it has one.
    case exec(StartExec)
    /// Ends an exec session with everything that it started.
    case killExec(session: String)
    /// Asks for a container's standard streams, which come with the reply.
    case attach(container: String)
    /// Forgets an ended container and removes its cgroup.
    case delete(container: String)
    /// Asks for the sandbox's network: the reply brings its namespace and a routing socket that was opened in it.
    case network
    /// Holds an open file until the container is deleted: a descriptor of it. The lock on an image's lease then lives as
    /// long as what uses the image, whoever else dies.
    case hold(container: String)
    /// Attaches a mount that is attached nowhere, for the containers to bind from: a descriptor of it, on
    /// `mounts/<name>` in the pod directory, as the supervisor and its containers see it and nobody else.
    case addMount(name: String)
    /// The same with a copy of what is at a path in a volume, beneath which it stays.
    case addSubPath(name: String, volume: String, path: String)
    /// Detaches either again.
    case removeMount(name: String)
    /// What there is. The reply carries a pidfd for each container that has not ended, in order.
    case state
    /// Ends everything and the supervisor itself.
    case shutDown
  }
}

/// `create`.
public struct CreateContainer: Hashable, Sendable {
  /// Name inside the sandbox: `web.0`; also the name of its cgroup below the pod's.
  public var container: String
  /// Log file below the log directory.
  public var logFile: String
  /// Bytes after which the log is rotated.
  public var logFileBytes: Int
  /// Log files kept.
  public var logFiles: Int
  /// Whether standard input can be written.
  public var stdin: Bool
  /// Whether the streams are a terminal.
  public var terminal: Bool
  /// Signal of an orderly stop.
  public var stopSignal: Int32
  /// Whether a filter travels with the message.
  public var filter: Bool

  /// Makes a request.
  public init(
    container: String,
    logFile: String,
    logFileBytes: Int,
    logFiles: Int,
    stdin: Bool,
    terminal: Bool,
    stopSignal: Int32,
    filter: Bool
  ) {
    self.container = container
    self.logFile = logFile
    self.logFileBytes = logFileBytes
    self.logFiles = logFiles
    self.stdin = stdin
    self.terminal = terminal
    self.stopSignal = stopSignal
    self.filter = filter
  }

  var members: [JSONMember] {
    [
      JSONMember("container", .string(container)), JSONMember("logFile", .string(logFile)),
      JSONMember("logFileBytes", .number(logFileBytes)), JSONMember("logFiles", .number(logFiles)),
      JSONMember("stdin", .bool(stdin)), JSONMember("terminal", .bool(terminal)),
      JSONMember("stopSignal", .number(stopSignal)), JSONMember("filter", .bool(filter)),
    ]
  }

  init(_ fields: FieldReader) throws(MalformedMessage) {
    container = try fields.string("container")
    logFile = try fields.string("logFile")
    logFileBytes = try fields.integer("logFileBytes")
    logFiles = try fields.integer("logFiles")
    stdin = try fields.bool("stdin")
    terminal = try fields.bool("terminal")
    stopSignal = try fields.integer("stopSignal")
    filter = try fields.bool("filter")
  }
}

/// `createExternal`: the command lines of an OCI runtime. The supervisor is the parent of all that they leave behind.
public struct ExternalContainer: Hashable, Sendable {
  /// Container, log and signal, as for a container of our own.
  public var common: CreateContainer
  /// Its root filesystem, which is mounted before `create` and unmounted after `delete`.
  public var root: RootStep
  /// Command line of `create`; its standard streams become the container's.
  public var create: [String]
  /// Command line of `start`.
  public var start: [String]
  /// Command line of `delete --force`.
  public var delete: [String]
  /// File, below the pod directory, into which `create` writes the first process's id.
  public var pidFile: String

  /// Makes a request.
  public init(
    common: CreateContainer,
    root: RootStep,
    create: [String],
    start: [String],
    delete: [String],
    pidFile: String
  ) {
    self.common = common
    self.root = root
    self.create = create
    self.start = start
    self.delete = delete
    self.pidFile = pidFile
  }

  var members: [JSONMember] {
    common.members + [
      JSONMember("root", root.json),
      JSONMember("create", .strings(create)), JSONMember("start", .strings(start)),
      JSONMember("delete", .strings(delete)), JSONMember("pidFile", .string(pidFile)),
    ]
  }

  init(_ fields: FieldReader) throws(MalformedMessage) {
    common = try CreateContainer(fields)
    root = try RootStep(try fields.object("root"))
    create = try fields.strings("create")
    start = try fields.strings("start")
    delete = try fields.strings("delete")
    pidFile = try fields.string("pidFile")
  }
}

/// `exec`.
public struct StartExec: Hashable, Sendable {
  /// The running container.
  public var container: String
  /// Names the session; also its cgroup below the container's.
  public var session: String
  /// Whether standard input can be written.
  public var stdin: Bool
  /// Whether the streams are a terminal.
  public var terminal: Bool
  /// Whether a filter travels with the message.
  public var filter: Bool
  /// Seconds after which it is ended; `nil` never.
  public var timeout: Int?

  /// Makes a request.
  public init(container: String, session: String, stdin: Bool, terminal: Bool, filter: Bool, timeout: Int?) {
    self.container = container
    self.session = session
    self.stdin = stdin
    self.terminal = terminal
    self.filter = filter
    self.timeout = timeout
  }

  var members: [JSONMember] {
    var members = [
      JSONMember("container", .string(container)), JSONMember("session", .string(session)),
      JSONMember("stdin", .bool(stdin)), JSONMember("terminal", .bool(terminal)), JSONMember("filter", .bool(filter)),
    ]
    if let timeout { members.append(JSONMember("timeout", .number(timeout))) }
    return members
  }

  init(_ fields: FieldReader) throws(MalformedMessage) {
    container = try fields.string("container")
    session = try fields.string("session")
    stdin = try fields.bool("stdin")
    terminal = try fields.bool("terminal")
    filter = try fields.bool("filter")
    timeout = fields.has("timeout") ? try fields.integer("timeout") : nil
  }
}
