import Cgroups
import CommandLineOptions
import Glibc
import Images
import Linux
import Manifests
import NodeSettings
import PodEngine
import PodLogic
import PodModel
import Registry
import RuntimeAPI
import StateStore

/// A run of one pod, from the command line to the exit status.
struct Foreground {
  private let command: RunCommand
  private let start: ContinuousClock.Instant

  init(_ command: RunCommand, startedAt start: ContinuousClock.Instant) {
    self.command = command
    self.start = start
  }

  func run() async -> Int32 {
    do {
      return try await runOrThrow()
    } catch let problem as ConfigurationFile.Problem {
      say(problem.description)
      return ExitStatus.badSpecification
    } catch let problem as ManifestSource.Problem {
      say(problem.text)
      return ExitStatus.badSpecification
    } catch let refusal as AdmissionError {
      for problem in refusal.problems { say("\(command.filename): \(problem)") }
      return ExitStatus.badSpecification
    } catch {
      say("swiftlet: \(error)")
      return ExitStatus.failed
    }
  }

  private func runOrThrow() async throws -> Int32 {
    guard geteuid() == 0 else { throw NotRoot() }
    // The manifest first: what is wrong with it is told without touching anything. What is read from the standard input
    // cannot be read again by the program that is started in the scope.
    if command.filename == "-" { try SystemdScope.enter() }
    let (configuration, warnings) = try ConfigurationFile.read(command.global.config)
    let found = try ManifestSource.read(command.filename, node: .current(configuration))
    for warning in warnings + found.warnings { say(warning) }
    try SystemdScope.enter()
    let pod = identified(found.pod)
    let signals = Signals()
    let style = style(for: pod)
    let images = try images(configuration, found.secrets)
    let objects = GivenObjects(configMaps: found.configMaps, secrets: found.secrets)
    let requester = NetworkRequester()
    let network = NodeNetwork(
      stateDirectory: command.global.stateDirectory,
      runDirectory: command.global.runDirectory,
      networks: configuration.network.podNetworks,
      durability: .untilReboot,
      notice: say
    )
    let handle = try await accept(pod, style, images, objects, network, requester)
    let outcome = await PodRun(pod, handle, style, startedAt: start).follow(signals.values)
    var failures = [outcome.failure].compactMap(\.self)
    do {
      // Before the pod's record goes, by which whoever comes after a crash finds that there is something to take away.
      try network.finish()
      try await handle.discard()
    } catch {
      failures.append("what is left of the pod is removed by the next command: \(error)")
    }
    await images.registries.shutDown()
    try await requester.shutDown()
    if command.keep { tellKept(pod) }
    if command.output == .json { try FinalPod.write(pod, outcome.status, to: STDOUT_FILENO) }
    for failure in failures { say("swiftlet: \(failure)") }
    return failures.isEmpty ? ExitStatus.of(outcome.status) : ExitStatus.failed
  }

  /// Nothing is left of a pod that is not accepted.
  private func accept(
    _ pod: Pod,
    _ style: PodRun.Style,
    _ images: NodeImages,
    _ objects: GivenObjects,
    _ network: NodeNetwork,
    _ requester: NetworkRequester
  ) async throws -> PodHandle {
    let places = try NodePlaces(command.global, shim: command.shim)
    try places.prepare()
    let hierarchy = try CgroupHierarchy.discover(
      instance: instanceName(stateDirectory: places.state),
      underSystemd: CgroupHierarchy.isUnderSystemd
    )
    do {
      return try await engine(places, hierarchy, style, images, objects, network, requester).accept(pod)
    } catch {
      hierarchy.removeUnused()
      throw error
    }
  }

  private func images(_ configuration: NodeConfiguration, _ secrets: [Secret]) throws -> NodeImages {
    NodeImages(
      store: try ImageStore(root: command.global.imageStore),
      registries: try RegistryClient(configuration),
      options: PullOptions(configuration.images),
      secrets: secrets
    )
  }

  private func engine(
    _ places: NodePlaces,
    _ hierarchy: CgroupHierarchy,
    _ style: PodRun.Style,
    _ images: NodeImages,
    _ objects: GivenObjects,
    _ network: NodeNetwork,
    _ requester: NetworkRequester
  ) throws -> PodEngine {
    let retention = Retention(keepsLogs: command.keep, keepsLayers: command.keep)
    let ports = PodEngine.Ports(
      runtime: try RuntimeFactory(places: places, hierarchy: hierarchy).make(command.runtime),
      images: images,
      ledger: NodeLedger(places.directories, hierarchy, retention, endsWithOwner: true),
      network: network,
      objects: objects,
      requester: requester,
      clock: SystemClock()
    )
    return PodEngine(
      ports,
      EngineSettings(
        directories: places.directories,
        host: try HostFacts.current(),
        bestEffortLimits: command.bestEffortLimits,
        pods: .end,
        attached: Set([style.input.container].compactMap { $0 }),
        retention: retention,
        seccompProfiles: places.seccompProfiles
      )
    )
  }

  /// A manifest need not name the pod's UID; each run is a pod of its own then.
  private func identified(_ pod: Pod) -> Pod {
    var pod = pod
    if pod.metadata.uid == nil { pod.metadata.uid = PodUID.random() }
    let now = SystemClock().now.wall
    pod.metadata.creationTimestamp = Timestamp(seconds: now.seconds)
    return pod
  }

  private func style(for pod: Pod) -> PodRun.Style {
    let logs = command.output == .json ? STDERR_FILENO : STDOUT_FILENO
    let environment = EnvironmentOfProcess.values(["NO_COLOR", "TERM"])
    let isTaken = command.filename == "-"
    return PodRun.Style(
      logs: logs,
      logPalette: Palette(isTerminal: isatty(logs) == 1, environment: environment),
      statePalette: Palette(isTerminal: isatty(STDERR_FILENO) == 1, environment: environment),
      input: InputChoice(pod.spec, stdinIsTerminal: isatty(STDIN_FILENO) == 1, stdinIsTaken: isTaken)
    )
  }

  private func tellKept(_ pod: Pod) {
    let directories = PodDirectories(state: command.global.stateDirectory, run: command.global.runDirectory)
    say("kept: \(directories.logs(pod)) and \(directories.layers(pod))")
  }

}

/// Who may not.
private struct NotRoot: Error, CustomStringConvertible {
  let description =
    "swiftlet run needs root, for namespaces, mounts and cgroups: sudo swiftlet run ... (swiftlet validate does not)"
}

/// Writes a line for people.
@Sendable private func say(_ line: String) {
  // Where nobody listens there is nobody to tell.
  try? writeWaiting(STDERR_FILENO, Array((line + "\n").utf8))
}

/// UIDs of pods that nobody named.
enum PodUID {
  /// A random UUID (RFC 9562, version 4).
  static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    var bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
    bytes[6] = bytes[6] & 0x0f | 0x40
    bytes[8] = bytes[8] & 0x3f | 0x80
    let digits = bytes.map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0" + text : text
    }
    return [digits[0..<4], digits[4..<6], digits[6..<8], digits[8..<10], digits[10..<16]]
      .map { $0.joined() }.joined(separator: "-")
  }
}

/// Variables of this process.
enum EnvironmentOfProcess {
  static func values(_ names: [String]) -> [String: String] {
    var values: [String: String] = [:]
    for name in names {
      if let value = getenv(name) { values[name] = String(cString: value) }
    }
    return values
  }
}
