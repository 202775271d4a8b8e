import PodModel

/// The conditions that this node owns, in the kubelet's order (`pkg/kubelet/status/generate.go`).
struct Conditions {
  let phase: PodPhase
  let generation: Int64?
  let statuses: [ContainerStatus]
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

  /// Without init containers a pod is initialised from the start.
  private var initialized: PodCondition {
    PodCondition(type: "Initialized", status: .true, reason: phase == .succeeded ? "PodCompleted" : nil)
  }

  private var ready: PodCondition { readiness("Ready") }

  private var containersReady: PodCondition { readiness("ContainersReady") }

  private func readiness(_ type: String) -> PodCondition {
    switch phase {
    case .succeeded: return PodCondition(type: type, status: .false, reason: "PodCompleted")
    case .failed: return PodCondition(type: type, status: .false, reason: "PodFailed")
    case .pending, .running, .unknown:
      let unready = statuses.filter { !$0.ready }.map(\.name)
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
