import PodModel

extension Plan {
  /// A container that SIGKILL did not end within this time is left to the removal of its sandbox.
  static let killPatience = Duration.seconds(10)

  /// The pod is to end: stop signals, then SIGKILL, then the sandbox.
  mutating func end() {
    guard let stop = state.stop else { return }
    var allHaveEnded = true
    for container in pod.spec.containers {
      guard let record = state.containers[container.name] else { continue }
      if record.isRunning {
        end(container, record, stop)
        allHaveEnded = allHaveEnded && record.hasOutlivedKill(at: now)
      } else if record.isUnderWay || record.activity == .ended(.underWay) {
        // Whatever hangs is broken off by the removal of the sandbox.
        if stop.deadline > now {
          allHaveEnded = false
          wake(at: stop.deadline)
        }
      }
    }
    if state.sandbox.activity == .creating {
      return stop.deadline <= now ? act(.removeSandbox) : wake(at: stop.deadline)
    }
    if allHaveEnded {
      clearWake()
      removeSandbox()
    }
  }

  private mutating func end(_ container: Container, _ record: ContainerRecord, _ stop: StopRequest) {
    if stop.deadline <= now {
      guard let killedAt = record.stopping.killedAt else {
        act(container.name, record, .kill)
        return wake(at: now + Self.killPatience)
      }
      return wake(at: killedAt + Self.killPatience)
    }
    if !record.stopping.asked { act(container.name, record, .stop) }
    wake(at: stop.deadline)
  }
}

extension ContainerRecord {
  fileprivate func hasOutlivedKill(at now: Instant) -> Bool {
    guard let killedAt = stopping.killedAt else { return false }
    return killedAt + Plan.killPatience <= now
  }
}
