import RuntimeAPI
import RuntimeTestKit
import Testing

@Suite("The scripted runtime keeps the contract of a real one", .timeLimit(.minutes(1)))
struct FakeRuntimeTests {
  private let clock = FakeClock()
  private let runtime: FakeRuntime
  private let sandbox: SandboxID
  private let id: ContainerID

  init() throws {
    runtime = FakeRuntime(clock: clock)
    sandbox = try #require(SandboxID("pod"))
    id = try #require(ContainerID(sandbox: sandbox, name: "app", attempt: 0))
  }

  private func prepare() async throws {
    _ = try await runtime.createSandbox(
      SandboxConfiguration(id: sandbox, hostname: "h", logDirectory: "/nowhere", whenOwnerEnds: .keepRunning)
    )
  }

  private func create() async throws {
    let specification = RuntimeSpecification(root: .init(path: ""), process: .init(args: ["/app"]))
    _ = try await runtime.create(
      ContainerConfiguration(
        id: id,
        specification: specification,
        rootFilesystem: .directory("/"),
        streams: ContainerStreams(logFile: "app/0.log")
      )
    )
  }

  @Test("A container lives as long as its script says")
  func life() async throws {
    await runtime.script("app", ContainerScript(life: .exits(code: 4, after: .seconds(5))))
    try await prepare()
    try await create()
    guard case .running = try await runtime.start(id).state else {
      Issue.record("not running")
      return
    }
    async let first = runtime.wait(for: id)
    async let second = runtime.wait(for: id)
    while clock.sleepers == 0 { await Task.yield() }
    clock.advance(by: .seconds(5))
    #expect(try await first == second)
    #expect(try await first.outcome == .exited(code: 4))
    #expect(try await first.finishedAt.seconds == 1_800_000_005)
    #expect(try await runtime.wait(for: id) == first)
  }

  @Test("Wrong orders are refused")
  func order() async throws {
    await #expect(throws: RuntimeError.sandboxLost("pod")) { try await create() }
    await #expect(throws: RuntimeError.notFound("pod/app.0")) { _ = try await runtime.start(id) }
    try await prepare()
    await #expect(throws: RuntimeError.alreadyExists("pod")) { try await prepare() }
    try await create()
    await #expect(throws: RuntimeError.alreadyExists("pod/app.0")) { try await create() }
    _ = try await runtime.start(id)
    await #expect(throws: RuntimeError.self) { _ = try await runtime.start(id) }
    await #expect(throws: RuntimeError.self) { try await runtime.delete(id) }
  }

  @Test("Signals do what the script says, and SIGKILL ends anything")
  func signals() async throws {
    await runtime.script("app", ContainerScript(reactions: [15: .ignores, 10: .exits(code: 9, after: .zero)]))
    try await prepare()
    try await create()
    _ = try await runtime.start(id)
    try await runtime.signal(id, 15, to: .initProcess)
    guard case .running = try await runtime.list().first?.containers.first?.state else {
      Issue.record("not running")
      return
    }
    try await runtime.signal(id, 9, to: .everyProcess)
    #expect(try await runtime.wait(for: id).outcome == .signaled(9))
    try await runtime.delete(id)
    try await create()
    _ = try await runtime.start(id)
    try await runtime.signal(id, 10, to: .initProcess)
    #expect(try await runtime.wait(for: id).code == 9)
  }

  @Test("Whatever hangs ends with its sandbox")
  func hanging() async throws {
    await runtime.script("app", ContainerScript(create: .hangs))
    try await prepare()
    let creation = Task { try await create() }
    while await !runtime.calls.contains(.create(id)) { await Task.yield() }
    try await runtime.removeSandbox(sandbox)
    await #expect(throws: RuntimeError.sandboxLost("pod")) { try await creation.value }
    try await runtime.removeSandbox(sandbox)
    #expect(try await runtime.list().isEmpty)
  }

  @Test("Out of memory, and a supervisor that dies")
  func deaths() async throws {
    await runtime.script(
      "app",
      ContainerScript(life: .runsOutOfMemory(after: .zero)),
      ContainerScript(life: .runs)
    )
    try await prepare()
    try await create()
    _ = try await runtime.start(id)
    let exit = try await runtime.wait(for: id)
    #expect(exit.oomKilled && exit.code == 137)
    try await runtime.delete(id)
    try await create()
    await runtime.killSupervisor(of: sandbox)
    #expect(try await runtime.wait(for: id).outcome == .unknown)
  }

  @Test("The clock wakes whoever is due, in order, and nobody else")
  func clockOrder() async {
    let woken = AsyncStream.makeStream(of: Int.self)
    for seconds in [3, 1, 2, 9] {
      Task {
        await clock.sleep(until: .seconds(seconds))
        woken.continuation.yield(seconds)
      }
    }
    while clock.sleepers < 4 { await Task.yield() }
    #expect(clock.advanceToNextSleeper())
    #expect(clock.now == .seconds(1))
    clock.advance(by: .seconds(2))
    var seen: Set<Int> = []
    for await seconds in woken.stream {
      seen.insert(seconds)
      if seen.count == 3 { break }
    }
    #expect(seen == [1, 2, 3])
    #expect(clock.sleepers == 1)
  }

  @Test("A sleep ends with its task")
  func cancellation() async {
    let sleep = Task { await clock.sleep(until: .seconds(1000)) }
    while clock.sleepers == 0 { await Task.yield() }
    sleep.cancel()
    await sleep.value
    #expect(clock.sleepers == 0)
  }
}
