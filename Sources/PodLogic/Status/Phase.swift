import PodModel

extension PodState {
  /// The pod's phase by the kubelet's rules (`getPhase`).
  ///
  /// - Parameter isFinished: Nothing of the pod is left, so that the phase must be a terminal one.
  func phase(of pod: Pod, isFinished: Bool, ending: Ending?) -> PodPhase {
    if let published, published.phase.isTerminal { return published.phase }
    var tally = Tally()
    for container in pod.spec.allContainers { tally.count(container, of: pod, in: self) }
    var phase = tally.phase(isEnding: ending != nil, hasFailed: hasFailedInitialization(pod))
    if [.deadlineExceeded, .evicted].contains(ending?.cause) { phase = .failed }
    if phase.isTerminal && mayStillRun { return published?.phase ?? .pending }
    if isFinished && !phase.isTerminal { return .failed }
    return phase
  }

  /// Some process of the pod may be alive. Schedulers take a terminal phase as "its resources are free".
  private var mayStillRun: Bool {
    containers.values.contains { record in
      switch record.activity {
      case .running, .creating, .created, .starting: true
      case .idle, .resolvingImage, .imageReady, .ended: false
      }
    }
  }
}

extension PodPhase {
  /// Nothing of such a pod runs or will run.
  public var isTerminal: Bool { self == .succeeded || self == .failed }
}

private struct Tally {
  private var pendingInitializers = 0
  private var pendingSidecars = 0
  private var running = 0
  private var waiting = 0
  private var stopped = 0
  private var succeeded = 0
  private var stoppedForGood = 0
  private var hasBegun = false

  mutating func count(_ container: Container, of pod: Pod, in state: PodState) {
    guard let record = state.containers[container.name] else { return waiting += 1 }
    switch record.role {
    case .initializer: if !record.isComplete && !state.sandbox.isInitialized { pendingInitializers += 1 }
    case .sidecar:
      if record.isRunning { running += 1 }
      if !record.isStarted && record.ended.isEmpty { pendingSidecars += 1 }
    case .regular: count(regular: container, record, of: pod, in: state)
    }
  }

  private mutating func count(regular container: Container, _ record: ContainerRecord, of pod: Pod, in state: PodState)
  {
    if record.isRunning {
      hasBegun = true
      return running += 1
    }
    guard let last = record.ended.last else { return waiting += 1 }
    hasBegun = true
    stopped += 1
    if last.exitCode == 0 { succeeded += 1 }
    if !state.restarts(container, of: pod, record) { stoppedForGood += 1 }
  }

  func phase(isEnding: Bool, hasFailed: Bool) -> PodPhase {
    if hasFailed { return .failed }
    if pendingInitializers > 0 || (pendingSidecars > 0 && !hasBegun) || waiting > 0 { return .pending }
    if running > 0 { return .running }
    if stopped == 0 { return .pending }
    if !isEnding && stopped != stoppedForGood { return .running }
    return succeeded == stopped ? .succeeded : .failed
  }
}
