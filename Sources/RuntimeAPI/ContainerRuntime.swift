/// What makes and ends containers. It speaks the OCI runtime specification plus a sandbox, and knows no pods.
///
/// Every operation either happens or throws and leaves nothing behind. A runtime that cannot honour a field refuses it
/// with ``RuntimeError/unsupported(path:runtime:)`` before any side effect.
public protocol ContainerRuntime: Sendable {
  /// What it can do on this machine.
  var features: RuntimeFeatures { get }

  /// Makes the namespaces that the containers of one pod share, and their supervisor.
  ///
  /// - Parameter network: Gives the network namespace that it joins; `nil` has the runtime make one, unless the
  ///   configuration wants the host's.
  func createSandbox(
    _ configuration: SandboxConfiguration,
    in network: NetworkSource?
  ) async throws(RuntimeError) -> SandboxStatus
  /// Ends whatever still runs in the sandbox and removes everything of it from the machine. Repeating it does no harm.
  func removeSandbox(_ sandbox: SandboxID) async throws(RuntimeError)

  /// The network namespace of a sandbox that has one of its own; it exists until the sandbox is removed.
  func network(of sandbox: SandboxID) async throws(RuntimeError) -> SandboxNetwork

  /// Gives the containers of a sandbox something to bind from, which nobody else on the machine sees. Repeating a name
  /// puts the new mount over the old one.
  ///
  /// - Parameter name: Any file name.
  /// - Returns: The source path that mounts of this sandbox's configurations use.
  func addMount(_ mount: DetachedMount, named name: String, to sandbox: SandboxID) async throws(RuntimeError) -> String
  /// The same with what is at a path in a volume, opened beneath it however containers move things about meanwhile;
  /// directories that are missing are made.
  func addSubPath(
    _ path: String,
    of volume: String,
    named name: String,
    to sandbox: SandboxID
  ) async throws(RuntimeError) -> String
  /// Takes either away again; containers that have bound it keep it.
  func removeMount(named name: String, from sandbox: SandboxID) async throws(RuntimeError)

  /// Keeps an open file open for as long as a container that is about to be made can use what its lock protects.
  ///
  /// - Parameter descriptor: Borrowed; the runtime has one of its own when this returns.
  func hold(_ descriptor: Int32, for container: ContainerID) async throws(RuntimeError)

  /// First phase of a start: everything is set up and the container waits before its first instruction.
  func create(_ configuration: ContainerConfiguration) async throws(RuntimeError) -> ContainerStatus
  /// Second phase: the container's program runs when this returns.
  func start(_ container: ContainerID) async throws(RuntimeError) -> ContainerStatus
  /// Sends a signal. ``SignalTarget/everyProcess`` with SIGKILL also ends what the container forked.
  func signal(_ container: ContainerID, _ signal: Int32, to target: SignalTarget) async throws(RuntimeError)
  /// Returns when the container has ended, at once if it has already. It may be called any number of times.
  func wait(for container: ContainerID) async throws(RuntimeError) -> ContainerExit
  /// Runs another process inside a running container, with the container's own sandbox.
  func exec(_ request: ExecRequest, in container: ContainerID) async throws(RuntimeError) -> any ExecSession
  /// The container's standard streams, where the configuration asked for them.
  func attach(to container: ContainerID) async throws(RuntimeError) -> Attachment
  /// Removes an ended or never started container.
  func delete(_ container: ContainerID) async throws(RuntimeError)

  /// Everything that this runtime knows of below its run directory.
  func list() async throws(RuntimeError) -> [SandboxStatus]
  /// Takes over sandboxes whose owner has gone, after a restart of the agent, and returns what it found.
  func recover() async throws(RuntimeError) -> [SandboxStatus]
}

/// A network namespace that is on its way: it is made, and connected, while a sandbox's supervisor starts.
public typealias NetworkSource = @Sendable () async throws -> SandboxNetwork

extension ContainerRuntime {
  /// Makes a sandbox whose network namespace, where it has one of its own, the runtime makes.
  public func createSandbox(_ configuration: SandboxConfiguration) async throws(RuntimeError) -> SandboxStatus {
    try await createSandbox(configuration, in: nil)
  }
}

/// Whom a signal reaches.
public enum SignalTarget: Sendable, Hashable {
  /// The container's first process.
  case initProcess
  /// Every process in the container's cgroup. Only SIGKILL can be sent so (`cgroup.kill`).
  case everyProcess
}

/// What a runtime can do on this machine.
public struct RuntimeFeatures: Sendable, Hashable {
  /// The handler name that a pod's `runtimeClassName` would give: `native`, `oci:crun`.
  public var handler: String
  /// Version text for people and for the node's status.
  public var version: String
  /// Resource limits that can be enforced here, as paths of the specification (`linux.resources.memory.limit`).
  public var enforceableLimits: Set<String>
  /// Whether ``ContainerRuntime/exec(_:in:)`` works.
  public var exec: Bool
  /// Whether ``ContainerRuntime/attach(to:)`` and terminals work.
  public var attach: Bool

  /// Makes a description.
  public init(handler: String, version: String, enforceableLimits: Set<String>, exec: Bool, attach: Bool) {
    self.handler = handler
    self.version = version
    self.enforceableLimits = enforceableLimits
    self.exec = exec
    self.attach = attach
  }
}
