import PodModel

extension PodStatus {
  /// What the world is told of a pod.
  ///
  /// - Parameter isFinished: Nothing of the pod is left on the machine.
  init(of pod: Pod, in state: PodState, now: Moment, isFinished: Bool) {
    let phase = state.phase(of: pod, isFinished: isFinished)
    self.init(phase: phase)
    observedGeneration = pod.metadata.generation
    startTime = state.acceptedAt.wall.wholeSeconds
    qosClass = pod.spec.qosClass
    containerStatuses = pod.spec.containers.compactMap { container in
      guard let record = state.containers[container.name] else { return nil }
      return ContainerStatusView(
        container: container,
        record: record,
        pod: pod,
        state: state,
        now: now,
        isFinished: isFinished
      ).status
    }.sorted { $0.name < $1.name }
    if phase == state.published?.phase {
      (reason, message) = (state.published?.reason, state.published?.message)
    }
    let conditions = Conditions(
      phase: phase,
      generation: pod.metadata.generation,
      statuses: inSpecOrder(of: pod),
      sandboxIsReady: state.sandbox.activity == .ready
    )
    self.conditions = conditions.make(previous: state.published?.conditions ?? [], now: now.wall.wholeSeconds)
  }

  /// Messages name the containers in the order of the specification.
  private func inSpecOrder(of pod: Pod) -> [ContainerStatus] {
    pod.spec.containers.compactMap { container in containerStatuses.first { $0.name == container.name } }
  }
}

extension Timestamp {
  /// Kubernetes' times have no fractions.
  var wholeSeconds: Timestamp { Timestamp(seconds: seconds) }
}
