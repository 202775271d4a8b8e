import PodModel

extension Plan {
  /// A container that SIGKILL did not end within this time is left to the removal of its sandbox.
  static let killPatience = Duration.seconds(10)

  /// The pod is to end: hooks, stop signals, then SIGKILL, then the sandbox.
  mutating func end(_ ending: Ending) {
    var allHaveEnded = true
    for container in pod.spec.allContainers {
      guard let record = state.containers[container.name] else { continue }
      if record.isRunning {
        stop(container, record, ending, mayBeAsked: isTurn(of: container, record))
        watchReadiness(of: container, record)
        allHaveEnded = allHaveEnded && record.hasOutlivedKill(at: now)
      } else if record.isUnderWay || record.activity == .ended(.underWay) {
        // Whatever hangs is broken off by the removal of the sandbox.
        if ending.deadline > now {
          allHaveEnded = false
          wake(at: ending.deadline)
        }
      }
    }
    if state.sandbox.activity == .creating {
      return ending.deadline <= now ? act(.removeSandbox) : wake(at: ending.deadline)
    }
    if allHaveEnded {
      clearWake()
      removeSandbox()
    }
  }

  /// Sidecars serve the others to the end: each is stopped when all containers and all sidecars after it have gone.
  private func isTurn(of container: Container, _ record: ContainerRecord) -> Bool {
    guard record.role == .sidecar else { return true }
    let later = pod.spec.sidecars.drop { $0.name != container.name }.dropFirst()
    return !(pod.spec.containers + later).contains { state.containers[$0.name]?.isRunning == true }
  }

  /// One running container is to end: its `preStop` hook at once, its stop signal after that and in its turn, SIGKILL at
  /// the deadline, but not before the signal had its least time (kubelet `killContainer`).
  mutating func stop(_ container: Container, _ record: ContainerRecord, _ ending: Ending, mayBeAsked: Bool) {
    let isLate = ending.deadline <= now
    if !ending.isForced {
      if !isLate, record.stopping.askedAt == nil, container.lifecycle?.preStop != nil {
        if record.stopping.preStop == .idle { act(container.name, record, .preStop) }
        if record.stopping.preStop != .done { return wake(at: ending.deadline) }
      }
      guard let askedAt = record.stopping.askedAt else {
        if isLate || mayBeAsked { act(container.name, record, .stop) }
        return wake(at: max(ending.deadline, now + StopRequest.leastGrace))
      }
      let due = max(ending.deadline, askedAt + StopRequest.leastGrace)
      if due > now { return wake(at: due) }
    }
    guard let killedAt = record.stopping.killedAt else {
      act(container.name, record, .kill)
      return wake(at: now + Self.killPatience)
    }
    // One that has outlived it waits for those that were killed later.
    if !record.hasOutlivedKill(at: now) { wake(at: killedAt + Self.killPatience) }
  }
}

extension ContainerRecord {
  fileprivate func hasOutlivedKill(at now: Instant) -> Bool {
    guard let killedAt = stopping.killedAt else { return false }
    return killedAt + Plan.killPatience <= now
  }
}
