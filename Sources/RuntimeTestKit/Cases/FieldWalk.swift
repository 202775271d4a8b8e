import Foundation
import RuntimeAPI

/// Sets every field of a specification, one after another, to something that is not its default, and requires of a
/// runtime that it honours the field or refuses it by name before any side effect.
enum FieldWalk {
  static func run(_ context: ConformanceContext) async throws {
    let pod = try await context.sandbox()
    var base = try pod.configure("walk", ["/bin/true"])
    // Ambient capabilities must be inheritable (capabilities(7)).
    base.specification.process.capabilities.inheritable = ["CAP_KILL", "CAP_CHOWN"]
    let complete = complete(base.specification)
    try expectComplete(complete)
    let units = try differences(from: base.specification, to: complete)
    try expect(units.count > 25, "more than 25 fields to set one by one", seen: "\(units.map(\.path))")
    for (attempt, unit) in units.enumerated() {
      let configuration = try pod.configure("walk", ["/bin/true"], attempt: attempt) {
        $0.specification = unit.specification
      }
      try await judge(configuration, unit.path, pod, context)
    }
  }

  private static func judge(
    _ configuration: ContainerConfiguration,
    _ path: String,
    _ pod: TestSandbox,
    _ context: ConformanceContext
  ) async throws {
    let before = try sideEffects(pod, context)
    do {
      _ = try await context.runtime.create(configuration)
      try await context.runtime.delete(configuration.id)
    } catch let error as RuntimeError {
      let named: String? =
        switch error {
        case .unsupported(let named, _), .invalid(let named, _), .unenforceable(let named, _): named
        default: nil
        }
      guard let named, named.hasPrefix(path) || path.hasPrefix(named) else {
        throw ConformanceFailure(expected: "\(path) to be honoured or refused by its name", seen: "\(error)")
      }
      let after = try sideEffects(pod, context)
      try expect(
        before == after,
        "no side effect of refusing \(path)",
        seen: after.symmetricDifference(before).sorted().joined(separator: ", ")
      )
    }
  }

  /// Everything below the pod's directories and cgroup.
  private static func sideEffects(_ pod: TestSandbox, _ context: ConformanceContext) throws -> Set<String> {
    var found: Set<String> = []
    for root in [context.world.runDirectory, pod.cgroup, pod.configuration.logDirectory] {
      for path in try FileManager.default.subpathsOfDirectory(atPath: root) { found.insert("\(root)/\(path)") }
    }
    return found
  }

  // MARK: A specification that says everything

  private static func complete(_ base: RuntimeSpecification) -> RuntimeSpecification {
    var all = base
    all.root = RuntimeSpecification.Root(path: "/nowhere", readonly: true)
    all.hostname = "other"
    all.annotations = ["key": "value"]
    all.process.terminal = true
    all.process.user = RuntimeSpecification.User(uid: 1000, gid: 1000, umask: 0o077, additionalGids: [7])
    all.process.cwd = "/tmp"
    all.process.env.append("A=B")
    let bounded = ["CAP_KILL"]
    all.process.capabilities = RuntimeSpecification.Capabilities(
      bounding: TestSpecification.capabilities + ["CAP_SYS_CHROOT"],
      effective: bounded,
      inheritable: bounded,
      permitted: TestSpecification.capabilities + ["CAP_SYS_CHROOT"],
      ambient: bounded
    )
    all.process.rlimits = [RuntimeSpecification.ResourceLimit(type: "RLIMIT_CORE", soft: 1, hard: 2)]
    all.process.noNewPrivileges.toggle()
    all.process.oomScoreAdj = 500
    all.process.apparmorProfile = "unconfined"
    all.process.selinuxLabel = "label"
    all.mounts.append(
      RuntimeSpecification.Mount(destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["size=64k"])
    )
    all.linux = completeSection(base.linux)
    return all
  }

