import Glibc
import Images
import Linux
import PodLogic
import PodModel
import Privileges
import RuntimeAPI
import RuntimeTestKit
import Synchronization
import Testing

@testable import PodEngine

extension FakeClock {
  var moment: Moment {
    let wall = wallTime
    return Moment(
      instant: Instant(sinceStart: now),
      wall: Timestamp(seconds: wall.seconds, nanoseconds: Int32(wall.nanoseconds))
    )
  }
}

/// The virtual clock as the engine reads it.
struct VirtualClock: EngineClock {
  let clock: FakeClock
  var now: Moment { clock.moment }
  func sleep(until deadline: Instant) async { await clock.sleep(until: deadline.sinceStart) }
}

/// Images that a test says are there.
final class FakeImages: ImageSource {
  private let images = Mutex<[String: ImageConfiguration]>(["docker.io/library/app:1": .program])

  func remove() { images.withLock { $0 = [:] } }
  func add(_ configuration: ImageConfiguration = .program) {
    images.withLock { $0["docker.io/library/app:1"] = configuration }
  }

  /// What a registry would have.
  private let remote = Mutex<[String: ImageConfiguration]>([:])
  private let asked = Mutex(0)

  private let between = Mutex<@Sendable () -> Void>({})

  /// What happens after each piece of a pull.
  func betweenProgress(_ body: @escaping @Sendable () -> Void) { between.withLock { $0 = body } }

  /// How often a registry was asked.
  var pulls: Int { asked.withLock { $0 } }
  func offer() { remote.withLock { $0["docker.io/library/app:1"] = .program } }

  func pull(
    _ reference: ImageReference,
    for pod: Pod,
    holder: String,
    progress: @escaping @Sendable (String) -> Void
  ) async throws(ImageStoreError) -> UsableImage {
    asked.withLock { $0 += 1 }
    for megabytes in 1...9 {
      progress("pulling image: \(megabytes) of 9 MB")
      between.withLock { $0 }()
    }
    guard let configuration = remote.withLock({ $0[reference.description] }) else {
      throw .source(ContentSourceError(.notFound, "\(reference): not found"))
    }
    images.withLock { $0[reference.description] = configuration }
    return UsableImage(
      name: reference.description,
      id: "sha256:def",
      bytes: 7,
      layers: [],
      configuration: configuration
    )
  }

  func find(_ reference: ImageReference, holder: String) async throws(ImageStoreError) -> UsableImage? {
    if reference.tag == "broken" { throw .damaged("layer x", reason: "gone") }
    return images.withLock { $0[reference.description] }.map {
      UsableImage(name: reference.description, id: "sha256:abc", layers: [], configuration: $0)
    }
  }
}

extension ImageConfiguration {
  static let program = ImageConfiguration(entrypoint: ["/app"])
}

/// Remembers claims; a pod has one owner.
final class MemoryLedger: PodLedger {
  struct Taken: Error {}
  private let claims = Mutex<Set<String>>([])

  var isEmpty: Bool { claims.withLock { $0.isEmpty } }

  func claim(_ pod: Pod) async throws {
    guard claims.withLock({ $0.insert(pod.metadata.uid ?? "").inserted }) else { throw Taken() }
  }

  func release(_ pod: Pod) async throws {
    _ = claims.withLock { $0.remove(pod.metadata.uid ?? "") }
  }
}

/// Hands out addresses and remembers who has one.
final class FakeNetwork: PodConnector {
  struct Refusal: Error, CustomStringConvertible { let description: String }
  private let state = Mutex<(taken: [String: String], refusal: String?)>(([:], nil))

  var taken: [String: String] { state.withLock { $0.taken } }
  func refuse(_ text: String?) { state.withLock { $0.refusal = text } }

  /// Whether pods are connected while their sandboxes are made.
  let isEarly: Bool
  init(isEarly: Bool = false) { self.isEarly = isEarly }

  var networkSource: NetworkSource? {
    guard isEarly else { return nil }
    return { SandboxNetwork(namespace: -1, routing: -1) }
  }

