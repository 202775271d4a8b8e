import PodModel
import RuntimeAPI

/// Resource limits of a container, and those that were asked for and dropped.
struct ResourceTranslation: Hashable {
  var resources = RuntimeSpecification.Resources()
  /// Fields whose limit this machine cannot enforce and `bestEffort` let go, each with the reason.
  var dropped: [ConfigurationError] = []

  /// Tasks of a container that does not say: Kubernetes has no field for it, and a fork bomb must not take the node.
  static let defaultTasks: Int64 = 4096
  /// Microseconds of `cpu.max`'s period (kubelet `QuotaPeriod`).
  static let period: Int64 = 100_000
  /// The least quota that the kernel takes, in microseconds.
  static let leastQuota: Int64 = 1000

  init(_ container: Container, field: String, _ policy: LimitPolicy) throws(ConfigurationError) {
    let limits = container.resources.limits
    let requests = Defaults.requests(container.resources.requests, limits: limits)
    try setShares(requests.cpu, field + ".resources.requests.cpu", policy)
    try setQuota(limits.cpu, field + ".resources.limits.cpu", policy)
    try setMemory(limits.memory, field + ".resources.limits.memory", policy)
    setDefaults(policy)
  }

  private mutating func setShares(
    _ request: Quantity?,
    _ field: String,
    _ policy: LimitPolicy
  ) throws(ConfigurationError) {
    let path = "linux.resources.cpu.shares"
    guard let request, request > .zero else {
      // A container that asks for nothing gets the least weight, where there are weights.
      if policy.enforceable.contains(path) { resources.cpu.shares = 2 }
      return
    }
    let milli = try millicores(request, field)
    if try mayEnforce(path, field, policy) {
      let (product, overflow) = milli.multipliedReportingOverflow(by: 1024)
      resources.cpu.shares = overflow ? 262_144 : UInt64(min(max(2, product / 1000), 262_144))
    }
  }

  private mutating func setQuota(
    _ limit: Quantity?,
    _ field: String,
    _ policy: LimitPolicy
  ) throws(ConfigurationError) {
    guard let limit, limit > .zero else { return }
    let milli = try millicores(limit, field)
    guard try mayEnforce("linux.resources.cpu.quota", field, policy) else { return }
    let (product, overflow) = milli.multipliedReportingOverflow(by: Self.period)
    guard !overflow else { throw ConfigurationError(field, "\(limit) is more than the kernel can count") }
    resources.cpu.quota = max(Self.leastQuota, product / 1000)
    resources.cpu.period = UInt64(Self.period)
  }

  private mutating func setMemory(
    _ limit: Quantity?,
    _ field: String,
    _ policy: LimitPolicy
  ) throws(ConfigurationError) {
    guard let limit, limit > .zero else { return }
    guard try mayEnforce("linux.resources.memory.limit", field, policy) else { return }
    resources.memory.limit = limit.value
    // A limit of memory that only moves what is above it to the disk is none (kubelet `swapBehavior: NoSwap`).
    if policy.enforceable.contains("linux.resources.unified.memory.swap.max") {
      resources.unified["memory.swap.max"] = "0"
    }
  }

  /// What only this node asks for is applied as far as the machine allows.
  private mutating func setDefaults(_ policy: LimitPolicy) {
    if policy.enforceable.contains("linux.resources.pids.limit") { resources.pids.limit = Self.defaultTasks }
    // A container with a hole in it is worse than a container that ended (kubelet `singleProcessOOMKill: false`).
    if policy.enforceable.contains("linux.resources.unified.memory.oom.group") {
      resources.unified["memory.oom.group"] = "1"
    }
  }

  private func millicores(_ quantity: Quantity, _ field: String) throws(ConfigurationError) -> Int64 {
    do throws(QuantityError) { return try quantity.milliValue } catch {
      throw ConfigurationError(field, "\(error)")
    }
  }

  private mutating func mayEnforce(
    _ path: String,
    _ field: String,
    _ policy: LimitPolicy
  ) throws(ConfigurationError) -> Bool {
    if policy.enforceable.contains(path) { return true }
    let error = ConfigurationError(
      field,
      "this machine cannot enforce it (\(path)): `swiftlet check` says what is missing"
    )
    guard policy.bestEffort else { throw error }
    dropped.append(error)
    return false
  }
}
