import PodLogic
import PodModel
import RuntimeAPI

/// The one place where a pod's state changes: takes one input after another, decides, and lets actions run beside it,
/// which answer with further inputs. Nothing in a turn waits, so a stop is heard while a start hangs.
actor PodWorker {
  /// What comes in.
  enum Input: Sendable {
    case event(PodEvent)
    case timer
    case notice(PodNotice)
    case sandbox(SandboxStatus, addresses: [String], [String: PodVolume])
    case image(String, attempt: Int, UsableImage, PullSummary?)
    case created(String, attempt: Int, CreatedContainer)
  }

  nonisolated let updates: AsyncStream<PodUpdate>
  private let pod: Pod
  private let actions: ActionRunner
  private let clock: any EngineClock
  private let inputs: AsyncStream<Input>
  private nonisolated let sender: AsyncStream<Input>.Continuation
  private let publisher: AsyncStream<PodUpdate>.Continuation
  private var state: PodState
  private var resources = PodResources()
  private var underWay: [UInt64: (action: PodAction, task: Task<Void, Never>)] = [:]
  private var started: UInt64 = 0
  private var timer: Task<Void, Never>?
  private var volumeWatch: Task<Void, Never>?
  private var hasToldDeadline = false

  init(_ pod: Pod, _ sandbox: SandboxID, _ ports: PodEngine.Ports, _ settings: EngineSettings) {
    self.pod = pod
    clock = ports.clock
    (inputs, sender) = AsyncStream.makeStream()
    (updates, publisher) = AsyncStream.makeStream()
    state = PodState(pod, acceptedAt: ports.clock.now, hostAddresses: settings.host.addresses)
    actions = ActionRunner(pod: pod, sandbox: sandbox, ports: ports, settings: settings)
  }

  nonisolated func send(_ event: PodEvent) {
    sender.yield(.event(event))
  }

  /// Runs the pod until nothing of it is left.
  func run() async {
    var isFinished = turn()
    for await input in inputs where !isFinished {
      take(input)
      isFinished = turn()
      if isFinished { break }
    }
    timer?.cancel()
    volumeWatch?.cancel()
    // Images may be removed again.
    resources = PodResources()
    publisher.finish()
  }

  // MARK: One turn

  private func turn() -> Bool {
    let now = clock.now
    let decision = decide(pod, state, now: now)
    if decision.isPastDeadline && !hasToldDeadline {
      hasToldDeadline = true
      publisher.yield(.notice(.deadlineExceeded, at: now))
    }
    if decision.status != state.published { publisher.yield(.status(decision.status)) }
    for notice in PodNotice.imageWaits(from: state.published, to: decision.status, of: pod) {
      publisher.yield(.notice(notice, at: now))
    }
    state.publish(decision.status)
    for action in decision.actions {
      state.begin(action, at: now)
      if let notice = PodNotice(action, of: pod, in: state) { publisher.yield(.notice(notice, at: now)) }
      launch(action)
    }
    setTimer(decision.wakeAt)
    if decision.isFinished { publisher.yield(.finished(decision.status)) }
    return decision.isFinished
  }

  private func setTimer(_ deadline: Instant?) {
    timer?.cancel()
    timer = deadline.map { deadline in
      Task { [clock, sender] in
        await clock.sleep(until: deadline)
        if !Task.isCancelled { sender.yield(.timer) }
      }
    }
  }

  private func take(_ input: Input) {
    switch input {
    case .timer: return
    case .notice(let notice): publisher.yield(.notice(notice, at: clock.now))
    case .event(let event): note(event)
    case .sandbox(let status, let addresses, let volumes):
      resources.volumes = volumes
      resources.sharedMemoryPath = status.sharedMemoryPath
      resources.addresses = addresses
      watchVolumes()
      note(.sandboxCreated(addresses: addresses))
    case .image(let name, let attempt, let image, let pulled):
      resources.images[name] = image
      let identity = ImageIdentity(name: image.name, id: image.id)
      note(.container(name, attempt: attempt, .imageReady(identity, pulled: pulled)))
    case .created(let name, let attempt, let container):
      resources.stopSignals[name] = container.stopSignal
      resources.processes[name] = container.process
      for dropped in container.droppedLimits { publisher.yield(.limitDropped(dropped)) }
      publisher.yield(.created(container: name, attempt: attempt, logFile: container.logFile))
      if let attachment = container.attachment {
        publisher.yield(.attached(container: name, attempt: attempt, attachment))
      }
      note(.container(name, attempt: attempt, .created(identifier: container.identifier, user: container.user)))
    }
  }

  /// From the first sandbox on: the volumes outlive it.
  private func watchVolumes() {
    let directory = actions.settings.directories.volumes(pod)
    guard volumeWatch == nil, let watch = EmptyDirWatch(pod, directory: directory, clock: clock) else { return }
    volumeWatch = Task { [sender] in
      var watch = watch
      await watch.run { sender.yield($0) }
    }
  }

  private func note(_ event: PodEvent) {
    let now = clock.now
    let before = state
    state.apply(event, at: now)
    if state == before && !event.isWorthTelling { return }
    if let notice = PodNotice(event, of: pod) { publisher.yield(.notice(notice, at: now)) }
    guard case .container(let name, let attempt, let event) = event else { return }
    switch event {
    case .started(_, let pid):
      publisher.yield(.started(container: name, attempt: attempt, pid: pid, at: now))
    case .ended, .startFailed:
      breakOffHooks { $0.isHook(of: name) }
      guard let last = state.containers[name]?.ended.last else { return }
      publisher.yield(.ended(container: name, attempt: attempt, last, at: now))
    default: return
    }
  }

  // MARK: Actions

  private func launch(_ action: PodAction) {
    if action == .removeSandbox { breakOffHooks { $0.isHook(of: nil) } }
    let others = action == .removeSandbox ? Others(underWay.values.map { $0 }) : Others([])
    started += 1
    let number = started
    let task = Task { [actions, resources, sender] in
      await actions.perform(action, resources, after: others) { input in
        // What was broken off has nothing to say any more.
        if !Task.isCancelled { sender.yield(input) }
      }
      self.forget(number)
    }
    underWay[number] = (action, task)
  }

  /// A hook or probe has nothing to do any more when its container has gone.
  private func breakOffHooks(_ matches: (PodAction) -> Bool) {
    for (action, task) in underWay.values where matches(action) { task.cancel() }
  }

  private func forget(_ number: UInt64) {
    underWay[number] = nil
  }
}

