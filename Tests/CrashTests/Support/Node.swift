import ArchiveTestKit
import Cgroups
import Glibc
import Linux
import NativeRuntime
import RuntimeAPI
import ShimClient
import StateStore
import Synchronization

/// A node of a test's own: directories, a cgroup base and a runtime.
final class Node: Sendable {
  let places: Places
  let runtime: NativeRuntime
  let rootFilesystem: String
  private let pods = Mutex<[String]>([])

  /// Directories of a node, and where its cgroups go.
  struct Places: Sendable {
    let scratch: Scratch
    let state: String
    let run: String
    let hierarchy: CgroupHierarchy

    init() throws {
      scratch = try Scratch()
      state = scratch.path + "/state"
      run = scratch.path + "/run"
      hierarchy = try CgroupHierarchy.discover(
        instance: instanceName(stateDirectory: state),
        underSystemd: CgroupHierarchy.isUnderSystemd
      )
      for path in [state, run, state + "/logs", state + "/pods"] { try ensureDirectories(path, mode: 0o755) }
    }

    /// The name that our cgroups, and nobody else's, have in `/proc/PID/cgroup`.
    var instance: String { instanceName(stateDirectory: state) }
  }

  init() throws {
    places = try Places()
    rootFilesystem = places.scratch.path + "/rootfs"
    try RootFilesystem.make(at: rootFilesystem)
    runtime = try NativeRuntime(
      NativeRuntimeConfiguration(
        runDirectory: places.run,
        filterCache: places.state + "/filters",
        shim: builtProgram("swiftlet-shim"),
        hierarchy: places.hierarchy
      )
    )
  }

  /// Starts a supervisor that nobody has asked for a sandbox, in a cgroup of its own that goes with this node.
  func bareSupervisor(socketIn directory: Int32) throws -> StartedShim {
    let pod = "bare-\(UInt32.random(in: 1...UInt32.max))"
    note(pod)
    let cgroup = PodCgroup(places.hierarchy, pod: pod)
    try cgroup.make(places.hierarchy)
    return try ShimProgram(path: builtProgram("swiftlet-shim"))
      .start(podDirectory: directory, socketName: "shim", cgroup: cgroup.openSupervisor())
  }

  func note(_ pod: String) { pods.withLock { $0.append(pod) } }

  /// O1 for all pods that this node ever had.
  func traces() throws -> [String] {
    try LeakOracle(places: places, pods: pods.withLock { $0 }, waitsForReaping: true).settle()
  }

  deinit {
    // What a failed test left must not be left on the machine as well.
    for pod in pods.withLock({ $0 }) { try? PodCgroup(places.hierarchy, pod: pod).destroy() }
    // Under systemd the base is the cgroup of this very process.
    if !CgroupHierarchy.isUnderSystemd { try? PodCgroup(path: places.hierarchy.path()).destroy() }
  }
}

/// A root filesystem with the test's program and busybox.
enum RootFilesystem {
  static func make(at root: String) throws {
    for name in ["", "/bin", "/etc", "/dev", "/proc", "/sys", "/tmp", "/work"] {
      try ensureDirectories(root + name, mode: 0o755)
    }
    try copy(builtProgram("payload"), to: root + "/bin/payload")
    try copy("/bin/busybox", to: root + "/bin/busybox")
    chmod(root + "/tmp", 0o1777)
  }

  private static func copy(_ source: String, to target: String) throws {
    let from = try openAt(AT_FDCWD, source, O_RDONLY)
    let to = try openAt(AT_FDCWD, target, O_WRONLY | O_CREAT | O_EXCL, mode: 0o755)
    let (reader, writer) = (from.raw, to.raw)
    while true {
      let count = sendfile(writer, reader, nil, 1 << 30)
      if count < 0 { throw SyscallError("sendfile", errno) }
      if count == 0 { return }
    }
  }
}

/// One pod with one container on a node.
final class TestPod: Sendable {
  let node: Node
  let uid: String
  private let claim: Mutex<PodClaim?>
  let sandbox: SandboxID
  let container: ContainerID
  let supervisor: Int32

  /// Claims it and makes its sandbox.
  init(_ node: Node, _ box: Box, grace: Int = 1) async throws {
    self.node = node
    uid = "crash-\(UInt32.random(in: 1...UInt32.max))"
    node.note(uid)
    sandbox = try Required.value(SandboxID(uid))
    container = try Required.value(ContainerID(sandbox: sandbox, name: "c", attempt: 0))
    let layers = node.places.state + "/pods/" + uid
    let logs = node.places.state + "/logs/" + uid
    let claim = try PodClaim(
      PodRecord(
        pod: uid,
        name: uid,
        bootID: try bootID(),
        cgroup: PodCgroup(node.places.hierarchy, pod: uid).path,
        paths: [layers, logs],
        endsWithOwner: true,
        graceSeconds: grace
      ),
      runDirectory: node.places.run
    )
    self.claim = Mutex(claim)
    for path in [layers + "/u", layers + "/w", logs] { try ensureDirectories(path, mode: 0o755) }
    let status = try await node.runtime.createSandbox(
      SandboxConfiguration(
        id: sandbox,
        hostname: "crash",
        namespaces: SandboxNamespaces(processes: box.processes),
        logDirectory: logs,
        whenOwnerEnds: .endGracefully(seconds: grace)
      )
    )
    supervisor = try Required.value(status.supervisor)
  }

  func create(_ box: Box) async throws {
    let layers = node.places.state + "/pods/" + uid
    _ = try await node.runtime.create(
      ContainerConfiguration(
        id: container,
        specification: box.specification,
        rootFilesystem: .overlay(layers: [node.rootFilesystem], upper: layers + "/u", work: layers + "/w"),
        streams: ContainerStreams(logFile: "c.log")
      )
    )
  }

  func start() async throws { _ = try await node.runtime.start(container) }

  /// What the container wrote, without the log's own words.
  func output() throws -> String {
    let bytes = try readRegularFile(AT_FDCWD, node.places.state + "/logs/\(uid)/c.log", limit: 1 << 22)
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
      let parts = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
      return (parts.count > 3 ? String(parts[3]) : "") + (parts.count > 2 && parts[2] == "P" ? "" : "\n")
    }.joined()
  }

  /// What the agent does with every pod in the end.
  func remove() async throws {
    try await node.runtime.removeSandbox(sandbox)
    let claim = claim.withLock { claim in
      defer { claim = nil }
      return claim
    }
    try claim?.release()
  }
}

/// Values that a test cannot go on without.
enum Required {
  struct Missing: Error, CustomStringConvertible {
    var description: String
  }

  static func value<T>(_ value: T?, _ what: String = "\(T.self)") throws -> T {
    guard let value else { throw Missing(description: "\(what) is missing") }
    return value
  }
}
