import RuntimeAPI

/// A runtime without a kernel: containers do what their scripts say, in the time of a ``FakeClock``.
///
/// It keeps the contract of ``ContainerRuntime`` as a real one does: a wrong order of calls throws, `wait` answers any
/// number of callers, removing a sandbox ends what runs in it. Nothing in it depends on real time or on chance.
public actor FakeRuntime: ContainerRuntime {
  /// A handler called `fake` without sessions.
  public nonisolated let features: RuntimeFeatures
  private let clock: FakeClock
  private var scripts: [String: [ContainerScript]] = [:]
  private var sandboxAnswers: [ContainerScript.Answer] = []
  private var sandboxes: [SandboxID: SandboxConfiguration] = [:]
  private var containers: [ContainerID: FakeContainer] = [:]
  private var hanging: [SandboxID: [CheckedContinuation<Void, Never>]] = [:]

  /// Every call in the order in which it came.
  public private(set) var calls: [FakeCall] = []
  /// Every configuration that `create` accepted.
  public private(set) var configurations: [ContainerID: ContainerConfiguration] = [:]
  /// Every configuration that `createSandbox` received.
  public private(set) var sandboxConfigurations: [SandboxConfiguration] = []

  /// Makes a runtime that can enforce `enforceableLimits`.
  public init(
    clock: FakeClock,
    enforceableLimits: Set<String> = FakeRuntime.allLimits
  ) {
    self.clock = clock
    features = RuntimeFeatures(
      handler: "fake",
      version: "1",
      enforceableLimits: enforceableLimits,
      exec: false,
      attach: false
    )
  }

  /// Every resource limit that the specification knows.
  public static let allLimits: Set<String> = [
    "linux.resources.cpu.shares", "linux.resources.cpu.quota", "linux.resources.memory.limit",
    "linux.resources.memory.reservation", "linux.resources.pids.limit", "linux.resources.unified.memory.oom.group",
    "linux.resources.unified.memory.swap.max",
  ]

  /// Says what the attempts of the container of this name do; the last script serves all further attempts.
  public func script(_ name: String, _ attempts: ContainerScript...) {
    scripts[name] = attempts
  }

  /// Says how the next calls of `createSandbox` answer, in this order; after them it succeeds.
  public func scriptSandbox(_ answers: ContainerScript.Answer...) {
    sandboxAnswers = answers
  }

  /// Ends the supervisor of a sandbox as `kill -9` does: nobody knows how its containers ended.
  public func killSupervisor(of sandbox: SandboxID) {
    for id in containers.keys where id.sandbox == sandbox { end(id, .unknown) }
    sandboxes[sandbox] = nil
  }

  // MARK: Sandboxes

  /// Answers as ``scriptSandbox(_:)`` said.
  public func createSandbox(
    _ configuration: SandboxConfiguration,
    in network: NetworkSource?
  ) async throws(RuntimeError) -> SandboxStatus {
    calls.append(.createSandbox(configuration.id))
    sandboxConfigurations.append(configuration)
    guard sandboxes[configuration.id] == nil else { throw .alreadyExists("\(configuration.id)") }
    if !sandboxAnswers.isEmpty { try await give(sandboxAnswers.removeFirst(), in: configuration.id) }
    sandboxes[configuration.id] = configuration
    return status(of: configuration.id)
  }

  /// Ends what runs in the sandbox, and breaks off what hangs.
  public func removeSandbox(_ sandbox: SandboxID) async throws(RuntimeError) {
    calls.append(.removeSandbox(sandbox))
    for continuation in hanging.removeValue(forKey: sandbox) ?? [] { continuation.resume() }
    for id in containers.keys where id.sandbox == sandbox {
      end(id, .signaled(9))
      containers[id] = nil
    }
    sandboxes[sandbox] = nil
  }

  /// Two ends of nothing: nobody configures the network of a fake.
  public func network(of sandbox: SandboxID) async throws(RuntimeError) -> SandboxNetwork {
    guard sandboxes[sandbox] != nil else { throw .notFound("\(sandbox)") }
    return SandboxNetwork(namespace: -1, routing: -1)
  }

  /// Needs nothing to be held: nothing of an image is used.
  public func hold(_ descriptor: Int32, for container: ContainerID) async throws(RuntimeError) {
    guard sandboxes[container.sandbox] != nil else { throw .notFound("\(container.sandbox)") }
  }

  /// The names of what was added to each sandbox and not taken away.
  public private(set) var mounts: [SandboxID: [String]] = [:]

  /// Remembers the name.
  public func addMount(
    _ mount: DetachedMount,
    named name: String,
    to sandbox: SandboxID
  ) async throws(RuntimeError) -> String {
    guard sandboxes[sandbox] != nil else { throw .notFound("\(sandbox)") }
    mounts[sandbox, default: []].append(name)
    return "/mounts/\(name)"
  }

  /// Every path that was asked for, with its volume: `PATH of VOLUME`.
  public private(set) var subPaths: [String] = []

  /// Remembers the name, the path and the volume.
  public func addSubPath(
    _ path: String,
    of volume: String,
    named name: String,
    to sandbox: SandboxID
  ) async throws(RuntimeError) -> String {
    guard sandboxes[sandbox] != nil else { throw .notFound("\(sandbox)") }
    mounts[sandbox, default: []].append(name)
    subPaths.append("\(path) of \(volume)")
    return "/mounts/\(name)"
  }

  /// Forgets it.
  public func removeMount(named name: String, from sandbox: SandboxID) async throws(RuntimeError) {
    mounts[sandbox]?.removeAll { $0 == name }
  }

  // MARK: Containers

  /// Answers as the attempt's script says.
  public func create(_ configuration: ContainerConfiguration) async throws(RuntimeError) -> ContainerStatus {
    let id = configuration.id
    calls.append(.create(id))
    guard sandboxes[id.sandbox] != nil else { throw .sandboxLost("\(id.sandbox)") }
    guard containers[id] == nil else { throw .alreadyExists("\(id)") }
    let script = script(for: id)
    try await give(script.create, in: id.sandbox)
    guard sandboxes[id.sandbox] != nil else { throw .sandboxLost("\(id.sandbox)") }
    configurations[id] = configuration
    let container = FakeContainer(script: script, pid: Int32(1000 + configurations.count))
    containers[id] = container
    return ContainerStatus(id: id, state: container.state)
  }

  /// Answers as the script says; the script's output and files are written before this returns.
  public func start(_ id: ContainerID) async throws(RuntimeError) -> ContainerStatus {
    calls.append(.start(id))
    guard let container = containers[id] else { throw .notFound("\(id)") }
    guard case .created = container.state else {
      throw .wrongState("\(id)", state: "\(container.state)", operation: "start")
    }
    do throws(RuntimeError) {
      try await give(container.script.start, in: id.sandbox)
    } catch {
      if containers[id] != nil { end(id, .exited(code: 128)) }
      throw error
    }
    guard let present = containers[id], case .created(let pid) = present.state else { throw .notFound("\(id)") }
    containers[id]?.state = .running(pid: pid, startedAt: clock.wallTime)
    try write(id, present.script)
    live(id, present.script.life)
    return ContainerStatus(id: id, state: .running(pid: pid, startedAt: clock.wallTime))
  }

  /// Lets the script react.
  public func signal(_ id: ContainerID, _ signal: Int32, to target: SignalTarget) async throws(RuntimeError) {
    calls.append(.signal(id, signal, target))
    guard let container = containers[id] else { throw .notFound("\(id)") }
    guard case .running = container.state else {
      if case .created = container.state, signal == 9 { return end(id, .signaled(9)) }
      throw .wrongState("\(id)", state: "\(container.state)", operation: "signal")
    }
    guard signal != 9, let reaction = container.script.reactions[signal] else { return end(id, .signaled(signal)) }
    if case .exits(let code, let delay) = reaction { schedule(id, after: delay, .exited(code: code)) }
  }

  /// Returns the end, whenever it comes.
  public func wait(for id: ContainerID) async throws(RuntimeError) -> ContainerExit {
    guard let container = containers[id] else { throw .notFound("\(id)") }
    if case .ended(let exit) = container.state { return exit }
    return await withCheckedContinuation { containers[id]?.waiters.append($0) }
  }

  /// Forgets an attempt that does not run.
  public func delete(_ id: ContainerID) async throws(RuntimeError) {
    calls.append(.delete(id))
    guard let container = containers[id] else { throw .notFound("\(id)") }
    if case .running = container.state { throw .wrongState("\(id)", state: "running", operation: "delete") }
    end(id, .signaled(9))
    containers[id] = nil
  }

  /// Refused: a script has no sessions.
  public func exec(_ request: ExecRequest, in id: ContainerID) async throws(RuntimeError) -> any ExecSession {
    calls.append(.exec(id, request.process.args))
    throw .unsupported(path: "exec", runtime: features.handler)
  }

  /// Refused: a script has no streams.
  public func attach(to id: ContainerID) async throws(RuntimeError) -> Attachment {
    calls.append(.attach(id))
    throw .unsupported(path: "attach", runtime: features.handler)
  }

  /// The sandboxes by name.
  public func list() async throws(RuntimeError) -> [SandboxStatus] {
    sandboxes.keys.sorted { $0.description < $1.description }.map(status(of:))
  }

  /// The same; a fake runtime loses nothing.
  public func recover() async throws(RuntimeError) -> [SandboxStatus] {
    calls.append(.recover)
    return try await list()
  }

  // MARK: Scripts

  private func script(for id: ContainerID) -> ContainerScript {
    guard let attempts = scripts[id.name], let last = attempts.last else { return ContainerScript() }
    return id.attempt < attempts.count ? attempts[id.attempt] : last
  }

  private func give(_ answer: ContainerScript.Answer, in sandbox: SandboxID) async throws(RuntimeError) {
    switch answer {
    case .succeeds: return
    case .fails(let error): throw error
    case .succeedsAfter(let delay): await clock.sleep(until: clock.now + delay)
    case .hangs:
      await withCheckedContinuation { hanging[sandbox, default: []].append($0) }
      throw .sandboxLost("\(sandbox)")
    }
  }

  private func live(_ id: ContainerID, _ life: ContainerScript.Life) {
    switch life {
    case .runs: return
    case .exits(let code, let delay): schedule(id, after: delay, .exited(code: code))
    case .runsOutOfMemory(let delay): schedule(id, after: delay, .signaled(9), oomKilled: true)
    case .losesSupervisor(let delay):
      let due = clock.now + delay
      Task {
        await clock.sleep(until: due)
        killSupervisor(of: id.sandbox)
      }
    }
  }

  private func schedule(
    _ id: ContainerID,
    after delay: Duration,
    _ outcome: ContainerExit.Outcome,
    oomKilled: Bool = false
  ) {
    guard delay > .zero else { return end(id, outcome, oomKilled: oomKilled) }
    let due = clock.now + delay
    Task {
      await clock.sleep(until: due)
      end(id, outcome, oomKilled: oomKilled)
    }
  }

  private func end(_ id: ContainerID, _ outcome: ContainerExit.Outcome, oomKilled: Bool = false) {
    guard let container = containers[id] else { return }
    var startedAt: WallTime?
    switch container.state {
    case .ended: return
    case .created: startedAt = nil
    case .running(_, let time): startedAt = time
    }
    let exit = ContainerExit(
      outcome: outcome,
      oomKilled: oomKilled,
      startedAt: startedAt,
      finishedAt: clock.wallTime
    )
    containers[id]?.state = .ended(exit)
    containers[id]?.waiters = []
    for waiter in container.waiters { waiter.resume(returning: exit) }
  }

  private func status(of sandbox: SandboxID) -> SandboxStatus {
    let members = containers.filter { $0.key.sandbox == sandbox }
      .sorted { ($0.key.name, $0.key.attempt) < ($1.key.name, $1.key.attempt) }
    return SandboxStatus(
      id: sandbox,
      supervisor: sandboxes[sandbox] == nil ? nil : 999,
      sharedMemoryPath: "/fake/\(sandbox)/shm",
      containers: members.map { ContainerStatus(id: $0.key, state: $0.value.state) }
    )
  }

  private func write(_ id: ContainerID, _ script: ContainerScript) throws(RuntimeError) {
    guard let configuration = configurations[id], let sandbox = sandboxes[id.sandbox] else { return }
    if !script.output.isEmpty {
      let path = sandbox.logDirectory + "/" + configuration.streams.logFile
      try append(FakeLog.records(script.output, at: clock.wallTime), to: path)
    }
    for (path, text) in script.files.sorted(by: { $0.key < $1.key }) {
      guard let mount = configuration.specification.mounts.first(where: { $0.destination == path }) else {
        throw .invalid(path: "mounts", reason: "the script writes \(path), which no mount covers")
      }
      try append(text, to: mount.source)
    }
  }
}

private struct FakeContainer {
  var script: ContainerScript
  var state: ContainerState
  var waiters: [CheckedContinuation<ContainerExit, Never>] = []

  init(script: ContainerScript, pid: Int32) {
    self.script = script
    state = .created(pid: pid)
  }
}