/// Whatever was under way when a sandbox's removal began.
struct Others: Sendable {
  var tasks: [Task<Void, Never>]
  /// Some of it may still make something in the sandbox.
  var makeSomething: Bool

  init(_ underWay: [(action: PodAction, task: Task<Void, Never>)]) {
    tasks = underWay.map(\.task)
    makeSomething = underWay.contains { other in
      switch other.action {
      case .createSandbox, .container(_, _, .create): true
      case .removeSandbox, .container: false
      }
    }
  }
}

/// What actions found out and later actions need.
struct PodResources: Sendable {
  var sharedMemoryPath = ""
  var addresses: [String] = []
  /// The pod's volumes by name.
  var volumes: [String: PodVolume] = [:]
  /// What runs in each container: hooks run beside it as the same user, in the same environment.
  var processes: [String: RuntimeSpecification.Process] = [:]
  var images: [String: UsableImage] = [:]
  var stopSignals: [String: Int32] = [:]
}

/// An attempt that was set up.
struct CreatedContainer: Sendable {
  var identifier: String
  var process: RuntimeSpecification.Process
  var user: LinuxContainerUser
  var stopSignal: Int32
  var logFile: String
  var droppedLimits: [ConfigurationError]
  var attachment: Attachment?
}

extension PodAction {
  /// Whether it runs a hook or a probe, of this container or of any.
  fileprivate func isHook(of name: String?) -> Bool {
    guard case .container(let own, _, let action) = self, name == nil || name == own else { return false }
    return switch action {
    case .postStart, .preStop, .probe: true
    case .resolveImage, .create, .start, .stop, .kill, .delete: false
    }
  }
}

extension PodEvent {
  /// Worth a notice although it changes nothing.
  fileprivate var isWorthTelling: Bool {
    switch self {
    case .container(_, _, .signalFailed), .container(_, _, .imagePulling), .container(_, _, .preStopEnded(_?)): true
    default: false
    }
  }
}
