import Cgroups
import Glibc
import LaunchPlan
import Linux
import Privileges
import RuntimeAPI
import ShimClient
import StateStore
import Supervision
import Synchronization

/// Where a native runtime keeps its things.
public struct NativeRuntimeConfiguration: Sendable, Hashable {
  /// The run directory: `/run/swiftlet`.
  public var runDirectory: String
  /// Where compiled filters are cached: `/var/lib/swiftlet/seccomp`. Its parent exists.
  public var filterCache: String
  /// The supervisor's program.
  public var shim: String
  /// Where its cgroups go.
  public var hierarchy: CgroupHierarchy

  /// Makes a configuration.
  public init(runDirectory: String, filterCache: String, shim: String, hierarchy: CgroupHierarchy) {
    self.runDirectory = runDirectory
    self.filterCache = filterCache
    self.shim = shim
    self.hierarchy = hierarchy
  }
}

/// The project's own runtime: namespaces, cgroup v2, seccomp and capabilities, through one supervisor per sandbox.
///
/// A sandbox's pod must be claimed (``PodClaim``) before it is made, because the claim's record is what removes a sandbox
/// whose agent died.
public final class NativeRuntime: ContainerRuntime {
  /// What it can do on this machine.
  public let features: RuntimeFeatures
  private let configuration: NativeRuntimeConfiguration
  private let program: ShimProgram
  private let filters: FilterCache
  private let devicePrograms = DevicePrograms()
  private let controllers: Set<String>
  private let sandboxes = Mutex<[SandboxID: NativeSandbox]>([:])

  /// Seals the supervisor's program and prepares the cgroup hierarchy.
  public init(_ configuration: NativeRuntimeConfiguration) throws(RuntimeError) {
    self.configuration = configuration
    try RootDirectoryCheck.run()
    do throws(SyscallError) { program = try ShimProgram(path: configuration.shim) } catch {
      throw .failed(step: "read the supervisor's program", errno: error.errno, detail: configuration.shim)
    }
    do throws(PrivilegesError) { filters = try FilterCache(directory: configuration.filterCache) } catch {
      throw .failed(step: "open the filter cache", errno: 0, detail: "\(error)")
    }
    do throws(CgroupError) { try configuration.hierarchy.prepare() } catch {
      throw .failed(step: "prepare the cgroup hierarchy", errno: 0, detail: "\(error)")
    }
    controllers = configuration.hierarchy.availableControllers()
    features = RuntimeFeatures(
      handler: "native",
      version: "1",
      enforceableLimits: ResourcePlanning.enforceable(with: controllers),
      exec: true,
      attach: true
    )
  }

  /// Makes the namespaces of one pod with their supervisor; the pod must be claimed.
  public func createSandbox(
    _ configuration: SandboxConfiguration,
    in network: NetworkSource?
  ) async throws(RuntimeError) -> SandboxStatus {
    let directory = PodDirectory(runDirectory: self.configuration.runDirectory, pod: "\(configuration.id)")
    let stock = try configuration.expected.map { (expected) throws(RuntimeError) in try StockPlanning.plan(expected) }
    let base = try await SupervisedSandbox.make(
      configuration,
      try SandboxPlanning.plan(configuration, directory, networkIsGiven: network != nil),
      at: SandboxPlace(
        directory: directory,
        hierarchy: self.configuration.hierarchy,
        program: program,
        handler: features.handler,
        folders: ["plans"]
      ),
      network: network
    )
    // Nobody waits for it: containers make for themselves what is not there.
    if let stock { base.connection.tell(.stock(stock)) }
    sandboxes.withLock { $0[configuration.id] = NativeSandbox(base, devicePrograms) }
    return base.status
  }

  /// Ends everything in the sandbox and removes it from the machine.
  public func removeSandbox(_ id: SandboxID) async throws(RuntimeError) {
    guard let sandbox = sandboxes.withLock({ $0[id] }) else { return }
    try await sandbox.base.remove()
    _ = sandboxes.withLock { $0.removeValue(forKey: id) }
  }

  /// The network of a sandbox that has one of its own.
  public func network(of sandbox: SandboxID) async throws(RuntimeError) -> SandboxNetwork {
    try await find(sandbox).base.network()
  }

