import Cgroups
import Glibc
import LaunchPlan
import Linux
import RuntimeAPI
import ShimClient
import StateStore
import Synchronization

/// One sandbox with its supervisor, its cgroup and what is known of its containers: everything that does not depend on
/// how a container is made.
public final class SupervisedSandbox: Sendable {
  struct Container: Sendable {
    var process: SharedFD?
    var pid: Int32
    var startedAt: WallTime?
    var exit: ContainerExit?
  }

  /// Its name.
  public let id: SandboxID
  /// The pod's directory.
  public let directory: PodDirectory
  /// The pod's cgroup.
  public let cgroup: PodCgroup
  /// The way to the supervisor.
  public let connection: ShimConnection
  let supervisor: Int32
  private let supervisorProcess: SharedFD
  private let hasSharedMemory: Bool
  let containers = Mutex<[ContainerID: Container]>([:])

  init(
    id: SandboxID,
    directory: PodDirectory,
    cgroup: PodCgroup,
    connection: ShimConnection,
    supervisor: Int32,
    supervisorProcess: SharedFD,
    hasSharedMemory: Bool
  ) {
    self.id = id
    self.directory = directory
    self.cgroup = cgroup
    self.connection = connection
    self.supervisor = supervisor
    self.supervisorProcess = supervisorProcess
    self.hasSharedMemory = hasSharedMemory
  }

  /// What is known now.
  public var status: SandboxStatus {
    let containers = containers.withLock { $0 }
    return SandboxStatus(
      id: id,
      supervisor: connection.isClosed ? nil : supervisor,
      sharedMemoryPath: hasSharedMemory ? directory.sharedMemory : "/dev/shm",
      containers: containers.map { ContainerStatus(id: $0.key, state: $0.value.state) }
        .sorted { $0.id.description < $1.id.description }
    )
  }

  // MARK: Removing

  /// Ends everything and removes every kernel object of the sandbox; the pod's directory stays for its claim.
  public func remove() async throws(RuntimeError) {
    // A supervisor that is gone or does not answer is ended with its cgroup below.
    _ = try? await connection.request(.shutDown, seconds: 5)
    connection.close()
    // If it cannot be watched it is ended below.
    if (try? PidFD.waitForEnd(supervisorProcess.raw, milliseconds: 1000)) != true {
      // It may have gone in between.
      try? PidFD.signal(supervisorProcess.raw, SIGKILL)
    }
    try Failures.cgroup("remove the pod's cgroup") { () throws(CgroupError) in try cgroup.destroy() }
    Self.reap(supervisorProcess.raw)
  }

  static func reap(_ process: Int32) {
    // Ended or ending; an adopted supervisor is no child of ours and is reaped by its parent.
    _ = try? PidFD.waitForEnd(process, milliseconds: 1000)
    _ = try? PidFD.reap(process)
  }
}

extension SupervisedSandbox.Container {
  /// Where it is in its life.
  var state: ContainerState {
    if let exit { return .ended(exit) }
    if let startedAt { return .running(pid: pid, startedAt: startedAt) }
    return .created(pid: pid)
  }
}
