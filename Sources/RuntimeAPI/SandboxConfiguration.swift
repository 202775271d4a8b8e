/// What the containers of one pod share.
public struct SandboxConfiguration: Sendable, Hashable {
  /// Its name.
  public var id: SandboxID
  /// Host name inside its UTS namespace.
  public var hostname: String
  /// Where its namespaces come from.
  public var namespaces: SandboxNamespaces
  /// Kernel parameters of its namespaces, dotted names.
  public var sysctls: [String: String]
  /// Bytes of the `/dev/shm` that its containers share.
  public var sharedMemorySize: Int64
  /// Directory for the containers' log files; it exists.
  public var logDirectory: String
  /// What happens when the process that asked for the sandbox goes away.
  public var whenOwnerEnds: OwnerEnds
  /// What its containers will most likely be; a runtime may prepare for them while it waits.
  public var expected: ExpectedContainers?

  /// Makes a configuration.
  public init(
    id: SandboxID,
    hostname: String,
    namespaces: SandboxNamespaces = SandboxNamespaces(),
    sysctls: [String: String] = [:],
    sharedMemorySize: Int64 = 64 << 20,
    logDirectory: String,
    whenOwnerEnds: OwnerEnds,
    expected: ExpectedContainers? = nil
  ) {
    self.id = id
    self.hostname = hostname
    self.namespaces = namespaces
    self.sysctls = sysctls
    self.sharedMemorySize = sharedMemorySize
    self.logDirectory = logDirectory
    self.whenOwnerEnds = whenOwnerEnds
    self.expected = expected
  }
}

/// Containers that are still to come. A guess that turns out wrong costs a little time and changes nothing else.
public struct ExpectedContainers: Sendable, Hashable {
  /// How many.
  public var count: Int
  /// What each mounts, as its specification will have it.
  public var mounts: [RuntimeSpecification.Mount]

  /// Makes a guess.
  public init(count: Int, mounts: [RuntimeSpecification.Mount]) {
    self.count = count
    self.mounts = mounts
  }
}

/// Where a sandbox's namespaces come from.
public struct SandboxNamespaces: Sendable, Hashable {
  /// The host's network instead of one of its own; the host's UTS namespace comes with it, as in Kubernetes.
  public var hostNetwork: Bool
  /// The host's IPC namespace and `/dev/shm`.
  public var hostIPC: Bool
  /// Which processes the containers see.
  public var processes: ProcessVisibility

  /// Makes a choice; everything is the sandbox's own by default.
  public init(
    hostNetwork: Bool = false,
    hostIPC: Bool = false,
    processes: ProcessVisibility = .perContainer
  ) {
    self.hostNetwork = hostNetwork
    self.hostIPC = hostIPC
    self.processes = processes
  }
}

/// Which processes a container sees.
public enum ProcessVisibility: String, Sendable, Hashable {
  /// Each container has a PID namespace of its own.
  case perContainer
  /// The containers of the sandbox share one, whose first process only reaps.
  case sharedInSandbox
  /// The host's.
  case host
}

/// What a supervisor does when the first process that asked it for anything has gone.
public enum OwnerEnds: Sendable, Hashable {
  /// Containers run on and wait to be adopted.
  case keepRunning
  /// Every container gets its stop signal, and SIGKILL after this many seconds.
  case endGracefully(seconds: Int)
}
