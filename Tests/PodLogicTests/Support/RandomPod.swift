import PodLogic
import PodModel

/// A small generator whose sequence a seed repeats (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// An engine and a machine of chance: actions answer late, wrongly or not at all, and what must never happen is noted.
struct RandomPod {
  private var random: SeededGenerator
  let pod: Pod
  private(set) var state: PodState
  private(set) var now: Moment
  private(set) var violations: [String] = []
  private(set) var isFinished = false
  private var underWay: [PodAction] = []
  private var alive: Set<String> = []
  /// Attempts of which something is on the machine.
  private var present: Set<String> = []
  private var restartCounts: [String: Int] = [:]
  private var phase: PodPhase?
  private var startedAfterStop = false

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    let policy = RestartPolicy.allCases[Int(random.next() % 3)]
    var spec = PodSpec(containers: Self.containers("c", 1...3, &random))
    spec.initContainers = Self.containers("i", 0...3, &random)
    for index in spec.initContainers.indices where random.next() % 2 == 0 {
      spec.initContainers[index].restartPolicy = .always
      Self.addProbes(to: &spec.initContainers[index], &random)
    }
    for index in spec.containers.indices { Self.addProbes(to: &spec.containers[index], &random) }
    spec.restartPolicy = policy
    if random.next() % 6 == 0 { spec.activeDeadlineSeconds = Int64(random.next() % 2000) + 1 }
    pod = Pod(metadata: ObjectMeta(name: "p", uid: "u"), spec: spec)
    now = Moment(instant: Instant(sinceStart: .zero), wall: Timestamp(seconds: 1_800_000_000))
    state = PodState(pod, acceptedAt: now)
  }

  private static func addProbes(to container: inout Container, _ random: inout SeededGenerator) {
    func probe(upTo successes: Int64) -> Probe? {
      guard random.next() % 4 == 0 else { return nil }
      return Probe(
        handler: .exec(command: ["check"]),
        initialDelaySeconds: .random(in: 0...5, using: &random),
        periodSeconds: .random(in: 1...20, using: &random),
        successThreshold: .random(in: 1...successes, using: &random),
        failureThreshold: .random(in: 1...3, using: &random),
        terminationGracePeriodSeconds: successes == 1 && random.next() % 2 == 0 ? 1 : nil
      )
    }
    container.startupProbe = probe(upTo: 1)
    container.livenessProbe = probe(upTo: 1)
    container.readinessProbe = probe(upTo: 3)
  }

  private static func containers(
    _ prefix: String,
    _ count: ClosedRange<UInt64>,
    _ random: inout SeededGenerator
  ) -> [Container] {
    (0..<UInt64.random(in: count, using: &random)).map { number in
      var container = Container(name: "\(prefix)\(number)", image: "app:1")
      if random.next() % 4 == 0 { container.lifecycle = Lifecycle(postStart: .sleep(seconds: 1)) }
      if random.next() % 4 == 0 {
        container.lifecycle = Lifecycle(postStart: container.lifecycle?.postStart, preStop: .sleep(seconds: 1))
      }
      return container
    }
  }

  mutating func step() {
    decideAndBegin()
    guard !isFinished else { return }
    switch random.next() % 20 {
    case 0: apply(.stopRequested(grace: .seconds(Int64(random.next() % 60))))
    case 1 where random.next() % 8 == 0: apply(.killRequested)
    case 1 where random.next() % 8 == 1: apply(.evicted("chance"))
    case 2: apply(.sandboxLost)
    case 3...6: move(.milliseconds(Int64(random.next() % 400_000)))
    case 7: now.wall = now.wall + .seconds(Int64(random.next() % 7200) - 3600)
    case 8...11: endOne()
    default: answerOne()
    }
  }

  /// Everything works from here on; a pod that was asked to end must do so within its deadline and a little more.
  mutating func bringToEnd() {
    apply(.stopRequested(grace: .seconds(10)))
    for _ in 0..<400 where !isFinished {
      decideAndBegin()
      while !underWay.isEmpty { answerOne(alwaysSucceeds: true) }
      for name in alive.sorted() { end(name, code: 143) }
      move(.seconds(1))
    }
    if !isFinished { violations.append("did not end: \(state)") }
    if phase?.isTerminal != true { violations.append("ended as \(String(describing: phase))") }
    if !alive.isEmpty { violations.append("left behind \(alive)") }
  }

  private mutating func move(_ duration: Duration) {
    now.instant = now.instant + duration
    now.wall = now.wall + duration
  }

  private mutating func decideAndBegin() {
    let decision = decide(pod, state, now: now)
    check(decision)
    state.publish(decision.status)
    isFinished = decision.isFinished
    for action in decision.actions {
      if underWay.contains(action) { violations.append("decided twice: \(action)") }
      if case .container(let name, let attempt, let step) = action, step == .create || step == .start {
        checkOrder(name)
        if state.stop != nil || state.eviction != nil { violations.append("\(step) after the wish to stop") }
        if step == .create && present.contains(where: { $0.hasPrefix("\(name).") }) {
          violations.append("attempt \(attempt) of \(name) made while another is there")
        }
      }
      state.begin(action, at: now)
      underWay.append(action)
    }
    let again = decide(pod, state, now: now)
    if again.actions.contains(where: underWay.contains) { violations.append("not marked: \(again.actions)") }
  }

  /// Nothing is begun before what must come first has ended, or has started if it is a sidecar.
  private mutating func checkOrder(_ name: String) {
    guard !state.sandbox.isInitialized || pod.spec.containers.contains(where: { $0.name == name }) else { return }
    for container in pod.spec.initContainers {
      if container.name == name { return }
      let record = state.containers[container.name]
      let isSidecar = container.restartPolicy == .always
      let isDone = record?.ended.last?.exitCode == 0 && record?.mustRunAgain == false
      let hasComeFirst = isSidecar ? record?.hasStartedInSandbox == true : isDone
      if !hasComeFirst { violations.append("\(name) begun before \(container.name)") }
    }
  }

  private mutating func check(_ decision: Decision) {
    for status in decision.status.initContainerStatuses + decision.status.containerStatuses {
      if status.restartCount < restartCounts[status.name, default: 0] { violations.append("restartCount fell") }
      restartCounts[status.name] = status.restartCount
    }
    if let phase, phase.isTerminal, decision.status.phase != phase { violations.append("left \(phase)") }
    phase = decision.status.phase
    if decision.status.phase.isTerminal && !alive.isEmpty { violations.append("terminal while \(alive) live") }
    if let wakeAt = decision.wakeAt, wakeAt <= now.instant { violations.append("wakes in the past") }
    let waits = !underWay.isEmpty || !alive.isEmpty || decision.wakeAt != nil || !decision.actions.isEmpty
    if !decision.isFinished && !waits { violations.append("waits for nothing: \(state)") }
  }

  private mutating func apply(_ event: PodEvent) {
    state.apply(event, at: now)
  }

  private mutating func endOne() {
    guard let name = alive.sorted().randomElement(using: &random) else { return }
    end(name, code: Int32(random.next() % 3))
  }

  private mutating func end(_ identifier: String, code: Int32) {
    alive.remove(identifier)
    let parts = identifier.split(separator: ".")
    let end = ContainerEnd(
      code: code,
      cause: random.next() % 5 == 0 ? .unknown : .itself,
      startedAt: now.wall,
      finishedAt: now.wall
    )
    apply(.container(String(parts[0]), attempt: Int(parts[1]) ?? -1, .ended(end, message: "")))
  }

  private mutating func answerOne(alwaysSucceeds: Bool = false) {
    guard !underWay.isEmpty else { return }
    let action = underWay.remove(at: Int(random.next() % UInt64(underWay.count)))
    let succeeds = alwaysSucceeds || random.next() % 4 != 0
    switch action {
    case .createSandbox: apply(succeeds ? .sandboxCreated(addresses: []) : .sandboxFailed("chance"))
    case .removeSandbox: succeeds ? removeSandbox() : apply(.sandboxRemovalFailed("chance"))
    case .container(let name, let attempt, let step):
      answer(name, attempt, step, succeeds).map { apply(.container(name, attempt: attempt, $0)) }
    }
  }

  /// As the engine does it: whatever is under way has answered before the removal does.
  private mutating func removeSandbox() {
    for action in underWay {
      guard case .container(let name, let attempt, let step) = action else { continue }
      answer(name, attempt, step, false).map { apply(.container(name, attempt: attempt, $0)) }
    }
    underWay.removeAll { $0 != .createSandbox }
    for identifier in alive.sorted() { end(identifier, code: 137) }
    present = []
    apply(.sandboxRemoved)
  }

  private mutating func answer(
    _ name: String,
    _ attempt: Int,
    _ step: ContainerAction,
    _ succeeds: Bool
  ) -> ContainerEvent? {
    switch step {
    case .resolveImage:
      return succeeds ? .imageReady(ImageIdentity(name: "i", id: "d"), pulled: nil) : .imageFailed(.pull("chance"))
    case .create:
      if succeeds { present.insert("\(name).\(attempt)") }
      return succeeds ? .created(identifier: "x") : .createFailed(.runtime("chance"))
    case .start:
      if succeeds { alive.insert("\(name).\(attempt)") }
      return succeeds ? .started(at: now.wall, pid: 1) : .startFailed(code: 128, message: "chance")
    case .postStart: return .postStartEnded(failure: succeeds ? nil : "chance")
    case .preStop: return .preStopEnded(failure: succeeds ? nil : "chance")
    case .probe(let kind): return .probed(kind, succeeds ? .success : .failure("chance"))
    case .stop: return nil
    case .kill:
      if succeeds && alive.contains("\(name).\(attempt)") { end("\(name).\(attempt)", code: 137) }
      return nil
    case .delete:
      if succeeds { present.remove("\(name).\(attempt)") }
      return succeeds ? .deleted : .deleteFailed("chance")
    }
  }
}
