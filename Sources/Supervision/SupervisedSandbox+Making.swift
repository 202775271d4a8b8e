import Cgroups
import Glibc
import LaunchPlan
import Linux
import RuntimeAPI
import ShimClient
import StateStore
import Synchronization

/// Where a runtime makes its sandboxes.
public struct SandboxPlace: Sendable {
  /// The pod's directory; its claim exists.
  public var directory: PodDirectory
  /// Where its cgroup goes.
  public var hierarchy: CgroupHierarchy
  /// The supervisor's program.
  public var program: ShimProgram
  /// The runtime's handler name: the sandbox is recovered by that runtime and no other.
  public var handler: String
  /// Directories to make below the pod's.
  public var folders: [String]

  /// Names a place.
  public init(
    directory: PodDirectory,
    hierarchy: CgroupHierarchy,
    program: ShimProgram,
    handler: String,
    folders: [String]
  ) {
    self.directory = directory
    self.hierarchy = hierarchy
    self.program = program
    self.handler = handler
    self.folders = folders
  }
}

extension SupervisedSandbox {
  /// Makes a sandbox, or leaves nothing of it.
  ///
  /// - Parameter network: What gives its network namespace, if the plan says that it is given. It is asked when the
  ///   supervisor has been started.
  public static func make(
    _ configuration: SandboxConfiguration,
    _ plan: SandboxPlan,
    at place: SandboxPlace,
    network: NetworkSource?
  ) async throws(RuntimeError) -> SupervisedSandbox {
    guard place.directory.exists else { throw .notFound("the claim of pod \(configuration.id)") }
    let cgroup = PodCgroup(place.hierarchy, pod: place.directory.pod)
    do throws(CgroupError) { try cgroup.make(place.hierarchy) } catch {
      // Another sandbox has the name, and keeps it.
      if case .failed(_, let error) = error, error.errno == EEXIST {
        throw .alreadyExists("sandbox \(configuration.id)")
      }
      // The first error is the one to tell; what is left goes by the pod's record.
      try? cgroup.destroy()
      throw .failed(step: "make the pod's cgroup", errno: 0, detail: "\(error)")
    }
    do throws(RuntimeError) { return try await start(configuration, plan, place, cgroup, network) } catch {
      // The first error is the one to tell; what cannot be removed now is removed by its record.
      try? cgroup.destroy()
      throw error
    }
  }

  private static func start(
    _ configuration: SandboxConfiguration,
    _ plan: SandboxPlan,
    _ place: SandboxPlace,
    _ cgroup: PodCgroup,
    _ source: NetworkSource?
  ) async throws(RuntimeError) -> SupervisedSandbox {
    let directory = place.directory
    let record = SandboxRecord(handler: place.handler, hasSharedMemory: plan.sharedMemoryBytes > 0)
    let pod = SharedFD(
      try Failures.host("prepare the pod's directory", directory.path) { () throws(SyscallError) in
        let pod = try directory.open()
        for name in ["shm", "root"] + place.folders { try ensureDirectory(pod.raw, name) }
        try record.write(to: pod.raw)
        return pod
      }
    )
    let lock = SharedFD(
      try Failures.host("take the supervisor's lock") { () throws(SyscallError) in
        guard let lock = try PodLock.supervisor.take(in: pod.raw) else { throw SyscallError("lock", EEXIST) }
        return lock
      }
    )
    let logs = SharedFD(
      try Failures.host("open the log directory", configuration.logDirectory) {
        () throws(SyscallError) in try openDirectory(AT_FDCWD, configuration.logDirectory)
      }
    )
    let group = SharedFD(try Failures.cgroup("open the pod's cgroup") { () throws(CgroupError) in try cgroup.open() })
    let leaf = try Failures.cgroup("open the supervisor's cgroup") { () throws(CgroupError) in
      try cgroup.openSupervisor()
    }
    let shim = try Failures.host("start the supervisor") { () throws(SyscallError) in
      try place.program.start(podDirectory: pod.raw, socketName: PodDirectory.socket, cgroup: leaf)
    }
    let pid = shim.pid
    let process = SharedFD(shim.process)
    do throws(RuntimeError) {
      let connection = try connect(shim.socket)
      let network = try await network(from: source)
      do throws(ShimError) {
        var descriptors = [pod.raw, logs.raw, group.raw, lock.raw]
        if let network { descriptors.append(network.namespace) }
        _ = try await connection.request(.sandbox(plan), descriptors: descriptors)
        withExtendedLifetime((pod, logs, group, lock, network)) {}
      } catch {
        throw Failures.shim(error, "sandbox \(configuration.id)", operation: "make the sandbox")
      }
      return SupervisedSandbox(
        id: configuration.id,
        directory: directory,
        cgroup: cgroup,
        connection: connection,
        supervisor: pid,
        supervisorProcess: process,
        hasSharedMemory: record.hasSharedMemory
      )
    } catch {
      // It may have gone by itself.
      try? PidFD.signal(process.raw, SIGKILL)
      reap(process.raw)
      throw error
    }
  }

