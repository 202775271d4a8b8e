import PodModel

/// What follows from what is known of a pod.
public struct Decision: Equatable, Sendable {
  /// What to do now, in this order. The engine marks each with ``PodState/begin(_:at:)``.
  public var actions: [PodAction]
  /// What to tell the world.
  public var status: PodStatus
  /// The pod is being ended because its `activeDeadlineSeconds` are over.
  public var isPastDeadline: Bool
  /// When to decide again if nothing happens until then.
  public var wakeAt: Instant?
  /// Nothing of the pod is left on the machine and nothing will be done any more.
  public var isFinished: Bool
}

/// The rules of a pod's life. Pure: the same arguments always give the same decision, and no clock is read.
///
/// One order holds for all pods: sandbox, then init containers, each ended (a sidecar: started) before the next is begun,
/// then containers in the order of the specification, each started before the next is begun; what has ended is removed
/// before its successor is made, so that two attempts of one container never live at the same time. The end goes the
/// other way: containers, then sidecars from the last one to the first, then the sandbox.
public func decide(_ pod: Pod, _ state: PodState, now: Moment) -> Decision {
  var plan = Plan(pod: pod, state: state, now: now.instant)
  plan.make()
  return Decision(
    actions: plan.actions,
    status: PodStatus(of: pod, in: state, now: now, isFinished: plan.isFinished),
    isPastDeadline: plan.cause == .deadlineExceeded,
    wakeAt: plan.wakeAt,
    isFinished: plan.isFinished
  )
}

/// A decision while it is made.
struct Plan {
  let pod: Pod
  let state: PodState
  let now: Instant
  private(set) var actions: [PodAction] = []
  private(set) var wakeAt: Instant?
  private(set) var isFinished = false
  /// Why the pod is being ended; nil if it is not.
  private(set) var cause: Ending.Cause?

  init(pod: Pod, state: PodState, now: Instant) {
    self.pod = pod
    self.state = state
    self.now = now
  }

  mutating func make() {
    if let ending = state.ending(of: pod, at: now) {
      cause = ending.cause
      end(ending)
    } else if state.published?.phase.isTerminal == true {
      removeSandbox()
    } else {
      if let deadline = state.activeDeadline(of: pod) { wake(at: deadline) }
      keepRunning()
    }
  }

  mutating func act(_ action: PodAction) {
    actions.append(action)
  }

  mutating func act(_ name: String, _ record: ContainerRecord, _ action: ContainerAction) {
    actions.append(.container(name, attempt: record.attempt, action))
  }

  mutating func wake(at instant: Instant) {
    wakeAt = min(wakeAt ?? instant, instant)
  }

  /// Nothing is waited for any more.
  mutating func clearWake() {
    wakeAt = nil
  }

  mutating func finish() {
    isFinished = true
  }

  /// Nothing is needed of the sandbox any more.
  mutating func removeSandbox() {
    switch state.sandbox.activity {
    case .absent: finish()
    case .creating, .removing: return
    case .ready, .lost:
      if let obstacle = state.sandbox.removalObstacle, obstacle.retryAt > now {
        wake(at: obstacle.retryAt)
      } else {
        act(.removeSandbox)
      }
    }
  }
}
