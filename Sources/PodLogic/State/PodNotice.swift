import PodModel

/// Something worth telling about a pod, with Kubernetes' event reasons.
public struct PodNotice: Hashable, Sendable {
  /// Whether something went wrong.
  public var isWarning: Bool
  /// Kubernetes' event reason.
  public var reason: String
  /// One sentence for a person.
  public var message: String
  /// The container that it is about.
  public var container: String?
  /// Whether it says again, with how far it is, what was told when it began.
  public internal(set) var isRepetition = false

  init(_ reason: String, _ message: String, container: String? = nil, isWarning: Bool = false) {
    self.isWarning = isWarning
    self.reason = reason
    self.message = message
    self.container = container
  }

  /// A pod's resolver configuration is not what it could be.
  public static func dnsConfigForming(_ message: String) -> PodNotice {
    PodNotice("DNSConfigForming", message, isWarning: true)
  }

  /// How much a volume holds cannot be found out, so that its limit may not be in force.
  public static func volumeNotMeasured(_ volume: String, limit: String, _ why: String) -> PodNotice {
    let message =
      "EmptyDir volume \"\(volume)\" may hold more than its limit \"\(limit)\": it cannot be measured: \(why)"
    return PodNotice("VolumeNotMeasured", message, isWarning: true)
  }

  /// Its `activeDeadlineSeconds` are over.
  public static let deadlineExceeded = PodNotice(PodState.deadlineExceeded, PodState.deadlineMessage)

  /// What an event has to tell; `nil` for events that only matter inside.
  public init?(_ event: PodEvent, of pod: Pod) {
    switch event {
    case .sandboxFailed(let text):
      self.init("FailedCreatePodSandBox", "Failed to create pod sandbox: \(text)", isWarning: true)
    case .volumesFailed(let text):
      self.init("FailedMount", text, isWarning: true)
    case .sandboxLost:
      self.init("SandboxChanged", "Pod sandbox changed, it will be killed and re-created.")
    case .sandboxRemovalFailed(let text):
      self.init("FailedKillPod", "error killing pod: \(text)", isWarning: true)
    case .evicted(let message):
      self.init(PodState.evicted, message, isWarning: true)
    case .container(let name, _, let event):
      let image = pod.spec.allContainers.first { $0.name == name }?.image ?? ""
      self.init(event, container: name, image: image)
    case .sandboxCreated, .sandboxRemoved, .stopRequested, .killRequested: return nil
    }
  }

  private init?(_ event: ContainerEvent, container: String, image: String) {
    switch event {
    case .imagePulling: self.init("Pulling", "Pulling image \"\(image)\"", container: container)
    case .imageReady(_, nil):
      self.init("Pulled", "Container image \"\(image)\" already present on machine", container: container)
    case .imageReady(_, let pulled?):
      self.init(
        "Pulled",
        "Successfully pulled image \"\(image)\" in \(pulled.duration.inMilliseconds). Image size: \(pulled.bytes) bytes.",
        container: container
      )
    case .imageFailed(.pull(let text)):
      self.init("Failed", "Failed to pull image \"\(image)\": \(text)", container: container, isWarning: true)
    case .imageFailed(let failure):
      self.init(failure.eventReason, failure.message, container: container, isWarning: true)
    case .created: self.init("Created", "Container created", container: container)
    case .started: self.init("Started", "Container started", container: container)
    case .createFailed(let failure):
      self.init("Failed", "Error: \(failure.message)", container: container, isWarning: true)
    case .startFailed(_, let text):
      self.init("Failed", "Error: \(text)", container: container, isWarning: true)
    case .signalFailed(let text), .deleteFailed(let text):
      self.init("FailedKillPod", "error killing container: \(text)", container: container, isWarning: true)
    case .postStartEnded(let failure?):
      self.init("FailedPostStartHook", "PostStartHook failed: \(failure)", container: container, isWarning: true)
    case .preStopEnded(let failure?):
      self.init("FailedPreStopHook", "PreStopHook failed: \(failure)", container: container, isWarning: true)
    case .probed(let kind, .failure(let text)):
      self.init("Unhealthy", "\(kind.title) probe failed: \(text)", container: container, isWarning: true)
    case .probed(let kind, .unknown(let text)):
      self.init("Unhealthy", "\(kind.title) probe errored: \(text)", container: container, isWarning: true)
    case .imageProgress, .postStartEnded, .preStopEnded, .probed, .ended, .deleted: return nil
    }
  }

  /// What an action has to tell when it begins. A container's end begins with its `preStop` hook.
  public init?(_ action: PodAction, of pod: Pod, in state: PodState) {
    guard case .container(let name, _, let action) = action else { return nil }
    let container = pod.spec.allContainers.first { $0.name == name }
    switch action {
    case .stop where container?.lifecycle?.preStop != nil: return nil
    case .stop, .preStop: self.init("Killing", state.reason(toStop: name, of: pod), container: name)
    case .kill:
      self.init(
        "ExceededGracePeriod",
        "Container \(name) did not end in time and is killed",
        container: name,
        isWarning: true
      )
    case .resolveImage, .create, .start, .postStart, .probe, .delete: return nil
    }
  }
}

extension PodState {
  /// The kubelet's sentence about a container that is being stopped (`kuberuntime_manager.go`).
  fileprivate func reason(toStop name: String, of pod: Pod) -> String {
    guard stop == nil, let record = containers[name], let kind = record.fatalProbe?.kind,
      let container = pod.spec.allContainers.first(where: { $0.name == name })
    else { return "Stopping container \(name)" }
    let restarts = RestartRule(container, record.role, of: pod).restarts(exitCode: 1)
    return "Container \(name) failed \(kind.rawValue) probe" + (restarts ? ", will be restarted" : "")
  }
}

extension Duration {
  /// As the kubelet prints it: `1.234s`, `87ms`.
  fileprivate var inMilliseconds: String {
    let parts = components
    let milliseconds = parts.attoseconds / 1_000_000_000_000_000
    if parts.seconds == 0 { return "\(milliseconds)ms" }
    let digits = String(milliseconds)
    return "\(parts.seconds).\(String(repeating: "0", count: max(0, 3 - digits.utf8.count)))\(digits)s"
  }
}

extension ImageFailure {
  fileprivate var eventReason: String {
    switch self {
    case .invalidName, .inspect: "InspectFailed"
    case .neverPull: "ErrImageNeverPull"
    case .pull: "Failed"
    }
  }
}
