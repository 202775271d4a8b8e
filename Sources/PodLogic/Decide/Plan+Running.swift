import PodModel

extension Plan {
  /// The pod is to run: make what is missing.
  mutating func keepRunning() {
    switch state.sandbox.activity {
    case .creating, .removing: return
    case .absent: createSandbox()
    case .lost: removeSandbox()
    case .ready: startContainers()
    }
  }

  private mutating func createSandbox() {
    if let obstacle = state.sandbox.obstacle, obstacle.retryAt > now {
      wake(at: obstacle.retryAt)
    } else {
      act(.createSandbox)
    }
  }

  private mutating func startContainers() {
    // Sidecars that have ended are started again whatever the others do.
    let isInitialized = state.sandbox.isInitialized
    for container in pod.spec.initContainers {
      guard let record = state.containers[container.name] else { continue }
      if record.role == .sidecar {
        advance(container, record)
        if !isInitialized && !record.hasStartedInSandbox { return }
      } else if !isInitialized && !record.isComplete {
        return advance(container, record)
      }
    }
    startRegularContainers()
  }

  /// One container after another is started for the first time; a restart waits for nobody.
  private mutating func startRegularContainers() {
    var earlierIsStarting = false
    for container in pod.spec.containers {
      guard let record = state.containers[container.name] else { continue }
      let isFirstStart = record.ended.isEmpty
      if isFirstStart && earlierIsStarting { continue }
      advance(container, record)
      earlierIsStarting = earlierIsStarting || (isFirstStart && record.isBeingStarted(at: now))
    }
  }

  private mutating func advance(_ container: Container, _ record: ContainerRecord) {
    switch record.activity {
    case .resolvingImage, .creating, .starting: return
    case .running: attend(container, record)
    case .idle: resolveImage(container, record)
    case .imageReady: act(container.name, record, .create)
    case .created: act(container.name, record, .start)
    case .ended(.underWay): return
    case .ended(.due): delete(container, record)
    case .ended(.done): restart(container, record)
    }
  }

  /// A container whose `postStart` hook has failed is ended, and started again as its policy says.
  private mutating func attend(_ container: Container, _ record: ContainerRecord) {
    switch record.postStart {
    case .idle: act(container.name, record, .postStart)
    case .underWay: return
    case .done: watch(container, record)
    case .failed(_, let since):
      let ending = Ending(cause: .requested, since: since, deadline: since + pod.grace)
      stop(container, record, ending, mayBeAsked: true)
    }
  }

  private mutating func resolveImage(_ container: Container, _ record: ContainerRecord) {
    guard let obstacle = record.obstacle, obstacle.retryAt > now else {
      act(container.name, record, .resolveImage)
      return
    }
    wake(at: obstacle.retryAt)
    if obstacle.reason == "ErrImagePull" && !obstacle.isShownAsBackOff(at: now) {
      wake(at: obstacle.since + Obstacle.backOffShownAfter)
    }
  }

  private mutating func delete(_ container: Container, _ record: ContainerRecord) {
    if let failure = record.removalFailure, failure + .seconds(10) > now {
      wake(at: failure + .seconds(10))
    } else {
      act(container.name, record, .delete)
    }
  }

  private mutating func restart(_ container: Container, _ record: ContainerRecord) {
    guard state.restarts(container, of: pod, record), let last = record.ended.last else { return }
    if let blocked = record.crashBackOff.blockedUntil(failure: last.finishedAt.instant, .crash), blocked > now {
      wake(at: blocked)
    } else {
      act(.container(container.name, attempt: record.attempt + 1, .resolveImage))
    }
  }
}

extension ContainerRecord {
  /// Neither running nor waiting for an obstacle to go away.
  fileprivate func isBeingStarted(at now: Instant) -> Bool {
    switch activity {
    case .resolvingImage, .imageReady, .creating, .created, .starting: true
    case .idle: (obstacle?.retryAt ?? now) <= now
    // Until its `postStart` hook is over; nobody waits for its probes.
    case .running: !hasPassedHook
    case .ended: false
    }
  }
}

extension Obstacle {
  /// A failed pull is told as what it is at first and as a back-off from then on.
  static let backOffShownAfter = Duration.seconds(1)

  func isShownAsBackOff(at now: Instant) -> Bool {
    now - since >= Self.backOffShownAfter
  }
}
