import Cgroups
import Foundation
import Glibc
import Linux
import NativeRuntime
import PodEngine
import Privileges
import RuntimeAPI
import ShimClient
import StateStore

/// `swiftlet-bench start|run --bundle DIR --count N`: microseconds of each container, one per line; `start` is clone3 to
/// execve as the supervisor sees it, `run` from asking the runtime to the known exit. `swiftlet-bench steps …`: where the
/// time goes.
/// `swiftlet-bench seccomp-profile`: the default profile, for whoever is measured beside us.
func runBench() async {
  do {
    switch CommandLine.arguments.dropFirst().first {
    case "seccomp-profile": try printProfile()
    case "start": try await Bench(arguments()).measure(.start)
    case "run": try await Bench(arguments()).measure(.run)
    case "steps": try await Bench(arguments()).measureSteps()
    case "pods": try await podsBench().measure()
    default:
      throw BenchFailure(
        "usage: swiftlet-bench start|run|steps --bundle DIR --count N, "
          + "pods --root ROOTFS --directory DIR --count N [--network yes] [--apart yes], or seccomp-profile"
      )
    }
  } catch {
    complain("\(error)")
    exit(1)
  }
}

struct BenchFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

func complain(_ text: String) {
  FileHandle.standardError.write(Data("swiftlet-bench: \(text)\n".utf8))
}

private func options() -> [String: String] {
  var values: [String: String] = [:]
  var rest = CommandLine.arguments.dropFirst(2)
  while let name = rest.popFirst(), let value = rest.popFirst() { values[name] = value }
  return values
}

private func podsBench() throws -> PodsBench {
  let values = options()
  guard let root = values["--root"], let directory = values["--directory"],
    let count = values["--count"].flatMap({ Int($0) }), count > 0
  else { throw BenchFailure("--root ROOTFS, --directory DIR and --count N were expected") }
  return try PodsBench(
    root: root,
    directory: directory,
    count: count,
    isApart: values["--apart"] == "yes",
    network: values["--network"] == "yes" ? try BenchNetwork(directory: directory) : LoopbackOnly()
  )
}

private func arguments() throws -> (bundle: String, count: Int) {
  let values = options()
  guard let bundle = values["--bundle"], let count = values["--count"].flatMap({ Int($0) }), count > 0 else {
    throw BenchFailure("--bundle DIR and --count N were expected")
  }
  return (bundle, count)
}

private func printProfile() throws {
  let platform = try SeccompPlatform.required()
  let nine: CapabilitySet = try CapabilitySet(
    specificationNames: [
      "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
      "CAP_SETPCAP", "CAP_NET_BIND_SERVICE",
    ],
    field: "capabilities"
  )
  let target = SeccompTarget(
    platform: platform,
    capabilities: nine,
    kernel: KernelVersion(major: 6, minor: 1)
  )
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
  print(String(decoding: try encoder.encode(RuntimeDefault.profile(for: target)), as: UTF8.self))
}

/// Runs one container after the other from a bundle.
struct Bench {
  enum Interval { case start, run, steps }

  private let specification: RuntimeSpecification
  private let count: Int
  private let directory: String
  private let runtime: NativeRuntime
  private let hierarchy: CgroupHierarchy

  init(_ arguments: (bundle: String, count: Int)) throws {
    count = arguments.count
    let data = try Data(contentsOf: URL(filePath: arguments.bundle + "/config.json"))
    var specification = try JSONDecoder().decode(RuntimeSpecification.self, from: data)
    // What the sandbox has for its containers.
    specification.hostname = nil
    specification.linux.namespaces.removeAll { [.ipc, .uts, .network].contains($0.type) }
    // Device control is always in force; peers are given none.
    specification.linux.resources.devices = [.init(allow: true, type: "c", access: "rwm")]
    self.specification = specification
    directory = arguments.bundle + "/swiftlet"
    hierarchy = try CgroupHierarchy.discover(
      instance: instanceName(stateDirectory: directory),
      underSystemd: CgroupHierarchy.isUnderSystemd
    )
    for name in ["run", "state", "logs"] { try ensureDirectories(directory + "/" + name) }
    // What an interrupted run left.
    for outcome in try AbandonedPods.remove(runDirectory: directory + "/run") {
      if let problem = outcome.problem { throw BenchFailure(problem) }
    }
    runtime = try NativeRuntime(
      NativeRuntimeConfiguration(
        runDirectory: directory + "/run",
        filterCache: directory + "/filters",
        shim: try ShimProgram.defaultPath(),
        hierarchy: hierarchy
      )
    )
  }

  func measure(_ interval: Interval) async throws {
    for index in 0..<count { print(try await one(index, interval) / 1000) }
  }

  /// Where the time of one container goes, as medians in microseconds.
  func measureSteps() async throws {
    var figures: [String: [Int64]] = [:]
    var order: [String] = []
    for index in 0..<count {
      var last = Clock.monotonicNanoseconds()
      _ = try await one(index, .steps) { name in
        let now = Clock.monotonicNanoseconds()
        if figures[name] == nil { order.append(name) }
        figures[name, default: []].append((now - last) / 1000)
        last = now
      }
    }
    for name in order {
      let sorted = figures[name, default: []].sorted()
      print("\(name): \(sorted[sorted.count / 2])")
    }
  }

  private func one(_ index: Int, _ interval: Interval, step: (String) -> Void = { _ in }) async throws -> Int64 {
    let pod = "bench-\(index)"
    guard let sandbox = SandboxID(pod), let container = ContainerID(sandbox: sandbox, name: "c", attempt: 0) else {
      throw BenchFailure("\(pod) is no sandbox name")
    }
    let layer = directory + "/state/" + pod
    for name in ["/u", "/w"] { try ensureDirectories(layer + name) }
    var clock = Clock.monotonicNanoseconds()
    let claim = try PodClaim(
      PodRecord(
        pod: pod,
        name: pod,
        bootID: try bootID(),
        cgroup: PodCgroup(hierarchy, pod: pod).path,
        paths: [layer],
        endsWithOwner: true,
        graceSeconds: 0
      ),
      runDirectory: directory + "/run"
    )
    step("claim")
    _ = try await runtime.createSandbox(
      SandboxConfiguration(
        id: sandbox,
        hostname: "bench",
        namespaces: SandboxNamespaces(hostNetwork: true),
        logDirectory: directory + "/logs",
        whenOwnerEnds: .endGracefully(seconds: 0),
        expected: ExpectedContainers(count: 1, mounts: specification.mounts)
      )
    )
    step("sandbox")
    _ = try await runtime.create(
      ContainerConfiguration(
        id: container,
        specification: specification,
        rootFilesystem: .overlay(layers: [specification.root.path], upper: layer + "/u", work: layer + "/w"),
        streams: ContainerStreams(logFile: "\(pod).log")
      )
    )
    step("create")
    let started = try await runtime.start(container)
    step("start")
    if interval == .start {
      guard let launch = started.launch else { throw BenchFailure("the supervisor tells no launch time") }
      clock = launch
    }
    let exit = try await runtime.wait(for: container)
    step("wait")
    if interval == .run { clock = Clock.monotonicNanoseconds() - clock }
    guard exit.outcome == .exited(code: 0) else { throw BenchFailure("the container ended with \(exit.outcome)") }
    try await runtime.delete(container)
    step("delete")
    try await runtime.removeSandbox(sandbox)
    step("remove")
    try claim.release()
    step("release")
    return clock
  }
}
