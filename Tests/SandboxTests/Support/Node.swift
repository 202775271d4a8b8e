import ArgumentParser
import Cgroups
import CommandLineOptions
import Glibc
import Images
import Linux
import PodModel
import Privileges
import RuntimeAPI
import RuntimeTestKit
import StateStore
import Testing

@testable import NodeAgent
@testable import PodEngine

/// Why a test could not be carried out, which is a failure and never a reason to skip it.
struct Trouble: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// Every suite stands below this one: they share the machine, so that one test runs at a time.
@Suite(
  "The default sandbox holds against who is inside",
  .serialized,
  .enabled(if: geteuid() == 0, "containers can only be made by root")
)
enum Sandbox {}

/// How much longer than usual the tests with a number of attempts run: the environment variable `SCALE`.
let scale = max(1, Environment.number("SCALE") ?? 1)

enum Environment {
  static subscript(name: String) -> String? { getenv(name).map { String(cString: $0) } }
  static func number(_ name: String) -> Int? { self[name].flatMap { Int($0) } }
}

/// A node of a test's own: directories, a cgroup, a runtime and a ledger that nothing else uses. All of it goes with it.
final class Node: Sendable {
  let root: String
  private let places: NodePlaces
  let payload: String
  let host: HostFacts
  let runtime: any ContainerRuntime
  let ledger: NodeLedger
  private let hierarchy: CgroupHierarchy

  /// Gives a node to `body`, and removes every trace of it afterwards.
  static func with(_ body: (Node) async throws -> Void) async throws {
    // Timers of this program's own, which stay for as long as it runs.
    try await Task.sleep(for: .milliseconds(1), clock: .continuous)
    try await Task.sleep(for: .milliseconds(1), clock: .suspending)
    let before = try LeakSnapshot.ofThisProcess()
    try await withoutLeakCheck(body)
    try await LeakOracle.expectNothingLeft(since: before)
  }

  private static func withoutLeakCheck(_ body: (Node) async throws -> Void) async throws {
    let node = try Node()
    do { try await body(node) } catch {
      await node.remove()
      throw error
    }
    await node.remove()
  }

  private init() throws {
    var template = Array("/tmp/swiftlet-sandbox.XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw Trouble("mkdtemp: \(errorText(errno))") }
    root = String(cString: made)
    let options = try GlobalOptions.parse(["--state-dir", root + "/state", "--run-dir", root + "/run"])
    places = try NodePlaces(options, shim: Environment["SWIFTLET_SHIM"])
    try places.prepare()
    payload = try Self.program("payload", Environment["SWIFTLET_PAYLOAD"])
    _ = try Self.program("swiftlet-shim", places.shim)
    hierarchy = try CgroupHierarchy.discover(
      instance: instanceName(stateDirectory: places.state),
      underSystemd: CgroupHierarchy.isUnderSystemd
    )
    runtime = try RuntimeFactory(places: places, hierarchy: hierarchy).make(.native)
    ledger = NodeLedger(
      places.directories,
      hierarchy,
      Retention(keepsLogs: false, keepsLayers: false),
      endsWithOwner: true
    )
    host = try HostFacts.current()
    try prepareImage()
  }

  private static func program(_ name: String, _ given: String?) throws -> String {
    let own = try OwnProgram.path()
    let path = given ?? String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)]) + "/" + name
    guard access(path, X_OK) == 0 else { throw Trouble("\(path) is not there: run swift build --build-tests") }
    return path
  }

  /// The directories that hostile parts of images lead to; nothing in them may change.
  var canary: String { root + "/canary" }
  /// The layer that every image begins with: a static program and nothing else.
  var base: String { root + "/layers/base" }

  private func prepareImage() throws {
    for path in [base, base + "/tmp", canary, canary + "/directory"] { try ensureDirectories(path, mode: 0o755) }
    try Files.copy(payload, to: base + "/payload", mode: 0o755)
    try Files.write(canary + "/file", "canary\n")
    try Files.write(canary + "/directory/inner", "canary\n")
    chmod(base + "/tmp", 0o1777)
  }

  /// Where the machine's unified cgroup hierarchy is mounted.
  var cgroupMountPoint: String { hierarchy.mountPoint }
  /// The supervisor's program.
  var shim: String { places.shim }
  /// Where the files of pods are.
  var directories: PodDirectories { places.directories }

  /// An empty directory for a layer.
  func layer(_ name: String) throws -> String {
    let path = "\(root)/layers/\(name)"
    try makeDirectory(AT_FDCWD, path, mode: 0o755)
    return path
  }

  var settings: EngineSettings {
    EngineSettings(directories: places.directories, host: host, seccompProfiles: places.seccompProfiles)
  }

  /// The sandbox of a pod, made as the engine makes it.
  func sandbox(_ pod: Pod, _ objects: any ObjectSource = NoObjects()) async throws -> TestSandbox {
    try await TestSandbox(self, pod, objects)
  }

  /// Runs `body` with a sandbox that is removed afterwards.
  func withSandbox<T>(
    _ pod: Pod,
    _ objects: any ObjectSource = NoObjects(),
    _ body: (TestSandbox) async throws -> T
  ) async throws -> T {
    let sandbox = try await sandbox(pod, objects)
    do {
      let result = try await body(sandbox)
      try await sandbox.remove()
      return result
    } catch {
      // The first error is the one to tell.
      try? await sandbox.remove()
      throw error
    }
  }

  private func remove() async {
    do {
      for sandbox in try await runtime.list() { try await runtime.removeSandbox(sandbox.id) }
      let left = try MountEntry.ofThisProcess().filter { $0.mountPoint.hasPrefix(root) }
      #expect(left.isEmpty, "mounts are left on the host")
      let parent = try openDirectory(AT_FDCWD, "/tmp")
      try removeTree(parent.raw, String(root.dropFirst("/tmp/".count)))
      // The last pod takes it away; a node that never had one leaves it empty.
      if !CgroupHierarchy.isUnderSystemd, rmdir(hierarchy.path()) != 0 { #expect(errno == ENOENT) }
    } catch {
      Issue.record("\(root) could not be removed: \(error)")
    }
  }
}