  func attach(_ pod: Pod, to network: SandboxNetwork) async throws -> [String] {
    try state.withLock { state in
      if let refusal = state.refusal { throw Refusal(description: refusal) }
      state.taken[pod.metadata.uid ?? ""] = "10.85.0.2"
      return ["10.85.0.2"]
    }
  }

  func detach(_ pod: Pod) async throws {
    state.withLock { $0.taken[pod.metadata.uid ?? ""] = nil }
  }
}

/// Answers every request with a status, and remembers them.
final class FakeRequester: ContainerRequester {
  private let state = Mutex<(requests: [HTTPRequest], connections: [String], status: Int)>(([], [], 200))

  var requests: [HTTPRequest] { state.withLock { $0.requests } }
  var connections: [String] { state.withLock { $0.connections } }
  func answer(_ status: Int) { state.withLock { $0.status = status } }

  func connect(to host: String, port: UInt16, timeout: Duration) async throws {
    try state.withLock { state in
      state.connections.append("\(host):\(port)")
      if state.status >= 400 { throw NoRequests.Refused() }
    }
  }

  func get(_ request: HTTPRequest) async throws -> Int {
    state.withLock { state in
      state.requests.append(request)
      return state.status
    }
  }
}

/// An engine on a fake runtime, in a directory of its own.
struct Bench {
  let clock = FakeClock()
  let runtime: FakeRuntime
  let images = FakeImages()
  let ledger = MemoryLedger()
  let network: FakeNetwork
  let http = FakeRequester()
  let root: String
  var settings: EngineSettings
  var objects: any ObjectSource = NoObjects()

  init(enforceableLimits: Set<String> = FakeRuntime.allLimits, connectsEarly: Bool = false) throws {
    network = FakeNetwork(isEarly: connectsEarly)
    var template = Array("/tmp/swiftlet-engine.XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw Failure() }
    root = String(cString: made)
    runtime = FakeRuntime(clock: clock, enforceableLimits: enforceableLimits)
    settings = EngineSettings(
      directories: PodDirectories(state: "\(root)/state", run: "\(root)/run"),
      host: .test,
      seccompProfiles: "\(root)/seccomp"
    )
  }

  struct Failure: Error {}

  var engine: PodEngine {
    PodEngine(
      PodEngine.Ports(
        runtime: runtime,
        images: images,
        ledger: ledger,
        network: network,
        objects: objects,
        requester: http,
        clock: VirtualClock(clock: clock)
      ),
      settings
    )
  }

  func accept(_ pod: Pod) async throws -> RunningPod {
    RunningPod(try await engine.accept(pod))
  }

  /// Paths below the bench's directory, sorted.
  func files() -> [String] {
    var found: [String] = []
    func walk(_ path: String) {
      guard let stream = opendir(path) else { return }
      defer { closedir(stream) }
      while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name == "." || name == ".." { continue }
        found.append(String("\(path)/\(name)".dropFirst(root.count + 1)))
        walk("\(path)/\(name)")
      }
    }
    walk(root)
    return found.sorted()
  }

  func clean() {
    do throws(SyscallError) {
      let parent = try openDirectory(AT_FDCWD, "/tmp")
      try removeTree(parent.raw, String(root.dropFirst("/tmp/".count)))
    } catch {
      Issue.record("\(root) could not be removed: \(error)")
    }
  }
}

/// Follows a pod's updates and wakes tests that wait for something.
final class RunningPod: Sendable {
  private struct State {
    var updates: [PodUpdate] = []
    var waiters: [(isMet: @Sendable ([PodUpdate]) -> Bool, wake: CheckedContinuation<Void, Never>)] = []
  }

  let handle: PodHandle
  private let state = Mutex(State())

  init(_ handle: PodHandle) {
    self.handle = handle
    Task {
      for await update in handle.updates { take(update) }
    }
  }

  var updates: [PodUpdate] { state.withLock { $0.updates } }
  var status: PodStatus? { updates.lastStatus }

