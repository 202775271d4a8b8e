import Cgroups
import RuntimeAPI

/// Limits as values for the files of a cgroup.
public enum ResourcePlanning {
  /// Limits of the specification and the file that each needs.
  public static let files = [
    "linux.resources.memory.limit": "memory.max", "linux.resources.memory.reservation": "memory.low",
    "linux.resources.cpu.shares": "cpu.weight", "linux.resources.cpu.quota": "cpu.max",
    "linux.resources.cpu.period": "cpu.max", "linux.resources.pids.limit": "pids.max",
  ]

  /// Limits that can be enforced with these controllers.
  public static func enforceable(with controllers: Set<String>) -> Set<String> {
    var paths = Set(files.filter { controllers.contains(CgroupSetting($0.value, "").controller) }.keys)
    for name in ["memory.oom.group", "memory.swap.max"] where controllers.contains(CgroupSetting(name, "").controller) {
      paths.insert("linux.resources.unified.\(name)")
    }
    return paths
  }

  /// What is written, -1 being "no limit" as in the specification; refuses what no controller here can enforce.
  public static func settings(
    _ resources: RuntimeSpecification.Resources,
    controllers: Set<String>
  ) throws(RuntimeError) -> [CgroupSetting] {
    let wanted = try wanted(resources)
    for (path, setting) in wanted where !controllers.contains(setting.controller) {
      throw .unenforceable(path: path, reason: "\(CgroupError.controllerMissing(setting.controller))")
    }
    return wanted.map(\.setting)
  }

  /// Each with the field that asks for it.
  private static func wanted(
    _ resources: RuntimeSpecification.Resources
  ) throws(RuntimeError) -> [(path: String, setting: CgroupSetting)] {
    var wanted: [(path: String, setting: CgroupSetting)] = []
    func want(_ field: String, _ file: String, _ value: String) {
      wanted.append(("linux.resources." + field, CgroupSetting(file, value)))
    }
    if let limit = resources.memory.limit { want("memory.limit", "memory.max", text(limit)) }
    if let low = resources.memory.reservation { want("memory.reservation", "memory.low", text(low)) }
    if let shares = resources.cpu.shares {
      want("cpu.shares", "cpu.weight", String(CgroupSetting.weight(fromShares: shares)))
    }
    if resources.cpu.quota != nil || resources.cpu.period != nil {
      let quota = resources.cpu.quota.map(text) ?? "max"
      let field = resources.cpu.quota != nil ? "cpu.quota" : "cpu.period"
      want(field, "cpu.max", "\(quota) \(resources.cpu.period ?? 100_000)")
    }
    if let limit = resources.pids.limit { want("pids.limit", "pids.max", text(limit)) }
    for (file, value) in resources.unified.sorted(by: { $0.key < $1.key }) {
      let isName = file.contains(".") && !file.contains("/") && !file.hasPrefix("cgroup.") && !file.hasPrefix(".")
      guard isName, !value.utf8.contains(0) else {
        throw .invalid(path: "linux.resources.unified[\(file)]", reason: "a controller's file was expected")
      }
      // A kernel that does not account for swap has none.
      let isOptional = file == "memory.swap.max" && value == "0"
      wanted.append(("linux.resources.unified[\(file)]", CgroupSetting(file, value, isOptional: isOptional)))
    }
    return wanted
  }

  private static func text(_ limit: Int64) -> String { limit < 0 ? "max" : String(limit) }
}
