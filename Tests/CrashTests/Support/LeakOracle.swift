import ArchiveTestKit
import Cgroups
import Glibc
import Linux

/// O1: what is left of pods on this machine. Everything is found by names that only one node has, because other tests
/// run beside this one.
struct LeakOracle: Sendable {
  let places: Node.Places
  /// A cgroup that a program under test was started in: whoever is still there has been forgotten.
  var outside: String?
  /// Whether void leases on images are traces.
  var looksForLeases = true
  /// Pods whose keyrings are looked for.
  var pods: [String] = []
  /// Processes that were seen: gone, or zombies that nobody reaped.
  var known: [ProcessIdentity] = []

  /// Whether what carries the instance's name must be gone: for commands, each of which takes that away with its pod.
  var looksAtHost = false

  /// Whether process 1 must have reaped what was left to it, too. Some take seconds for it.
  var waitsForReaping = false

  /// Every trace, as lines for a person.
  func traces() throws -> [String] {
    let processes = try processes()
    // A keyring goes with the last process that has it, zombies included.
    let keyrings = processes.isEmpty ? try keyrings() : []
    return processes.filter { waitsForReaping || !$0.hasPrefix(Self.leftToInit) } + (try mounts()) + (try cgroups())
      + (try files()) + (waitsForReaping ? keyrings : []) + (try descriptors()) + (looksAtHost ? try host() : [])
  }

  /// What only process 1 can still do something about.
  static let leftToInit = "process of init"

  /// Looks until nothing is left, at most the time that the specification gives.
  func settle(seconds: Double = 5) throws -> [String] {
    let end = Clock.monotonicNanoseconds() + Int64(seconds * 1e9)
    while true {
      let found = try traces()
      if found.isEmpty || Clock.monotonicNanoseconds() >= end { return found }
      usleep(5_000)
    }
  }

  func processes() throws -> [String] {
    var found: [String] = []
    let proc = try openDirectory(AT_FDCWD, "/proc")
    for name in try entries(of: proc.raw) {
      guard let pid = Int32(name) else { continue }
      // One that ends meanwhile is none.
      guard let groups = try? readKernelFile(AT_FDCWD, "/proc/\(pid)/cgroup", limit: 65_536) else { continue }
      let mark = outside.map { $0.dropFirst(places.hierarchy.mountPoint.count) }
      // Under systemd the base does not carry our name.
      let isPod = CgroupHierarchy.isUnderSystemd && groups.contains("/pod-crash-")
      let isOurs = groups.contains("/\(places.instance)/") || isPod || mark.map { groups.contains("0::\($0)") } == true
      if isOurs || known.contains(where: { $0.pid == pid && $0.isAlive }) {
        let text = Self.describe(pid)
        let isLeftToInit = Self.isLeftToInit(pid)
        found.append(
          "\(isLeftToInit ? Self.leftToInit : "process") \(pid) \(text) in \(groups.split(separator: "\n").last ?? "")"
        )
      }
    }
    return found
  }

  /// A zombie whose parent is process 1, or such a zombie itself. A namespace's init that has ended waits without memory
  /// until process 1 has reaped what came to it from the namespace (pid_namespaces(7)).
  private static func isLeftToInit(_ pid: Int32, depth: Int = 0) -> Bool {
    let words = describe(pid).split(separator: " ")
    guard words.contains("(zombie)") || words.contains("memory:none"), let parent = words.last.flatMap({ Int32($0) }),
      depth < 8
    else { return false }
    return parent == 1 || isLeftToInit(parent, depth: depth + 1)
  }

  private static func describe(_ pid: Int32) -> String {
    // Gone meanwhile: then nothing can be said of it.
    let status = (try? readKernelFile(AT_FDCWD, "/proc/\(pid)/status", limit: 65_536)) ?? ""
    let words = status.split(separator: "\n").filter {
      $0.hasPrefix("Name:") || $0.hasPrefix("State:") || $0.hasPrefix("PPid:")
    }
    let memory = status.isEmpty || status.contains("\nVmSize:") ? "" : "memory:none "
    return memory + words.joined(separator: " ").replacing("\t", with: " ")
  }

  private func mounts() throws -> [String] {
    try readKernelFile(AT_FDCWD, "/proc/self/mountinfo", limit: 1 << 22).split(separator: "\n")
      .filter { $0.contains(places.scratch.path) }.map { "mount \($0)" }
  }

  private func cgroups() throws -> [String] {
    let base = places.hierarchy.path()
    if access(base, F_OK) != 0 { return [] }
    let directory = try openDirectory(AT_FDCWD, base)
    return try entries(of: directory.raw).filter { $0.hasPrefix("pod-") }.map { "cgroup \(base)/\($0)" }
  }

  private func files() throws -> [String] {
    var found: [String] = []
    for directory in [places.run + "/pods", places.state + "/pods", places.state + "/logs"]
      + (looksForLeases ? [places.state + "/images/leases"] : []) where access(directory, F_OK) == 0
    {
      let opened = try openDirectory(AT_FDCWD, directory)
      found += try entries(of: opened.raw).filter { $0 != ".claims" }.map { "file \(directory)/\($0)" }
    }
    return found
  }

  /// Session keyrings of containers carry their pod's name.
  private func keyrings() throws -> [String] {
    try readKernelFile(AT_FDCWD, "/proc/keys", limit: 1 << 22).split(separator: "\n")
      .filter { line in pods.contains { line.contains("_ses.\($0)") } }.map { "keyring \($0)" }
  }

  /// Descriptors of this process on anything of this node, and on cgroups that are gone.
  private func descriptors() throws -> [String] {
    let own = try openDirectory(AT_FDCWD, "/proc/self/fd")
    var found: [String] = []
    for name in try entries(of: own.raw) {
      var buffer = [CChar](repeating: 0, count: 4096)
      let count = readlink("/proc/self/fd/\(name)", &buffer, buffer.count)
      guard count > 0 else { continue }
      let target = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let isOurs = target.contains(places.scratch.path) || target.contains("/\(places.instance)/pod-")
      // The filter cache stays open for the runtime's life.
      if isOurs && !target.hasSuffix("/filters") { found.append("descriptor \(name) -> \(target)") }
    }
    return found
  }
}
