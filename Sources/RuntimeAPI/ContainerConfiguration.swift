/// Everything that makes one container.
public struct ContainerConfiguration: Sendable, Hashable {
  /// Its name.
  public var id: ContainerID
  /// What the OCI specification says about it.
  public var specification: RuntimeSpecification
  /// Where its root filesystem comes from; `specification.root.path` is filled in by runtimes that need it.
  public var rootFilesystem: RootFilesystem
  /// Its log file and streams.
  public var streams: ContainerStreams
  /// The signal of an orderly stop, for a supervisor that ends the pod alone.
  public var stopSignal: Int32

  /// Makes a configuration.
  public init(
    id: ContainerID,
    specification: RuntimeSpecification,
    rootFilesystem: RootFilesystem,
    streams: ContainerStreams,
    stopSignal: Int32 = 15
  ) {
    self.id = id
    self.specification = specification
    self.rootFilesystem = rootFilesystem
    self.streams = streams
    self.stopSignal = stopSignal
  }
}

/// Where a root filesystem comes from.
public enum RootFilesystem: Sendable, Hashable {
  /// Read-only layers, the lowest first, under a writable directory. `upper` and `work` exist, are empty, and lie on
  /// one filesystem.
  case overlay(layers: [String], upper: String, work: String)
  /// A directory of the host, used as it is.
  case directory(String)
}

/// A container's standard streams.
public struct ContainerStreams: Sendable, Hashable {
  /// Name of the log file below the sandbox's log directory, relative: `web/0.log`.
  public var logFile: String
  /// Bytes after which the log file is rotated.
  public var logFileBytes: Int
  /// Log files kept, the current one included.
  public var logFiles: Int
  /// Whether standard input is a pipe (or the terminal) that ``ContainerRuntime/attach(to:)`` gives out; without it the
  /// container reads from `/dev/null`.
  public var stdin: Bool
  /// Whether the pipe's only writing end goes to the first who attaches: the container reads the end of file when they
  /// close it (Kubernetes' `stdinOnce`). Otherwise the supervisor keeps one, and there is no end.
  public var stdinOnce: Bool

  /// Makes streams; 10 MiB and 5 files are the kubelet's defaults.
  public init(
    logFile: String,
    logFileBytes: Int = 10 << 20,
    logFiles: Int = 5,
    stdin: Bool = false,
    stdinOnce: Bool = false
  ) {
    self.logFile = logFile
    self.logFileBytes = logFileBytes
    self.logFiles = logFiles
    self.stdin = stdin
    self.stdinOnce = stdinOnce
  }
}

/// Another process for a running container.
public struct ExecRequest: Sendable, Hashable {
  /// What runs. Capabilities, filter and limits are the container's own; `user`, `args`, `env`, `cwd` and `terminal`
  /// come from here.
  public var process: RuntimeSpecification.Process
  /// Whether the caller writes to its standard input.
  public var stdin: Bool
  /// Seconds after which it is ended together with everything that it started; `nil` waits for ever.
  public var timeout: Int?

  /// Makes a request.
  public init(process: RuntimeSpecification.Process, stdin: Bool = false, timeout: Int? = nil) {
    self.process = process
    self.stdin = stdin
    self.timeout = timeout
  }
}