  private static func network(from source: NetworkSource?) async throws(RuntimeError) -> SandboxNetwork? {
    guard let source else { return nil }
    do { return try await source() } catch {
      let number = (error as? SyscallError)?.errno ?? 0
      throw .failed(step: "make the network namespace", errno: number, detail: number == 0 ? "\(error)" : "")
    }
  }

  private static func connect(_ socket: consuming OwnedFD) throws(RuntimeError) -> ShimConnection {
    do throws(SyscallError) { return try ShimConnection(socket: socket) } catch {
      throw .failed(step: "connect to the supervisor", errno: error.errno, detail: "")
    }
  }

  // MARK: Taking over

  /// Connects to a supervisor whose agent has gone; `nil` if nobody answers, or if another runtime made the sandbox.
  public static func adopt(
    _ id: SandboxID,
    directory: PodDirectory,
    handler: String
  ) async throws(RuntimeError) -> SupervisedSandbox? {
    do throws(SyscallError) {
      let pod = try directory.open()
      guard let record = try PodRecord.read(from: pod.raw, of: directory.pod), record.bootID == (try bootID()),
        let own = try SandboxRecord.read(from: pod.raw), own.handler == handler,
        try PodLock.supervisor.isHeld(in: pod.raw)
      else { return nil }
      let socket = try PacketSocket.connect(in: pod.raw, named: PodDirectory.socket)
      let peer = try PacketSocket.peer(of: socket.raw)
      guard peer.uid == 0 else { return nil }
      let process = SharedFD(try PidFD.open(peer.pid))
      let sandbox = SupervisedSandbox(
        id: id,
        directory: directory,
        cgroup: PodCgroup(path: record.cgroup),
        connection: try ShimConnection(socket: socket),
        supervisor: peer.pid,
        supervisorProcess: process,
        hasSharedMemory: own.hasSharedMemory
      )
      try await sandbox.readState()
      return sandbox
    } catch {
      // A supervisor that goes away meanwhile is one that is not there.
      return nil
    }
  }

  private func readState() async throws(SyscallError) {
    let answer: ShimAnswer
    do throws(ShimError) { answer = try await connection.request(.state) } catch { throw SyscallError("state", EIO) }
    guard case .state(let records) = answer.reply else { return }
    var processes = answer.descriptors[...]
    for record in records {
      guard let container = Self.container(record.container, in: id) else { continue }
      var known = Container(pid: record.pid, startedAt: record.startedAt.map(WallTime.init))
      if let end = record.end {
        connection.note(end)
        known.exit = ContainerExit(end)
      } else {
        known.process = processes.popFirst()
      }
      containers.withLock { $0[container] = known }
    }
  }

  private static func container(_ localName: String, in sandbox: SandboxID) -> ContainerID? {
    guard let dot = localName.lastIndex(of: "."), let attempt = Int(localName[localName.index(after: dot)...]) else {
      return nil
    }
    return ContainerID(sandbox: sandbox, name: String(localName[..<dot]), attempt: attempt)
  }
}
