import PodModel

extension PodState {
  /// Takes note of something that happened. Events about attempts that are history change nothing.
  public mutating func apply(_ event: PodEvent, at now: Moment) {
    switch event {
    case .sandboxCreated(let addresses):
      if sandbox.activity == .creating { sandbox.activity = .ready }
      self.addresses = addresses
      sandbox.obstacle = nil
    case .sandboxFailed(let message):
      sandbox.fail("FailedCreatePodSandBox", message, at: now.instant)
    case .volumesFailed(let message):
      sandbox.fail("FailedMount", message, at: now.instant)
    case .sandboxLost:
      if sandbox.activity == .ready { sandbox.activity = .lost }
    case .sandboxRemoved:
      sandbox.activity = .absent
      sandbox.isInitialized = false
      sandbox.removalObstacle = nil
      // What ends for good is not done again.
      let goesOn = stop == nil && eviction == nil && published?.phase.isTerminal != true
      for name in containers.keys { containers[name]?.loseSandbox(at: now, goesOn: goesOn) }
    case .sandboxRemovalFailed(let message):
      sandbox.failRemoval(message, at: now.instant)
    case .container(let name, let attempt, let event):
      guard containers[name]?.attempt == attempt else { return }
      containers[name]?.apply(event, at: now)
    case .evicted(let message):
      if eviction == nil, published?.phase.isTerminal != true { eviction = Eviction(at: now.instant, message: message) }
    case .stopRequested(let grace):
      request(deadline: now.instant + max(grace, StopRequest.leastGrace), at: now.instant)
    case .killRequested:
      request(deadline: now.instant, at: now.instant)
      stop?.isForced = true
    }
  }

  /// A second wish can only make the end come sooner.
  private mutating func request(deadline: Instant, at now: Instant) {
    guard let earlier = stop else {
      stop = StopRequest(deadline: deadline, requestedAt: now)
      return
    }
    stop?.deadline = min(earlier.deadline, deadline)
  }
}

extension StopRequest {
  /// Every container gets at least this long to end by itself (kubelet `minimumGracePeriodInSeconds`).
  public static let leastGrace = Duration.seconds(2)
}

extension SandboxRecord {
  fileprivate mutating func fail(_ reason: String, _ message: String, at now: Instant) {
    guard activity == .creating else { return }
    activity = .absent
    backOff.count(now, now: now, .setUp)
    obstacle = Obstacle(reason: reason, message: message, since: now, retryAt: now + backOff.delay)
  }

  fileprivate mutating func failRemoval(_ message: String, at now: Instant) {
    activity = .lost
    removalBackOff.count(now, now: now, .setUp)
    removalObstacle = Obstacle(
      reason: "FailedKillPod",
      message: message,
      since: now,
      retryAt: now + removalBackOff.delay
    )
  }
}

extension ContainerRecord {
  fileprivate mutating func apply(_ event: ContainerEvent, at now: Moment) {
    switch event {
    case .imagePulling:
      // The kubelet shows why it waited last until the next attempt has an outcome.
      return
    case .imageProgress(let text):
      if activity == .resolvingImage { progress = text }
    case .imageReady(let identity, _):
      guard activity == .resolvingImage else { return }
      image = identity
      progress = nil
      activity = .imageReady
    case .imageFailed(let failure):
      guard activity == .resolvingImage else { return }
      progress = nil
      imageBackOff.count(now.instant, now: now.instant, .image)
      fail(failure.reason, failure.message, at: now.instant, delay: imageBackOff.delay)
    case .created(let name, let user):
      guard activity == .creating else { return }
      identifier = name
      self.user = user
      activity = .created
    case .createFailed(let failure):
      guard activity == .creating else { return }
      setUpBackOff.count(now.instant, now: now.instant, .setUp)
      fail(failure.reason, failure.message, at: now.instant, delay: setUpBackOff.delay)
    case .started(let time, _):
      guard activity == .starting else { return }
      obstacle = nil
      activity = .running(since: Moment(instant: now.instant, wall: time))
      if !hasPostStart { passStart() }
    case .postStartEnded(let failure):
      guard isRunning, postStart == .underWay else { return }
      if let failure { postStart = .failed(failure, at: now.instant) } else { passStart() }
    case .preStopEnded:
      // A failure is told and changes nothing: the stop signal comes next.
      if stopping.preStop == .underWay { stopping.preStop = .done }
    case .probed(let kind, let outcome):
      guard let probe = probed[kind] else { return }
      probes[kind]?.end(outcome, of: probe, kind, at: now.instant)
      if kind == .startup, isStarted { hasStartedInSandbox = true }
    case .startFailed(let code, let message):
      guard activity == .starting else { return }
      end(
        Termination(exitCode: code, reason: "StartError", message: message, startedAt: nil, finishedAt: now)
      )
    case .ended(let exit, let message):
      guard isRunning || activity == .starting || activity == .created else { return }
      end(Termination(exit, message: message, seenAt: now))
    case .signalFailed:
      // Sent again, if it still matters, when the next deadline says so.
      return
    case .deleted:
      if activity == .ended(.underWay) { activity = .ended(.done) }
    case .deleteFailed:
      guard activity == .ended(.underWay) else { return }
      removalFailure = now.instant
      activity = .ended(.due)
    }
  }

  private mutating func fail(_ reason: String, _ message: String, at now: Instant, delay: Duration) {
    obstacle = Obstacle(reason: reason, message: message, since: now, retryAt: now + delay)
    activity = .idle
  }

  private mutating func passStart() {
    postStart = .done
    if isStarted { hasStartedInSandbox = true }
  }

  /// The sandbox has been removed, and the attempt with it.
  fileprivate mutating func loseSandbox(at now: Moment, goesOn: Bool) {
    hasStartedInSandbox = false
    probes = Self.untried(probed)
    mustRunAgain = goesOn && role == .initializer && hasEnded
    switch activity {
    case .running(let since):
      end(.unknown(startedAt: since.wall, seenAt: now, message: "the container's supervisor ended"))
      activity = .ended(.done)
    case .created, .starting:
      end(.unknown(startedAt: nil, seenAt: now, message: "the container's supervisor ended"))
      activity = .ended(.done)
    case .ended: activity = .ended(.done)
    case .resolvingImage, .creating, .imageReady, .idle: activity = .idle
    }
  }
}
