import PodModel

extension PodStatus {
  /// What the world is told of a pod.
  ///
  /// - Parameter isFinished: Nothing of the pod is left on the machine.
  init(of pod: Pod, in state: PodState, now: Moment, isFinished: Bool) {
    let ending = state.ending(of: pod, at: now.instant)
    let phase = state.phase(of: pod, isFinished: isFinished, ending: ending)
    self.init(phase: phase)
    observedGeneration = pod.metadata.generation
    startTime = state.acceptedAt.wall.wholeSeconds
    qosClass = pod.spec.qosClass
    setAddresses(of: pod, in: state)
    let view = { (container: Container) -> ContainerStatus? in
      guard let record = state.containers[container.name] else { return nil }
      return ContainerStatusView(
        container: container,
        record: record,
        pod: pod,
        state: state,
        now: now,
        isEnding: isFinished || ending != nil,
        isFinished: isFinished
      ).status
    }
    initContainerStatuses = pod.spec.initContainers.compactMap(view)
    let regular = pod.spec.containers.compactMap(view)
    containerStatuses = regular.sorted { $0.name < $1.name }
    if phase == state.published?.phase {
      (reason, message) = (state.published?.reason, state.published?.message)
    } else if phase == .failed, ending?.cause == .deadlineExceeded {
      (reason, message) = (PodState.deadlineExceeded, PodState.deadlineMessage)
    } else if phase == .failed, ending?.cause == .evicted {
      (reason, message) = (PodState.evicted, state.eviction?.message)
    }
    let conditions = Conditions(
      phase: phase,
      generation: pod.metadata.generation,
      initStatuses: zip(pod.spec.initContainers, initContainerStatuses).map { container, status in
        Conditions.InitStatus(status: status, isSidecar: container.restartPolicy == .always)
      },
      statuses: regular,
      isInitialized: state.sandbox.isInitialized,
      sandboxIsReady: state.sandbox.activity == .ready
    )
    self.conditions = conditions.make(previous: state.published?.conditions ?? [], now: now.wall.wholeSeconds)
  }

  /// Pods on the host's network have the host's addresses.
  private mutating func setAddresses(of pod: Pod, in state: PodState) {
    hostIPs = state.hostAddresses
    hostIP = hostIPs.first
    podIPs = pod.spec.hostNetwork && state.sandbox.activity != .absent ? state.hostAddresses : state.addresses
    podIP = podIPs.first
  }
}

extension Timestamp {
  /// Kubernetes' times have no fractions.
  var wholeSeconds: Timestamp { Timestamp(seconds: seconds) }
}
