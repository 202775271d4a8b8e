import Glibc
import Images
import Linux
import PodLogic
import PodModel
import RuntimeAPI
import Synchronization

@testable import PodEngine

/// What a process in a container came to.
struct ProcessResult: Sendable {
  var exit: ContainerExit
  var output: String

  /// Without the carriage returns of a terminal.
  var lines: [String] { output.split(whereSeparator: \.isNewline).map(String.init) }
}

/// The sandbox of one pod, and its containers. Everything is configured by the engine's own translation.
final class TestSandbox: Sendable {
  let node: Node
  let pod: Pod
  let id: SandboxID
  private let runner: ActionRunner
  private let resources: PodResources
  private let attempts = Atomic<Int>(0)

  init(_ node: Node, _ pod: Pod, _ objects: any ObjectSource = NoObjects()) async throws {
    self.node = node
    self.pod = pod
    guard let id = SandboxID(pod.metadata.uid ?? "") else { throw Trouble("a pod without a usable uid") }
    self.id = id
    try await node.ledger.claim(pod)
    let ports = PodEngine.Ports(
      runtime: node.runtime,
      images: NoImages(),
      ledger: node.ledger,
      objects: objects,
      clock: SystemClock()
    )
    runner = ActionRunner(pod: pod, sandbox: id, ports: ports, settings: node.settings)
    var resources = PodResources()
    let answers = Mutex<[PodWorker.Input]>([])
    await runner.perform(.createSandbox, resources, after: Others([])) { answer in
      answers.withLock { $0.append(answer) }
    }
    for answer in answers.withLock({ $0 }) {
      if case .notice = answer { continue }
      guard case .sandbox(let status, _, let volumes) = answer else { throw Trouble("no sandbox: \(answer)") }
      resources.sharedMemoryPath = status.sharedMemoryPath
      resources.volumes = volumes
    }
    self.resources = resources
  }

  func remove() async throws {
    try await node.runtime.removeSandbox(id)
    try runner.files.removeAll(keeping: Retention(keepsLogs: false, keepsLayers: false))
    try await node.ledger.release(pod)
  }

  /// The supervisor's process.
  var supervisor: Int32 {
    get async throws {
      guard let pid = try await node.runtime.list().first(where: { $0.id == id })?.supervisor else {
        throw Trouble("the sandbox has no supervisor")
      }
      return pid
    }
  }

  /// Where a volume of the pod is bound from.
  func source(of volume: String) throws -> String {
    guard let volume = resources.volumes[volume] else { throw Trouble("the pod has no volume \(volume)") }
    return volume.source
  }

  /// What the engine asks of the runtime for the next attempt of one of the pod's containers, the first one if nothing is
  /// said; its directories exist.
  func configuration(
    _ index: Int = 0,
    layers: [String] = [],
    image: ImageConfiguration = ImageConfiguration()
  ) async throws -> ContainerConfiguration {
    let container = pod.spec.containers[index]
    let attempt = attempts.wrappingAdd(1, ordering: .relaxed).oldValue
    guard let id = ContainerID(sandbox: id, name: container.name, attempt: attempt) else {
      throw Trouble("\(container.name) is no usable name")
    }
    var resources = resources
    resources.images[container.name] = UsableImage(
      name: container.image,
      id: "test",
      layers: [node.base] + layers,
      configuration: image
    )
    let run = ContainerRun(runner: runner, container: container, id: id, resources: resources)
    let environment = try ResolvedEnvironment(container, EnvironmentSources(), run.facts)
    let blueprint = try run.blueprint(environment, try await run.containerVolumes(environment))
    let configuration = try ContainerTranslation(blueprint).configuration
    try runner.files.prepare(container.name, attempt: attempt, volumes: blueprint.imageVolumes)
    return configuration
  }

  /// Creates and starts a container.
  func start(_ configuration: ContainerConfiguration) async throws(RuntimeError) -> RunningContainer {
    _ = try await node.runtime.create(configuration)
    do throws(RuntimeError) {
      _ = try await node.runtime.start(configuration.id)
    } catch {
      // The first error is the one to tell.
      try? await node.runtime.delete(configuration.id)
      throw error
    }
    return RunningContainer(sandbox: self, configuration: configuration)
  }