  /// Has the supervisor hold an open file until the container is deleted.
  public func hold(_ descriptor: Int32, for container: ContainerID) async throws(RuntimeError) {
    try await find(container.sandbox).base.hold(descriptor, for: container)
  }

  /// Gives the containers of a sandbox something to bind from.
  public func addMount(
    _ mount: DetachedMount,
    named name: String,
    to sandbox: SandboxID
  ) async throws(RuntimeError) -> String {
    try await find(sandbox).base.addMount(mount, named: name)
  }

  /// The same with what is at a path in a volume.
  public func addSubPath(
    _ path: String,
    of volume: String,
    named name: String,
    to sandbox: SandboxID
  ) async throws(RuntimeError) -> String {
    try await find(sandbox).base.addSubPath(path, of: volume, named: name)
  }

  /// Takes either away again.
  public func removeMount(named name: String, from sandbox: SandboxID) async throws(RuntimeError) {
    try await find(sandbox).base.removeMount(named: name)
  }

  /// Sets a container up to the point before its first instruction.
  public func create(_ configuration: ContainerConfiguration) async throws(RuntimeError) -> ContainerStatus {
    let sandbox = try find(configuration.id.sandbox)
    let filter = try filter(configuration.specification.linux.seccomp)
    let planning = try ContainerPlanning(
      configuration,
      rootMountPoint: sandbox.base.directory.rootMountPoint,
      filterFlags: filter?.flags ?? 0,
      controllers: controllers
    )
    return try await sandbox.create(configuration, planning, filter: filter?.bytes)
  }

  /// The compiled filter of a profile.
  private func filter(_ profile: SeccompProfile?) throws(RuntimeError) -> CompiledFilter? {
    guard let profile else { return nil }
    do throws(PrivilegesError) {
      return try filters.filter(for: profile, on: try SeccompPlatform.required()).filter
    } catch {
      throw .invalid(path: "linux.seccomp", reason: "\(error)")
    }
  }

  /// Lets a created container run.
  public func start(_ container: ContainerID) async throws(RuntimeError) -> ContainerStatus {
    let sandbox = try find(container.sandbox)
    do throws(RuntimeError) { return try await sandbox.base.start(container) } catch {
      if !sandbox.base.knows(container) { sandbox.forget(container) }
      throw error
    }
  }

  /// Sends a signal to its first process, or SIGKILL to all of them.
  public func signal(_ container: ContainerID, _ signal: Int32, to target: SignalTarget) async throws(RuntimeError) {
    try await find(container.sandbox).base.signal(container, signal, to: target)
  }

  /// Returns when it has ended.
  public func wait(for container: ContainerID) async throws(RuntimeError) -> ContainerExit {
    try await find(container.sandbox).base.wait(for: container)
  }

  /// Runs another process inside it.
  public func exec(_ request: ExecRequest, in container: ContainerID) async throws(RuntimeError) -> any ExecSession {
    try await find(container.sandbox).exec(request, in: container)
  }

  /// Its standard streams.
  public func attach(to container: ContainerID) async throws(RuntimeError) -> Attachment {
    try await find(container.sandbox).attach(to: container)
  }

  /// Removes an ended or never started container.
  public func delete(_ container: ContainerID) async throws(RuntimeError) {
    let sandbox = try find(container.sandbox)
    try await sandbox.base.delete(container)
    sandbox.forget(container)
  }

  /// The sandboxes that this object knows of.
  public func list() async throws(RuntimeError) -> [SandboxStatus] {
    sandboxes.withLock { Array($0.values) }.map(\.base.status).sorted { $0.id.description < $1.id.description }
  }

  /// Takes over sandboxes whose agent has gone.
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
        let base = try await SupervisedSandbox.adopt(id, directory: directory, handler: features.handler)
      else { continue }
      sandboxes.withLock { $0[id] = NativeSandbox(base, devicePrograms) }
      recovered.append(base.status)
    }
    return recovered
  }

  private func find(_ id: SandboxID) throws(RuntimeError) -> NativeSandbox {
    guard let sandbox = sandboxes.withLock({ $0[id] }) else { throw .notFound("sandbox \(id)") }
    return sandbox
  }
}
