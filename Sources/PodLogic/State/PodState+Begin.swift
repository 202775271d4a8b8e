extension PodState {
  /// Marks that an action of a decision is being carried out, so that it is not decided twice.
  public mutating func begin(_ action: PodAction, at now: Moment) {
    switch action {
    case .createSandbox:
      sandbox.activity = .creating
    case .removeSandbox:
      sandbox.activity = .removing
    case .container(let name, let attempt, let action):
      if containers[name]?.role == .regular, action == .resolveImage {
        sandbox.isInitialized = true
        wasInitialized = true
      }
      containers[name]?.begin(action, attempt: attempt, at: now)
    }
  }
}

extension ContainerRecord {
  fileprivate mutating func begin(_ action: ContainerAction, attempt newAttempt: Int, at now: Moment) {
    switch action {
    case .resolveImage:
      if let last = ended.last, newAttempt > attempt {
        crashBackOff.count(last.finishedAt.instant, now: now.instant, .crash)
        attempt = newAttempt
        stopping = StopProgress()
        postStart = .idle
        probes = Self.untried(probed)
        mustRunAgain = false
        identifier = nil
      }
      activity = .resolvingImage
    case .create: activity = .creating
    case .start: activity = .starting
    case .postStart: postStart = .underWay
    case .preStop: stopping.preStop = .underWay
    case .probe(let kind): probes[kind]?.begin(at: now.instant)
    case .stop: stopping.askedAt = now.instant
    case .kill: stopping.killedAt = now.instant
    case .delete: activity = .ended(.underWay)
    }
  }
}
