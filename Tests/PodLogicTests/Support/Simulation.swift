import PodLogic
import PodModel

/// A pod driven by hand: time moves and events come only when a test says so.
struct Simulation {
  let pod: Pod
  private(set) var state: PodState
  private(set) var now: Moment
  /// Every action ever decided, in order.
  private(set) var actions: [PodAction] = []
  private(set) var decision: Decision
  /// How actions answer; `nil` leaves them under way.
  var answer: (PodAction) -> PodEvent?

  init(_ pod: Pod, answer: @escaping (PodAction) -> PodEvent? = Simulation.succeed) {
    self.pod = pod
    self.answer = answer
    now = Moment(instant: Instant(sinceStart: .seconds(1000)), wall: Timestamp(seconds: 1_800_000_000))
    state = PodState(pod, acceptedAt: now)
    decision = decide(pod, state, now: now)
    settle()
  }

  /// Everything works: images are there, containers are made and run.
  static func succeed(_ action: PodAction) -> PodEvent? {
    switch action {
    case .createSandbox: .sandboxCreated(addresses: ["10.85.0.2"])
    case .removeSandbox: .sandboxRemoved
    case .container(let name, let attempt, let action):
      succeed(action).map { .container(name, attempt: attempt, $0) }
    }
  }

  static func succeed(_ action: ContainerAction) -> ContainerEvent? {
    switch action {
    case .resolveImage: .imageReady(ImageIdentity(name: "docker.io/library/app:1", id: "sha256:1"), pulled: nil)
    case .create: .created(identifier: "swiftlet://id")
    case .start: .started(at: Timestamp(seconds: 1_800_000_000), pid: 42)
    case .postStart: .postStartEnded(failure: nil)
    case .preStop: .preStopEnded(failure: nil)
    case .probe(let kind): .probed(kind, .success)
    case .stop, .kill: nil
    case .delete: .deleted
    }
  }

  var status: PodStatus { decision.status }

  subscript(name: String) -> ContainerStatus? {
    (status.initContainerStatuses + status.containerStatuses).first { $0.name == name }
  }

  mutating func send(_ event: PodEvent) {
    state.apply(event, at: now)
    settle()
  }

  mutating func exits(_ name: String = "app", code: Int32, cause: ContainerEnd.Cause = .itself, message: String = "") {
    let attempt = state.containers[name]?.attempt ?? 0
    let end = ContainerEnd(code: code, cause: cause, startedAt: now.wall, finishedAt: now.wall)
    send(.container(name, attempt: attempt, .ended(end, message: message)))
  }

  mutating func advance(_ duration: Duration) {
    now.instant = now.instant + duration
    now.wall = now.wall + duration
    settle()
  }

  mutating func shiftWallClock(_ duration: Duration) {
    now.wall = now.wall + duration
    settle()
  }

  /// Decides and acts until nothing more is to be done now.
  private mutating func settle() {
    while true {
      decision = decide(pod, state, now: now)
      state.publish(decision.status)
      if decision.actions.isEmpty { return }
      for action in decision.actions {
        actions.append(action)
        state.begin(action, at: now)
      }
      for action in decision.actions {
        if let event = answer(action) { state.apply(event, at: now) }
      }
    }
  }

  /// The order in which something was done to containers.
  func order(of action: ContainerAction) -> [String] {
    actions.compactMap { if case .container(let name, _, action) = $0 { name } else { nil } }
  }

  func count(_ action: ContainerAction, of name: String = "app") -> Int {
    actions.count { if case .container(name, _, action) = $0 { true } else { false } }
  }
}

extension Pod {
  static func test(_ containers: String..., restartPolicy: RestartPolicy = .always) -> Pod {
    var spec = PodSpec(containers: containers.map { Container(name: $0, image: "app:1") })
    spec.restartPolicy = restartPolicy
    return Pod(metadata: ObjectMeta(name: "pod", namespace: "ns", uid: "u-1"), spec: spec)
  }
}

extension ContainerStatus {
  var waitingReason: String? { if case .waiting(let reason, _) = state { reason } else { nil } }
  var waitingMessage: String? { if case .waiting(_, let message) = state { message } else { nil } }
  var termination: ContainerTermination? { if case .terminated(let end) = state { end } else { nil } }
  var lastTermination: ContainerTermination? { if case .terminated(let end)? = lastState { end } else { nil } }
  var isRunning: Bool { if case .running = state { true } else { false } }
}

extension PodStatus {
  func condition(_ type: String) -> PodCondition? { conditions.first { $0.type == type } }
}
