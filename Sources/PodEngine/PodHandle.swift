import PodLogic
import PodModel
import RuntimeAPI

/// One pod that an engine runs.
public struct PodHandle: Sendable {
  /// What happens to it, from its acceptance to ``PodUpdate/finished(_:)``, for one reader.
  public let updates: AsyncStream<PodUpdate>
  private let pod: Pod
  private let worker: PodWorker
  private let turns: Task<Void, Never>
  private let ports: PodEngine.Ports
  private let settings: EngineSettings

  init(_ pod: Pod, _ worker: PodWorker, _ ports: PodEngine.Ports, _ settings: EngineSettings) {
    self.pod = pod
    self.worker = worker
    self.ports = ports
    self.settings = settings
    updates = worker.updates
    turns = Task { await worker.run() }
  }

  /// Asks the pod to end within a time; the pod's own grace period if none is given. A second wish can only shorten it.
  public func stop(grace: Duration? = nil) {
    worker.send(.stopRequested(grace: grace ?? .seconds(pod.spec.terminationGracePeriodSeconds)))
  }

  /// Ends the pod now.
  public func kill() {
    worker.send(.killRequested)
  }

  /// Removes the pod's files and gives up its ownership, once it has finished; waits until then.
  public func discard() async throws {
    await turns.value
    try PodFiles(directories: settings.directories, pod: pod).removeAll(keeping: settings.retention)
    try await ports.ledger.release(pod)
  }
}

/// Something that happened to a pod, for whoever shows or reports it.
public enum PodUpdate: Sendable {
  /// Its status has changed.
  case status(PodStatus)
  /// Something worth telling, when it happened.
  case notice(PodNotice, at: Moment)
  /// An attempt of a container is set up; its log will be in this file.
  case created(container: String, attempt: Int, logFile: String)
  /// The open streams of an attempt that has not started.
  case attached(container: String, attempt: Int, Attachment)
  /// An attempt's program runs in this process.
  case started(container: String, attempt: Int, pid: Int32, at: Moment)
  /// An attempt has ended; its log file is complete.
  case ended(container: String, attempt: Int, Termination, at: Moment)
  /// A resource limit that the pod asks for is not in force.
  case limitDropped(ConfigurationError)
  /// Nothing of the pod is left in the kernel; its last status.
  case finished(PodStatus)
}
