import PodModel

/// The conditions that this node owns, in the kubelet's order (`pkg/kubelet/status/generate.go`).
struct Conditions {
  /// An init container as the conditions see it.
  struct InitStatus {
    var status: ContainerStatus
    var isSidecar: Bool

    var isComplete: Bool { isSidecar ? status.started == true : status.ready }
  }

  let phase: PodPhase
  let generation: Int64?
  /// In the order of the specification, as `statuses`.
  let initStatuses: [InitStatus]
  let statuses: [ContainerStatus]
  /// Some regular container was begun.
  let isInitialized: Bool
  let sandboxIsReady: Bool

  func make(previous: [PodCondition], now: Timestamp) -> [PodCondition] {
    [readyToStart, initialized, ready, containersReady, scheduled].map { condition in
      var condition = condition
      condition.observedGeneration = generation
      let before = previous.first { $0.type == condition.type && $0.status == condition.status }
      condition.lastTransitionTime = before?.lastTransitionTime ?? now
      return condition
    }
  }

  private var readyToStart: PodCondition {
    PodCondition(type: "PodReadyToStartContainers", status: sandboxIsReady ? .true : .false)
  }

  private var initialized: PodCondition {
    if phase == .succeeded { return PodCondition(type: "Initialized", status: .true, reason: "PodCompleted") }
    let incomplete = isInitialized ? [] : initStatuses.filter { !$0.isComplete }.map(\.status.name)
    if incomplete.isEmpty { return PodCondition(type: "Initialized", status: .true) }
    return PodCondition(
      type: "Initialized",
      status: .false,
      reason: "ContainersNotInitialized",
      message: "containers with incomplete status: [\(incomplete.joined(separator: " "))]"
    )
  }

  private var ready: PodCondition { readiness("Ready") }

  private var containersReady: PodCondition { readiness("ContainersReady") }

  private func readiness(_ type: String) -> PodCondition {
    switch phase {
    case .succeeded: return PodCondition(type: type, status: .false, reason: "PodCompleted")
    case .failed: return PodCondition(type: type, status: .false, reason: "PodFailed")
    case .pending, .running, .unknown:
      let serving = initStatuses.filter(\.isSidecar).map(\.status) + statuses
      let unready = serving.filter { !$0.ready }.map(\.name)
      if unready.isEmpty { return PodCondition(type: type, status: .true) }
      return PodCondition(
        type: type,
        status: .false,
        reason: "ContainersNotReady",
        message: "containers with unready status: [\(unready.joined(separator: " "))]"
      )
    }
  }

  private var scheduled: PodCondition {
    PodCondition(type: "PodScheduled", status: .true)
  }
}
