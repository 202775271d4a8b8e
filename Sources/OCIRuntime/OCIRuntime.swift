import Cgroups
import Glibc
import LaunchPlan
import Linux
import RuntimeAPI
import ShimClient
import StateStore
import Supervision
import Synchronization

/// Where an OCI runtime keeps its things.
public struct OCIRuntimeConfiguration: Sendable, Hashable {
  /// The runtime's program: an absolute path, or a name such as `crun` that is searched in the usual directories.
  public var binary: String
  /// The run directory: `/run/swiftlet`.
  public var runDirectory: String
  /// The supervisor's program.
  public var shim: String
  /// Where its cgroups go.
  public var hierarchy: CgroupHierarchy

  /// Makes a configuration.
  public init(binary: String, runDirectory: String, shim: String, hierarchy: CgroupHierarchy) {
    self.binary = binary
    self.runDirectory = runDirectory
    self.shim = shim
    self.hierarchy = hierarchy
  }
}

/// Containers made by the command line of any OCI runtime (`runc(8)`), below the same supervisor as the native ones.
///
/// The sandbox, the cgroup with its limits and device control, the root filesystem, the logs and the exits are the
/// supervisor's and ours; the runtime makes the container inside of them. It does not do `exec`, `attach`, terminals and
/// standard input yet, and says so. A sandbox's pod must be claimed (``PodClaim``) before it is made.
public final class OCIRuntime: ContainerRuntime {
  /// Its handler name, the program's own version, and the limits that can be enforced here.
  public let features: RuntimeFeatures
  private let configuration: OCIRuntimeConfiguration
  private let commands: CommandLines
  private let program: ShimProgram
  private let controllers: Set<String>
  private let sandboxes = Mutex<[SandboxID: SupervisedSandbox]>([:])

  /// Finds the runtime and asks for its version, seals the supervisor's program and prepares the cgroup hierarchy.
  public init(_ configuration: OCIRuntimeConfiguration) throws(RuntimeError) {
    self.configuration = configuration
    try RootDirectoryCheck.run()
    commands = try CommandLines(binary: configuration.binary)
    do throws(SyscallError) { program = try ShimProgram(path: configuration.shim) } catch {
      throw .failed(step: "read the supervisor's program", errno: error.errno, detail: configuration.shim)
    }
    try Failures.cgroup("prepare the cgroup hierarchy") { () throws(CgroupError) in
      try configuration.hierarchy.prepare()
    }
    controllers = configuration.hierarchy.availableControllers()
    features = RuntimeFeatures(
      handler: "oci:\(configuration.binary)",
      version: commands.version,
      enforceableLimits: ResourcePlanning.enforceable(with: controllers),
      exec: false,
      attach: false
    )
  }

  /// As for the native runtime, except that PID namespaces cannot be shared.
  public func createSandbox(
    _ configuration: SandboxConfiguration,
    in network: NetworkSource?
  ) async throws(RuntimeError) -> SandboxStatus {
    if configuration.namespaces.processes == .sharedInSandbox {
      throw .unsupported(path: "namespaces.processes (sharedInSandbox)", runtime: features.handler)
    }
    let directory = PodDirectory(runDirectory: self.configuration.runDirectory, pod: "\(configuration.id)")
    let hierarchy = self.configuration.hierarchy
    let plan = try SandboxPlanning.plan(
      configuration,
      directory,
      networkIsGiven: network != nil,
      unifiedCgroupView: hierarchy.mountPoint != "/sys/fs/cgroup"
    )
    let sandbox = try await SupervisedSandbox.make(
      configuration,
      plan,
      at: SandboxPlace(
        directory: directory,
        hierarchy: hierarchy,
        program: program,
        handler: features.handler,
        folders: [Bundle.folder, CommandLines.stateFolder]
      ),
      network: network
    )
    sandboxes.withLock { $0[configuration.id] = sandbox }
    return sandbox.status
  }

  /// Ends everything in it; the runtime's own state goes with the pod's directory.
  public func removeSandbox(_ id: SandboxID) async throws(RuntimeError) {
    guard let sandbox = sandboxes.withLock({ $0[id] }) else { return }
    try await sandbox.remove()
    _ = sandboxes.withLock { $0.removeValue(forKey: id) }
  }

  /// The network of a sandbox that has one of its own.
  public func network(of sandbox: SandboxID) async throws(RuntimeError) -> SandboxNetwork {
    try await find(sandbox).network()
  }

