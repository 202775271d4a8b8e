/// What was last observed of a pod (`v1.PodStatus`).
public struct PodStatus: Equatable, Sendable {
  /// The generation of the spec that this status is about.
  public var observedGeneration: Int64?
  /// Where the pod is in its life.
  public var phase: PodPhase
  /// In Kubernetes' order; one of each type.
  public var conditions: [PodCondition] = []
  /// Why the pod is in this phase, in one word of Kubernetes'.
  public var reason: String?
  /// The same for people.
  public var message: String?
  /// The node's first address.
  public var hostIP: String?
  /// The node's addresses, at most one of each family.
  public var hostIPs: [String] = []
  /// The pod's first address.
  public var podIP: String?
  /// The pod's addresses, at most one of each family.
  public var podIPs: [String] = []
  /// When the node first acknowledged the pod; never changes.
  public var startTime: Timestamp?
  /// One of each init container, in the order of the spec.
  public var initContainerStatuses: [ContainerStatus] = []
  /// One of each container of the spec, sorted by name.
  public var containerStatuses: [ContainerStatus] = []
  /// Never changes.
  public var qosClass: QOSClass?

  /// A pod in `phase`.
  public init(phase: PodPhase) { self.phase = phase }
}

/// Where a pod is in its life.
public enum PodPhase: String, Codable, CaseIterable, Sendable {
  /// Accepted; not all containers have run yet.
  case pending = "Pending"
  /// At least one container runs, starts or restarts.
  case running = "Running"
  /// All containers ended with 0 and will not be restarted.
  case succeeded = "Succeeded"
  /// All containers ended, at least one of them badly.
  case failed = "Failed"
  /// Nothing is known.
  case unknown = "Unknown"
}

/// One aspect of a pod's state (`v1.PodCondition`).
public struct PodCondition: Equatable, Sendable {
  /// What the condition is about, such as `Ready`.
  public var type: String
  /// Whether it holds.
  public var status: ConditionStatus
  /// The generation of the spec that this is about.
  public var observedGeneration: Int64?
  /// When the status last changed.
  public var lastTransitionTime: Timestamp?
  /// Why, in one word of Kubernetes'.
  public var reason: String?
  /// The same for people.
  public var message: String?

  /// A condition.
  public init(
    type: String,
    status: ConditionStatus,
    observedGeneration: Int64? = nil,
    lastTransitionTime: Timestamp? = nil,
    reason: String? = nil,
    message: String? = nil
  ) {
    self.type = type
    self.status = status
    self.observedGeneration = observedGeneration
    self.lastTransitionTime = lastTransitionTime
    self.reason = reason
    self.message = message
  }
}

/// Whether a condition holds.
public enum ConditionStatus: String, Codable, CaseIterable, Sendable {
  /// It does.
  case `true` = "True"
  /// It does not.
  case `false` = "False"
  /// Nobody knows.
  case unknown = "Unknown"
}

extension PodStatus: Codable {
  private enum CodingKeys: CodingKey {
    case observedGeneration, phase, conditions, reason, message, hostIP, hostIPs, podIP, podIPs, startTime
    case initContainerStatuses, containerStatuses, qosClass
  }

  private struct Address: Codable { var ip: String }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    phase = try container.decode(PodPhase.self, forKey: .phase)
    observedGeneration = try container.decodeIfPresent(Int64.self, forKey: .observedGeneration)
    conditions = try container.decode(.conditions, default: [])
    reason = try container.decodeIfPresent(String.self, forKey: .reason)
    message = try container.decodeIfPresent(String.self, forKey: .message)
    hostIP = try container.decodeIfPresent(String.self, forKey: .hostIP)
    hostIPs = try container.decode(.hostIPs, default: [Address]()).map(\.ip)
    podIP = try container.decodeIfPresent(String.self, forKey: .podIP)
    podIPs = try container.decode(.podIPs, default: [Address]()).map(\.ip)
    startTime = try container.decodeIfPresent(Timestamp.self, forKey: .startTime)
    initContainerStatuses = try container.decode(.initContainerStatuses, default: [])
    containerStatuses = try container.decode(.containerStatuses, default: [])
    qosClass = try container.decodeIfPresent(QOSClass.self, forKey: .qosClass)
  }

  /// Writes what is there, under Kubernetes' names.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(observedGeneration, forKey: .observedGeneration)
    try container.encode(phase, forKey: .phase)
    try container.encodeUnlessEmpty(conditions, forKey: .conditions)
    try container.encodeIfPresent(reason, forKey: .reason)
    try container.encodeIfPresent(message, forKey: .message)
    try container.encodeIfPresent(hostIP, forKey: .hostIP)
    try container.encodeUnlessEmpty(hostIPs.map(Address.init), forKey: .hostIPs)
    try container.encodeIfPresent(podIP, forKey: .podIP)
    try container.encodeUnlessEmpty(podIPs.map(Address.init), forKey: .podIPs)
    try container.encodeIfPresent(startTime, forKey: .startTime)
    try container.encodeUnlessEmpty(initContainerStatuses, forKey: .initContainerStatuses)
    try container.encodeUnlessEmpty(containerStatuses, forKey: .containerStatuses)
    try container.encodeIfPresent(qosClass, forKey: .qosClass)
  }
}

extension PodCondition: Codable {
  private enum CodingKeys: CodingKey {
    case type, status, observedGeneration, lastProbeTime, lastTransitionTime, reason, message
  }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    type = try container.decode(String.self, forKey: .type)
    status = try container.decode(ConditionStatus.self, forKey: .status)
    observedGeneration = try container.decodeIfPresent(Int64.self, forKey: .observedGeneration)
    lastTransitionTime = try container.decodeIfPresent(Timestamp.self, forKey: .lastTransitionTime)
    reason = try container.decodeIfPresent(String.self, forKey: .reason)
    message = try container.decodeIfPresent(String.self, forKey: .message)
  }

  /// Writes what is there, and the `lastProbeTime` that is null in every status of Kubernetes.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(type, forKey: .type)
    try container.encode(status, forKey: .status)
    try container.encodeIfPresent(observedGeneration, forKey: .observedGeneration)
    try container.encodeNil(forKey: .lastProbeTime)
    try container.encode(lastTransitionTime, forKey: .lastTransitionTime)
    try container.encodeIfPresent(reason, forKey: .reason)
    try container.encodeIfPresent(message, forKey: .message)
  }
}