  private static func completeSection(_ base: RuntimeSpecification.LinuxSection) -> RuntimeSpecification.LinuxSection {
    var all = base
    all.namespaces.append(RuntimeSpecification.Namespace(type: .time, path: "/proc/1/ns/time"))
    all.devices = [
      RuntimeSpecification.Device(
        type: "c",
        path: "/dev/zero2",
        major: 1,
        minor: 5,
        fileMode: 0o600,
        uid: 1,
        gid: 1
      )
    ]
    all.cgroupsPath = "/elsewhere"
    all.resources.devices.append(
      RuntimeSpecification.DeviceRule(allow: true, type: "c", major: 1, minor: 5, access: "rwm")
    )
    all.resources.memory = RuntimeSpecification.Memory(limit: 64 << 20, reservation: 1 << 20)
    all.resources.cpu = RuntimeSpecification.CPU(shares: 512, quota: 50_000, period: 100_000)
    all.resources.pids.limit = 100
    all.resources.unified = ["memory.oom.group": "1"]
    all.rootfsPropagation = "private"
    all.seccomp = SeccompProfile(
      defaultAction: .allow,
      architectures: [nativeArchitecture],
      flags: ["SECCOMP_FILTER_FLAG_LOG"],
      syscalls: [
        SeccompRule(
          names: ["swapon"],
          action: .errno,
          errnoRet: 1,
          args: [SeccompArgument(index: 1, value: 1, valueTwo: 1, op: .maskedEqual)]
        )
      ]
    )
    all.maskedPaths.append("/proc/timer_list")
    all.readonlyPaths.append("/proc/bus")
    all.sysctl = ["net.ipv4.ip_forward": "1"]
    all.mountLabel = "label"
    return all
  }

  private static var nativeArchitecture: String {
    #if arch(x86_64)
      "SCMP_ARCH_X86_64"
    #else
      "SCMP_ARCH_AARCH64"
    #endif
  }

  /// One for which no value fits the others, tested with the filter, and one that is on in the base and off above, which
  /// is its default.
  private static let exempt: Set<String> = ["linux.seccomp.defaultErrnoRet", "process.noNewPrivileges"]

  /// No field may be missing above: one that somebody adds to the specification is asked for here.
  private static func expectComplete(_ specification: RuntimeSpecification) throws {
    let said = SpecificationFields.nonDefaultPaths(of: specification)
    let silent = leaves(specification, at: "").subtracting(said).subtracting(exempt)
    try expect(silent.isEmpty, "every field to be set", seen: "\(silent.sorted()) are not: extend FieldWalk")
  }

  /// The paths of all fields of a value, set or not; of elements of lists those that are there.
  static func leaves(_ value: Any, at path: String) -> Set<String> {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional, .collection:
      let nested = mirror.children.map { leaves($0.value, at: path) }
      return nested.isEmpty ? [path] : nested.reduce(into: []) { $0.formUnion($1) }
    case .struct where !mirror.children.isEmpty && !(value is String):
      return mirror.children.reduce(into: []) { found, child in
        let name = child.label ?? ""
        found.formUnion(leaves(child.value, at: path.isEmpty ? name : "\(path).\(name)"))
      }
    default: return [path]
    }
  }

  // MARK: One at a time

  private struct Unit {
    var path: String
    var specification: RuntimeSpecification
  }

  /// For each member in which two specifications differ, the first one with that member of the second. Lists, and objects
  /// that the first one lacks, are taken as a whole.
  private static func differences(
    from base: RuntimeSpecification,
    to complete: RuntimeSpecification
  ) throws -> [Unit] {
    let (old, new) = (try tree(base), try tree(complete))
    return try paths(old, new).sorted { $0.joined() < $1.joined() }.map { path in
      let changed = replace(old, path[...], with: new)
      let data = try JSONSerialization.data(withJSONObject: changed)
      return Unit(
        path: path.joined(separator: "."),
        specification: try JSONDecoder().decode(RuntimeSpecification.self, from: data)
      )
    }
  }

  private static func tree(_ specification: RuntimeSpecification) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: try JSONEncoder().encode(specification))
    guard let tree = object as? [String: Any] else {
      throw ConformanceFailure(expected: "a JSON object", seen: "\(object)")
    }
    return tree
  }

  private static func paths(_ old: [String: Any], _ new: [String: Any]) -> [[String]] {
    new.flatMap { name, value -> [[String]] in
      if let below = value as? [String: Any], let oldBelow = old[name] as? [String: Any], !oldBelow.isEmpty {
        return paths(oldBelow, below).map { [name] + $0 }
      }
      if let below = value as? [String: Any], old[name] != nil, !["annotations", "sysctl", "unified"].contains(name) {
        return below.keys.map { [name, $0] }
      }
      return isSame(old[name], value) ? [] : [[name]]
    }
  }

  private static func isSame(_ old: Any?, _ new: Any) -> Bool {
    guard let old = old as? NSObject, let new = new as? NSObject else { return false }
    return old == new
  }

  private static func replace(_ old: [String: Any], _ path: ArraySlice<String>, with new: [String: Any]) -> [String:
    Any]
  {
    guard let name = path.first else { return old }
    var changed = old
    if path.count == 1 {
      changed[name] = new[name]
    } else {
      changed[name] = replace(
        old[name] as? [String: Any] ?? [:],
        path.dropFirst(),
        with: new[name] as? [String: Any] ?? [:]
      )
    }
    return changed
  }
}
