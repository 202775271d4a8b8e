/// What a container is promised and what it may use at most.
public struct ResourceRequirements: Equatable, Sendable {
  /// Promised: the share of a contended cpu, and what the scheduler counts. Never above the limits.
  public var requests: ResourceList
  /// Enforced by the kernel.
  public var limits: ResourceList

  /// Requests as given; the defaulting to limits is `Defaults.requests`.
  public init(requests: ResourceList = ResourceList(), limits: ResourceList = ResourceList()) {
    self.requests = requests
    self.limits = limits
  }
}

/// Amounts by resource.
public struct ResourceList: Equatable, Codable, Sendable {
  /// Cores; `milliValue` is what the kernel's settings are made from.
  public var cpu: Quantity?
  /// Bytes.
  public var memory: Quantity?

  /// Amounts, nil where nothing is said.
  public init(cpu: Quantity? = nil, memory: Quantity? = nil) {
    self.cpu = cpu
    self.memory = memory
  }

  /// Nothing is said at all.
  public var isEmpty: Bool { cpu == nil && memory == nil }
}

extension ResourceRequirements: Codable {
  private enum CodingKeys: CodingKey { case requests, limits }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    requests = try container.decode(.requests, default: ResourceList())
    limits = try container.decode(.limits, default: ResourceList())
  }

  /// Writes what is there.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(requests, forKey: .requests, unless: ResourceList())
    try container.encode(limits, forKey: .limits, unless: ResourceList())
  }
}

/// How a pod fares when the node runs out of memory (`v1.PodQOSClass`).
public enum QOSClass: String, Codable, CaseIterable, Sendable {
  /// Every container has cpu and memory limits equal to its requests.
  case guaranteed = "Guaranteed"
  /// Some container requests or limits something.
  case burstable = "Burstable"
  /// Nobody asks for anything.
  case bestEffort = "BestEffort"
}

extension PodSpec {
  /// The class that Kubernetes gives this pod (`pkg/apis/core/v1/helper/qos`); an amount of zero counts as none.
  public var qosClass: QOSClass {
    var isGuaranteed = true
    var isBestEffort = true
    var requests = Totals()
    var limits = Totals()
    for container in allContainers {
      let limited = container.resources.limits
      let requested = Defaults.requests(container.resources.requests, limits: limited)
      if requests.add(requested) { isBestEffort = false }
      if limits.add(limited) { isBestEffort = false }
      if !Totals.isPositive(limited.cpu) || !Totals.isPositive(limited.memory) { isGuaranteed = false }
    }
    if isBestEffort { return .bestEffort }
    return isGuaranteed && requests == limits ? .guaranteed : .burstable
  }
}

/// Sums of positive amounts in nanos: each below 2^93, so that no list of containers overflows them.
private struct Totals: Equatable {
  private var cpu: Int128 = 0
  private var memory: Int128 = 0

  static func isPositive(_ quantity: Quantity?) -> Bool { (quantity ?? .zero) > .zero }

  /// True when there was anything to add.
  mutating func add(_ list: ResourceList) -> Bool {
    if let amount = list.cpu, Self.isPositive(amount) { cpu += amount.nanos }
    if let amount = list.memory, Self.isPositive(amount) { memory += amount.nanos }
    return Self.isPositive(list.cpu) || Self.isPositive(list.memory)
  }
}
