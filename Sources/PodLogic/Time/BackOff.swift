/// How long repeated failures wait, and when they are forgotten.
public struct BackOffPolicy: Hashable, Sendable {
  /// The first wait.
  public var initial: Duration
  /// The longest wait; each failure doubles it up to here.
  public var limit: Duration
  /// A success that lasted longer than this makes the next wait the first one again.
  public var resetAfter: Duration

  /// Makes a policy.
  public init(initial: Duration, limit: Duration, resetAfter: Duration) {
    self.initial = initial
    self.limit = limit
    self.resetAfter = resetAfter
  }

  /// Restarts of a container: 10 s doubling to 300 s, forgotten after 10 min (kubelet `MaxContainerBackOff`).
  public static let crash = BackOffPolicy(initial: .seconds(10), limit: .seconds(300), resetAfter: .seconds(600))
  /// Attempts to get an image: 10 s doubling to 300 s.
  public static let image = BackOffPolicy(initial: .seconds(10), limit: .seconds(300), resetAfter: .seconds(600))
  /// Attempts to set something up. The kubelet repeats a failed pod sync every 10 s; the first repeats come sooner here.
  public static let setUp = BackOffPolicy(initial: .seconds(1), limit: .seconds(10), resetAfter: .seconds(600))
}

/// A back-off that counts. A value: the state of a pod carries one for each thing that may be repeated.
public struct BackOff: Hashable, Sendable {
  /// What a failure waits now; zero while nothing was counted.
  public private(set) var delay: Duration = .zero
  private var countedAt: Instant?

  /// Starts with nothing to wait for.
  public init() {}

  /// The instant before which something that failed at `failure` is not repeated; `nil` if it may be repeated at once.
  public func blockedUntil(failure: Instant, _ policy: BackOffPolicy) -> Instant? {
    guard delay > .zero, !isForgotten(at: failure, policy) else { return nil }
    return failure + delay
  }

  /// Makes the next wait longer. A restart counts when it begins, so that the first one is immediate; an attempt to get
  /// or to make something counts when it has failed.
  public mutating func count(_ failure: Instant, now: Instant, _ policy: BackOffPolicy) {
    let fresh = delay == .zero || isForgotten(at: failure, policy)
    delay = fresh ? policy.initial : min(delay * 2, policy.limit)
    countedAt = now
  }

  private func isForgotten(at failure: Instant, _ policy: BackOffPolicy) -> Bool {
    guard let countedAt else { return true }
    return failure - countedAt > policy.resetAfter
  }
}
