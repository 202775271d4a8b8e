import PodModel

/// Why and until when a pod is being ended. Derived from what is known, never stored: the same state at the same time
/// always gives the same end.
struct Ending: Hashable, Sendable {
  /// Why.
  enum Cause: Hashable, Sendable {
    /// Somebody asked for it.
    case requested
    /// `activeDeadlineSeconds` are over.
    case deadlineExceeded
    /// It uses more of the node than it may.
    case evicted
    /// What it was there for is done, or cannot be done: only sidecars are left.
    case completed
  }

  var cause: Cause
  /// When it began.
  var since: Instant
  /// From here on containers get SIGKILL.
  var deadline: Instant
  /// Nobody is waited for: hooks are not run, and SIGKILL is all there is.
  var isForced = false
}

extension PodState {
  /// The pod's end, once it has begun.
  func ending(of pod: Pod, at now: Instant) -> Ending? {
    let forced = [expiry(of: pod, at: now), evictionEnding].compactMap { $0 }.min { $0.since < $1.since }
    guard let stop else { return forced ?? completion(of: pod) }
    var ending = Ending(
      cause: .requested,
      since: stop.requestedAt,
      deadline: stop.deadline,
      isForced: stop.isForced
    )
    if let forced, forced.since <= stop.requestedAt {
      ending.cause = forced.cause
      ending.since = forced.since
      ending.deadline = min(forced.deadline, stop.deadline)
    }
    return ending
  }

  /// When `activeDeadlineSeconds` end, counted from the acceptance (kubelet `activeDeadlineHandler`).
  func activeDeadline(of pod: Pod) -> Instant? {
    pod.spec.activeDeadlineSeconds.map { acceptedAt.instant + .seconds($0) }
  }

  private func expiry(of pod: Pod, at now: Instant) -> Ending? {
    guard let deadline = activeDeadline(of: pod), deadline <= now else { return nil }
    // What has ended before it has ended as it did.
    if let published, published.phase.isTerminal, published.reason != Self.deadlineExceeded { return nil }
    return Ending(cause: .deadlineExceeded, since: deadline, deadline: deadline + pod.grace)
  }

  private var evictionEnding: Ending? {
    guard let eviction, published?.phase.isTerminal != true || published?.reason == Self.evicted else { return nil }
    return Ending(cause: .evicted, since: eviction.at, deadline: eviction.at + Eviction.grace)
  }

  /// Kubernetes' reason of a pod that ran longer than it may.
  static var deadlineExceeded: String { "DeadlineExceeded" }
  /// The kubelet's sentence about it.
  static var deadlineMessage: String { "Pod was active on the node longer than the specified deadline" }
  /// The reason of one that used more than it may.
  static var evicted: String { "Evicted" }

  /// Its containers have ended for good, or will never be started: what else runs is ended.
  private func completion(of pod: Pod) -> Ending? {
    guard hasCompleted(pod) else { return nil }
    let last = containers.values.filter { $0.role != .sidecar }.compactMap { $0.ended.last?.finishedAt.instant }.max()
    let since = last ?? acceptedAt.instant
    return Ending(cause: .completed, since: since, deadline: since + pod.grace)
  }

  /// Every container has ended for good, or an init container has failed for good.
  func hasCompleted(_ pod: Pod) -> Bool {
    if hasFailedInitialization(pod) { return true }
    return pod.spec.containers.allSatisfy { container in
      guard let record = containers[container.name], record.hasEnded else { return false }
      return !restarts(container, of: pod, record)
    }
  }

  /// An init container has failed and is not tried again, so that nothing after it will ever run.
  func hasFailedInitialization(_ pod: Pod) -> Bool {
    pod.spec.initContainers.contains { container in
      guard let record = containers[container.name], record.role == .initializer, record.hasEnded else { return false }
      return record.ended.last?.exitCode != 0 && !record.mustRunAgain && !restarts(container, of: pod, record)
    }
  }

  /// Whether a container that has ended runs again, left alone.
  func restarts(_ container: Container, of pod: Pod, _ record: ContainerRecord) -> Bool {
    guard stop == nil, eviction == nil, let last = record.ended.last else { return false }
    return record.mustRunAgain || RestartRule(container, record.role, of: pod).restarts(exitCode: last.exitCode)
  }
}

extension Pod {
  /// What a pod gets to end by itself.
  var grace: Duration { max(.seconds(spec.terminationGracePeriodSeconds), StopRequest.leastGrace) }
}
