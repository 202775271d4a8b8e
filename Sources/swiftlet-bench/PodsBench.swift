import Cgroups
import Glibc
import Images
import Linux
import NativeRuntime
import Networking
import PodEngine
import PodLogic
import PodModel
import RuntimeAPI
import ShimClient
import StateStore
import Synchronization

/// `swiftlet-bench pods --root ROOTFS --directory DIR --count N`: N pods of one container at once through the engine of
/// one process, network and records included. Prints for each pod the microseconds from its acceptance to the execve of
/// its container, in order, and last `all N`: the microseconds until all of them ran. With `--apart yes` each pod is
/// accepted when the one before it runs, and all of them run on to the end.
struct PodsBench {
  private let count: Int
  private let isApart: Bool
  private let engine: PodEngine
  private let root: String

  init(root: String, directory: String, count: Int, isApart: Bool, network: any PodConnector) throws {
    self.count = count
    self.isApart = isApart
    self.root = root
    let run = directory + "/run"
    for name in ["run", "state"] { try ensureDirectories(directory + "/" + name) }
    for outcome in try AbandonedPods.remove(runDirectory: run) {
      if let problem = outcome.problem { throw BenchFailure(problem) }
    }
    let hierarchy = try CgroupHierarchy.discover(
      instance: instanceName(stateDirectory: directory),
      underSystemd: CgroupHierarchy.isUnderSystemd
    )
    let runtime = try NativeRuntime(
      NativeRuntimeConfiguration(
        runDirectory: run,
        filterCache: directory + "/filters",
        shim: try ShimProgram.defaultPath(),
        hierarchy: hierarchy
      )
    )
    let directories = PodDirectories(state: directory + "/state", run: run)
    engine = PodEngine(
      PodEngine.Ports(
        runtime: runtime,
        images: OneImage(root: root),
        ledger: BenchLedger(directories: directories, hierarchy: hierarchy),
        network: network,
        clock: SystemClock()
      ),
      EngineSettings(
        directories: directories,
        host: try HostFacts.current(),
        bestEffortLimits: true,
        pods: .end,
        seccompProfiles: directory + "/seccomp"
      )
    )
  }

  func measure() async throws {
    let begin = ContinuousClock.now
    let handles = try await isApart ? oneAfterTheOther() : allAtOnce()
    let all = begin.duration(to: .now)
    for (_, duration, _) in handles { print(duration.inMicroseconds) }
    print("all \(all.inMicroseconds)")
    await withTaskGroup(of: Void.self) { group in
      for (_, _, handle) in handles {
        group.addTask {
          handle.kill()
          do { try await handle.discard() } catch { complain("\(error)") }
        }
      }
    }
  }

  private typealias Started = (index: Int, duration: Duration, handle: PodHandle)

  private func allAtOnce() async throws -> [Started] {
    try await withThrowingTaskGroup(of: Started.self) { group in
      for index in 0..<count { group.addTask { try await start(index) } }
      var started: [Started] = []
      for try await one in group { started.append(one) }
      return started.sorted { $0.index < $1.index }
    }
  }

  private func oneAfterTheOther() async throws -> [Started] {
    var started: [Started] = []
    for index in 0..<count { started.append(try await start(index)) }
    return started
  }

  private func start(_ index: Int) async throws -> Started {
    let begin = ContinuousClock.now
    let handle = try await engine.accept(pod(index))
    for await update in handle.updates {
      if case .started = update { return (index, begin.duration(to: .now), handle) }
      if case .notice(let notice, _) = update, notice.isWarning { complain(notice.message) }
      if case .finished(let status) = update { throw BenchFailure("pod \(index) did not start: \(status)") }
    }
    throw BenchFailure("pod \(index) ended without a word")
  }

  private func pod(_ index: Int) -> Pod {
    var container = Container(name: "main", image: "bench:1")
    container.command = ["/bin/sleep", "600"]
    var spec = PodSpec(containers: [container])
    spec.restartPolicy = .never
    spec.terminationGracePeriodSeconds = 0
    return Pod(metadata: ObjectMeta(name: "bench-\(index)", uid: "bench-\(index)"), spec: spec)
  }
}

/// The pods' network, as `swiftlet run` has it.
struct BenchNetwork: PodConnector {
  private let network: PodNetwork

  init(directory: String) throws {
    network = try PodNetwork(
      PodNetwork.Configuration(
        instance: instanceName(stateDirectory: directory),
        directory: directory + "/network",
        runDirectory: directory + "/run/network"
      )
    )
  }

  var networkSource: NetworkSource? { { try SandboxNetwork.made() } }

  func attach(_ pod: Pod, to sandbox: SandboxNetwork) async throws -> [String] {
    let address = try network.attach(
      pod: pod.metadata.uid ?? "",
      namespace: sandbox.namespace,
      inside: sandbox.routing,
      durability: .untilReboot
    )
    return ["\(address.address)"]
  }

  func detach(_ pod: Pod) async throws {
    try network.detach(pod: pod.metadata.uid ?? "", cable: .withNamespace)
  }
}

/// An unpacked image that is always there: what a pod costs once its image is.
private struct OneImage: ImageSource {
  let root: String

  func find(_ reference: ImageReference, holder: String) async throws(ImageStoreError) -> UsableImage? {
    UsableImage(
      name: reference.description,
      id: "\(reference.repository)@sha256:0",
      layers: [root],
      configuration: ImageConfiguration()
    )
  }

  func pull(
    _ reference: ImageReference,
    for pod: Pod,
    holder: String,
    progress: @escaping @Sendable (String) -> Void
  ) async throws(ImageStoreError) -> UsableImage {
    throw .source(ContentSourceError(.notFound, "\(reference): nothing is pulled here"))
  }
}

/// Claims as `swiftlet run` makes them.
private final class BenchLedger: PodLedger {
  private let directories: PodDirectories
  private let hierarchy: CgroupHierarchy
  private let claims = Mutex<[String: PodClaim]>([:])

  init(directories: PodDirectories, hierarchy: CgroupHierarchy) {
    self.directories = directories
    self.hierarchy = hierarchy
  }

  func claim(_ pod: Pod) async throws {
    let uid = pod.metadata.uid ?? ""
    let record = PodRecord(
      pod: uid,
      name: pod.metadata.name,
      bootID: try bootID(),
      cgroup: PodCgroup(hierarchy, pod: uid).path,
      paths: [directories.layers(pod), directories.logs(pod)],
      endsWithOwner: true,
      graceSeconds: 0
    )
    let claim = try PodClaim(record, runDirectory: directories.run)
    claims.withLock { $0[uid] = claim }
  }

  func release(_ pod: Pod) async throws {
    try claims.withLock { $0.removeValue(forKey: pod.metadata.uid ?? "") }?.release()
  }
}

extension Duration {
  fileprivate var inMicroseconds: Int64 {
    components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
  }
}
