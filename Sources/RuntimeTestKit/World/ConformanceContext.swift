import Cgroups
import Glibc
import Linux
import RuntimeAPI
import StateStore
import Synchronization

/// What a case works with: one world, one runtime, and pods that are removed afterwards.
public final class ConformanceContext: Sendable {
  /// Its surroundings.
  public let world: TestWorld
  /// The runtime's name and abilities.
  public let subject: ConformanceSubject
  private struct State {
    var runtime: (any ContainerRuntime)?
    var claims: [PodClaim] = []
    var sandboxes: [SandboxID] = []
  }
  private let state: Mutex<State>

  init(_ subject: ConformanceSubject) throws {
    self.subject = subject
    let world = try TestWorld()
    self.world = world
    let runtime: any ContainerRuntime
    do { runtime = try subject.make(world) } catch {
      try world.remove(pods: [])
      throw error
    }
    state = Mutex(State(runtime: runtime))
  }

  /// The runtime; a new one after ``dropRuntime()``.
  var runtime: any ContainerRuntime {
    get throws {
      if let runtime = state.withLock({ $0.runtime }) { return runtime }
      let runtime = try subject.make(world)
      state.withLock { $0.runtime = runtime }
      return runtime
    }
  }

  /// Forgets the runtime, as an agent that dies would.
  func dropRuntime() { state.withLock { $0.runtime = nil } }

  // MARK: Sandboxes

  /// Claims a pod and makes its sandbox.
  func sandbox(
    hostname: String = "test",
    namespaces: SandboxNamespaces = SandboxNamespaces(),
    whenOwnerEnds: OwnerEnds = .endGracefully(seconds: 1),
    edit: (inout SandboxConfiguration) -> Void = { _ in },
    network: NetworkSource? = nil
  ) async throws -> TestSandbox {
    let id = try claim()
    var configuration = SandboxConfiguration(
      id: id,
      hostname: hostname,
      namespaces: namespaces,
      logDirectory: "\(world.directory)/logs/\(id)",
      whenOwnerEnds: whenOwnerEnds
    )
    edit(&configuration)
    let status = try await runtime.createSandbox(configuration, in: network)
    return TestSandbox(context: self, configuration: configuration, status: status)
  }

  /// Claims a pod without a sandbox.
  func claim() throws -> SandboxID {
    var generator = SystemRandomNumberGenerator()
    guard let id = SandboxID("t" + String(UInt64.random(in: .min ... .max, using: &generator), radix: 16)) else {
      throw ConformanceFailure(expected: "a sandbox identifier", seen: "none")
    }
    let state = "\(world.directory)/state/\(id)"
    try makeDirectory(AT_FDCWD, state)
    try makeDirectory(AT_FDCWD, "\(world.directory)/logs/\(id)")
    let record = PodRecord(
      pod: "\(id)",
      name: "\(id)",
      bootID: try bootID(),
      cgroup: PodCgroup(world.hierarchy, pod: "\(id)").path,
      paths: [state],
      endsWithOwner: true,
      graceSeconds: 1
    )
    let claim = try PodClaim(record, runDirectory: world.runDirectory)
    TestNames.add(id, cgroup: record.cgroup)
    self.state.withLock { state in
      state.claims.append(claim)
      state.sandboxes.append(id)
    }
    return id
  }

  /// Removes every sandbox through the runtime, releases the claims, and removes the world.
  func tearDown() async throws {
    let (sandboxes, claims) = state.withLock { state in
      defer { state.claims = [] }
      return (state.sandboxes, state.claims)
    }
    var failure: (any Error)?
    do {
      let runtime = try runtime
      for sandbox in sandboxes { try await runtime.removeSandbox(sandbox) }
      let left = try world.pods().filter { pod in sandboxes.contains { pod == "pod-\($0)" } }
      // A sandbox that this runtime object never knew is removed by its record, as the next agent would.
      let known = try await runtime.list()
      try expect(known.isEmpty, "no sandbox to be listed after its removal", seen: "\(known)")
      for pod in left { try PodCgroup(path: world.hierarchy.path(pod)).destroy() }
      for claim in claims { try claim.release() }
    } catch { failure = error }
    dropRuntime()
    do { try world.remove(pods: sandboxes.map(\.description)) } catch { failure = failure ?? error }
    if let failure { throw failure }
  }
}