  /// Has the supervisor hold an open file until the container is deleted.
  public func hold(_ descriptor: Int32, for container: ContainerID) async throws(RuntimeError) {
    try await find(container.sandbox).hold(descriptor, for: container)
  }

  /// Gives the containers of a sandbox something to bind from.
  public func addMount(
    _ mount: DetachedMount,
    named name: String,
    to sandbox: SandboxID
  ) async throws(RuntimeError) -> String {
    try await find(sandbox).addMount(mount, named: name)
  }

  /// The same with what is at a path in a volume.
  public func addSubPath(
    _ path: String,
    of volume: String,
    named name: String,
    to sandbox: SandboxID
  ) async throws(RuntimeError) -> String {
    try await find(sandbox).addSubPath(path, of: volume, named: name)
  }

  /// Takes either away again.
  public func removeMount(named name: String, from sandbox: SandboxID) async throws(RuntimeError) {
    try await find(sandbox).removeMount(named: name)
  }

  /// Writes a bundle and lets the supervisor run `create` on it.
  public func create(_ configuration: ContainerConfiguration) async throws(RuntimeError) -> ContainerStatus {
    let sandbox = try find(configuration.id.sandbox)
    try sandbox.refuseKnown(configuration.id)
    let creation = try ContainerCreation(
      configuration,
      in: sandbox,
      commands: commands,
      hierarchy: self.configuration.hierarchy,
      controllers: controllers,
      runtime: features.handler
    )
    return try await creation.run()
  }

  /// Runs `start`. A container that cannot run is gone afterwards.
  public func start(_ container: ContainerID) async throws(RuntimeError) -> ContainerStatus {
    let sandbox = try find(container.sandbox)
    do throws(RuntimeError) { return try await sandbox.start(container) } catch {
      if sandbox.knows(container) { throw error }
      let bundle = Bundle(container, in: sandbox.directory)
      let told = CommandLog(bundle.log).explain(error)
      bundle.remove()
      throw told
    }
  }

  /// Sends a signal by pidfd, or ends the cgroup; no command is run for it.
  public func signal(_ container: ContainerID, _ signal: Int32, to target: SignalTarget) async throws(RuntimeError) {
    try await find(container.sandbox).signal(container, signal, to: target)
  }

  /// Returns when the first process has ended and its cgroup is empty.
  public func wait(for container: ContainerID) async throws(RuntimeError) -> ContainerExit {
    try await find(container.sandbox).wait(for: container)
  }

  /// Not done yet: throws ``RuntimeError/unsupported(path:runtime:)``.
  public func exec(_ request: ExecRequest, in container: ContainerID) async throws(RuntimeError) -> any ExecSession {
    throw .unsupported(path: "exec", runtime: features.handler)
  }

  /// Not done yet: throws ``RuntimeError/unsupported(path:runtime:)``.
  public func attach(to container: ContainerID) async throws(RuntimeError) -> Attachment {
    throw .unsupported(path: "attach", runtime: features.handler)
  }

  /// Runs `delete --force` and removes the bundle.
  public func delete(_ container: ContainerID) async throws(RuntimeError) {
    let sandbox = try find(container.sandbox)
    let bundle = Bundle(container, in: sandbox.directory)
    do throws(RuntimeError) { try await sandbox.delete(container) } catch {
      throw CommandLog(bundle.log).explain(error)
    }
    bundle.remove()
  }

  /// What this object made or recovered.
  public func list() async throws(RuntimeError) -> [SandboxStatus] {
    sandboxes.withLock { Array($0.values) }.map(\.status).sorted { $0.id.description < $1.id.description }
  }

  /// Takes over sandboxes that a runtime of the same handler name made.
  public func recover() async throws(RuntimeError) -> [SandboxStatus] {
    var recovered: [SandboxStatus] = []
    for directory in try Failures.host(
      "read the run directory",
      configuration.runDirectory,
      {
        () throws(SyscallError) in try PodDirectory.all(runDirectory: configuration.runDirectory)
      }
    ) {
      guard let id = SandboxID(directory.pod), sandboxes.withLock({ $0[id] }) == nil,
        let sandbox = try await SupervisedSandbox.adopt(id, directory: directory, handler: features.handler)
      else { continue }
      sandboxes.withLock { $0[id] = sandbox }
      recovered.append(sandbox.status)
    }
    return recovered
  }

  private func find(_ id: SandboxID) throws(RuntimeError) -> SupervisedSandbox {
    guard let sandbox = sandboxes.withLock({ $0[id] }) else { throw .notFound("sandbox \(id)") }
    return sandbox
  }
}