  private func take(_ update: PodUpdate) {
    let met = state.withLock { state in
      state.updates.append(update)
      let updates = state.updates
      let met = state.waiters.filter { $0.isMet(updates) }
      state.waiters.removeAll { $0.isMet(updates) }
      return met
    }
    for waiter in met { waiter.wake.resume() }
  }

  func until(_ isMet: @escaping @Sendable ([PodUpdate]) -> Bool) async {
    await withCheckedContinuation { continuation in
      let isMetAlready = state.withLock { state in
        if isMet(state.updates) { return true }
        state.waiters.append((isMet, continuation))
        return false
      }
      if isMetAlready { continuation.resume() }
    }
  }

  func untilStatus(_ isMet: @escaping @Sendable (PodStatus) -> Bool) async {
    await until { updates in updates.lastStatus.map(isMet) ?? false }
  }

  func untilRunning(_ name: String = "app", restarts: Int = 0) async {
    await untilStatus { status in
      status.containerStatuses.contains { container in
        if case .running = container.state {
          container.name == name && container.restartCount == restarts
        } else {
          false
        }
      }
    }
  }

  func untilFinished() async -> PodStatus? {
    await until { updates in
      if case .finished = updates.last { true } else { false }
    }
    return status
  }
}

extension [PodUpdate] {
  var lastStatus: PodStatus? {
    for update in reversed() {
      switch update {
      case .status(let status), .finished(let status): return status
      default: continue
      }
    }
    return nil
  }

  var notices: [PodNotice] {
    compactMap { if case .notice(let notice, _) = $0 { notice } else { nil } }
  }
}

extension HostFacts {
  static let test = HostFacts(
    hostname: "node",
    addresses: ["192.0.2.1", "2001:db8::1"],
    capabilities: CapabilityHost(known: .upTo(40), held: .upTo(40)),
    kernel: KernelVersion(major: 6, minor: 1),
    processors: 4,
    memoryCapacity: 1 << 30,
    throttlePaths: ["/sys/devices/system/cpu/cpu0/thermal_throttle"],
    maximumOpenFiles: 1 << 20,
    leastOOMScoreAdj: -1000
  )
}

extension ResolvedEnvironment {
  /// The variables of a container that is alone.
  init(
    _ container: Container,
    configMaps: [ConfigMap] = [],
    secrets: [Secret] = []
  ) async throws(ConfigurationError) {
    let pod = Pod(metadata: ObjectMeta(name: "web"), spec: PodSpec(containers: [container]))
    let objects = GivenObjects(configMaps: configMaps, secrets: secrets)
    let sources = try await EnvironmentSources(of: container, in: pod, from: objects)
    try self.init(container, sources, PodFacts(pod: pod, addresses: ["10.85.0.2"], host: .test))
  }

  /// The same without anything to look up.
  init(_ variables: [EnvironmentVariable]) throws(ConfigurationError) {
    var container = Container(name: "app", image: "app:1")
    container.env = variables
    let pod = Pod(metadata: ObjectMeta(name: "web"), spec: PodSpec(containers: [container]))
    try self.init(container, EnvironmentSources(), PodFacts(pod: pod, addresses: [], host: .test))
  }
}

extension Pod {
  static func test(_ containers: String..., restartPolicy: RestartPolicy = .always) -> Pod {
    var spec = PodSpec(containers: containers.map { Container(name: $0, image: "app:1") })
    spec.restartPolicy = restartPolicy
    return Pod(metadata: ObjectMeta(name: "web", namespace: "default", uid: "u-1"), spec: spec)
  }
}

extension PodStatus {
  subscript(name: String) -> PodModel.ContainerStatus? { containerStatuses.first { $0.name == name } }
}

extension PodModel.ContainerStatus {
  var waitingReason: String? { if case .waiting(let reason, _) = state { reason } else { nil } }
  var waitingMessage: String? { if case .waiting(_, let message) = state { message } else { nil } }
  var termination: ContainerTermination? { if case .terminated(let end) = state { end } else { nil } }
  var lastTermination: ContainerTermination? { if case .terminated(let end)? = lastState { end } else { nil } }
}
