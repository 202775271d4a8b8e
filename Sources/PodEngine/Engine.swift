import PodLogic
import PodModel
import RuntimeAPI

/// Runs pods: the same engine serves `swiftlet run` with one pod and the agent with all of a node's.
public struct PodEngine: Sendable {
  /// What it works with.
  public struct Ports: Sendable {
    /// What makes and ends containers.
    public var runtime: any ContainerRuntime
    /// Where images come from.
    public var images: any ImageSource
    /// Who owns which pod.
    public var ledger: any PodLedger
    /// What connects pods to the network.
    public var network: any PodConnector
    /// What pods refer to.
    public var objects: any ObjectSource
    /// What sends the requests of hooks and probes.
    public var requester: any ContainerRequester
    /// Where time comes from.
    public var clock: any EngineClock

    /// Collects them. Without `network` pods have their loopback interface only; without `objects` there are no ConfigMaps
    /// and Secrets; without `requester`, hooks and probes that send a request fail.
    public init(
      runtime: any ContainerRuntime,
      images: any ImageSource,
      ledger: any PodLedger,
      network: any PodConnector = LoopbackOnly(),
      objects: any ObjectSource = NoObjects(),
      requester: any ContainerRequester = NoRequests(),
      clock: any EngineClock
    ) {
      self.runtime = runtime
      self.images = images
      self.ledger = ledger
      self.network = network
      self.objects = objects
      self.requester = requester
      self.clock = clock
    }
  }

  private let ports: Ports
  private let settings: EngineSettings

  /// Makes an engine; it does nothing until a pod comes.
  public init(_ ports: Ports, _ settings: EngineSettings) {
    self.ports = ports
    self.settings = settings
  }

  /// Becomes the owner of a pod and begins to run it.
  ///
  /// - Throws: ``AdmissionError`` if this node cannot run it as it is written, before anything was done for it; the
  ///   ledger's error if somebody else owns it.
  public func accept(_ pod: Pod) async throws -> PodHandle {
    let policy = LimitPolicy(
      enforceable: ports.runtime.features.enforceableLimits,
      bestEffort: settings.bestEffortLimits
    )
    let problems = Admission.problems(pod, policy)
    guard problems.isEmpty, let sandbox = SandboxID(pod.metadata.uid ?? "") else {
      throw AdmissionError(problems: problems)
    }
    try await ports.ledger.claim(pod)
    return PodHandle(pod, PodWorker(pod, sandbox, ports, settings), ports, settings)
  }
}

/// What holds for all pods of an engine.
public struct EngineSettings: Sendable {
  /// Where files are.
  public var directories: PodDirectories
  /// This machine.
  public var host: HostFacts
  /// Drops limits that nobody can enforce here, with a notice for each, instead of refusing pods.
  public var bestEffortLimits: Bool
  /// What becomes of pods when this process goes away.
  public var pods: PodsAfterOwner
  /// Containers whose standard streams are opened before they run. Whoever names one reads what it writes.
  public var attached: Set<String>
  /// What stays on disk of attempts and pods that have ended.
  public var retention: Retention
  /// Directory of the seccomp profiles that `Localhost` names.
  public var seccompProfiles: String

  /// Makes settings.
  public init(
    directories: PodDirectories,
    host: HostFacts,
    bestEffortLimits: Bool = false,
    pods: PodsAfterOwner = .runOn,
    attached: Set<String> = [],
    retention: Retention = Retention(keepsLogs: false, keepsLayers: false),
    seccompProfiles: String
  ) {
    self.directories = directories
    self.host = host
    self.bestEffortLimits = bestEffortLimits
    self.pods = pods
    self.attached = attached
    self.retention = retention
    self.seccompProfiles = seccompProfiles
  }
}

/// What becomes of pods when their owner goes away.
public enum PodsAfterOwner: Sendable {
  /// They run on and wait to be adopted.
  case runOn
  /// Their supervisors end them within their grace period.
  case end
}