  /// Runs a container to its end and removes it.
  func run(_ configuration: ContainerConfiguration) async throws -> ProcessResult {
    try await start(configuration).finish()
  }

  /// Runs the pod's container as it is, with other arguments.
  func run(_ arguments: [String], layers: [String] = []) async throws -> ProcessResult {
    var configuration = try await configuration(layers: layers)
    configuration.specification.process.args = arguments
    return try await run(configuration)
  }

  func log(_ configuration: ContainerConfiguration) throws -> String {
    let path = "\(node.directories.logs(pod))/\(configuration.streams.logFile)"
    let bytes = try readRegularFile(AT_FDCWD, path, limit: 64 << 20)
    return String(decoding: LogTail.text(bytes, isWhole: true), as: UTF8.self)
  }
}

/// A container whose program runs.
final class RunningContainer: Sendable {
  let sandbox: TestSandbox
  let configuration: ContainerConfiguration

  init(sandbox: TestSandbox, configuration: ContainerConfiguration) {
    self.sandbox = sandbox
    self.configuration = configuration
  }

  var runtime: any ContainerRuntime { sandbox.node.runtime }

  /// Waits until what it has printed contains a line.
  func wait(forLine line: String) async throws {
    for _ in 0..<3000 {
      if try sandbox.log(configuration).split(separator: "\n").contains(Substring(line)) { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw Trouble("the container did not say \(line): \(try sandbox.log(configuration))")
  }

  /// Its end and everything that it said.
  func finish() async throws -> ProcessResult {
    let exit = try await runtime.wait(for: configuration.id)
    let output = try sandbox.log(configuration)
    try await runtime.delete(configuration.id)
    return ProcessResult(exit: exit, output: output)
  }

  func kill() async throws -> ProcessResult {
    try await runtime.signal(configuration.id, SIGKILL, to: .everyProcess)
    return try await finish()
  }

  /// Another process in it, to its end.
  func exec(_ arguments: [String], cwd: String = "/", terminal: Bool = false) async throws -> ProcessResult {
    let process = RuntimeSpecification.Process(
      args: arguments,
      env: configuration.specification.process.env,
      cwd: cwd,
      user: configuration.specification.process.user,
      terminal: terminal
    )
    let session = try await runtime.exec(ExecRequest(process: process), in: configuration.id)
    // What is printed here fits into a pipe: nobody waits for a reader.
    let exit = try await session.wait()
    return ProcessResult(exit: exit, output: Self.read(session.streams.output) + Self.read(session.streams.errorOutput))
  }

  private static func read(_ descriptor: Int32) -> String {
    if descriptor < 0 { return "" }
    var bytes: [UInt8] = []
    // A terminal whose other side has gone answers with an error.
    while let more = try? readSome(descriptor, capacity: 65_536), !more.isEmpty { bytes += more }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Nothing is looked up by name: tests hand images to the translation themselves.
private struct NoImages: ImageSource {
  func pull(
    _ reference: ImageReference,
    for pod: Pod,
    holder: String,
    progress: @escaping @Sendable (String) -> Void
  ) async throws(ImageStoreError) -> UsableImage {
    throw .noSuchImage(ImageSelector(reference))
  }

  func find(_ reference: ImageReference, holder: String) async throws(ImageStoreError) -> UsableImage? { nil }
}

extension Pod {
  /// A pod with one container that runs the program of the base layer.
  static func test(
    _ name: String,
    _ arguments: [String] = ["/payload", "dump"],
    _ change: (inout PodSpec) -> Void = { _ in }
  ) -> Pod {
    var container = Container(name: "main", image: "payload:1")
    container.command = arguments
    var spec = PodSpec(containers: [container])
    spec.restartPolicy = .never
    change(&spec)
    return Pod(metadata: ObjectMeta(name: name, uid: name), spec: spec)
  }
}
