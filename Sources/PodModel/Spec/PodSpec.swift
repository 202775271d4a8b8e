/// What is wanted of a pod: the fields of `v1.PodSpec` that this version honours, with Kubernetes' defaults.
public struct PodSpec: Equatable, Sendable {
  /// At least one; their names are unique.
  public var containers: [Container]
  /// When containers are started again.
  public var restartPolicy = Defaults.restartPolicy
  /// Seconds between the stop signal and SIGKILL.
  public var terminationGracePeriodSeconds = Defaults.terminationGracePeriodSeconds
  /// Where names are resolved. Without a cluster's DNS, `clusterFirst` behaves as `default`.
  public var dnsPolicy = Defaults.dnsPolicy
  /// The pod's host name, a DNS label; nil for the pod's own name.
  public var hostname: String?
  /// The subdomain of the pod's full name, a DNS label.
  public var subdomain: String?
  /// The host's network namespace instead of one of the pod's own.
  public var hostNetwork = false
  /// The host's process ids; excludes `shareProcessNamespace`.
  public var hostPID = false
  /// The host's System V IPC and POSIX message queues.
  public var hostIPC = false
  /// One pid namespace for all containers of the pod.
  public var shareProcessNamespace = false
  /// Names of Secrets in the pod's namespace with credentials for registries.
  public var imagePullSecrets: [String] = []
  /// What holds for all containers that do not say otherwise.
  public var securityContext = PodSecurityContext()
  /// Fields without effect on a single node (`nodeSelector`, `tolerations`, …), kept to be shown again.
  public var withoutEffect: [String: FieldValue] = [:]

  /// A pod of `containers`, everything else as Kubernetes defaults it.
  public init(containers: [Container]) { self.containers = containers }
}

/// When the containers of a pod are started again.
public enum RestartPolicy: String, Codable, CaseIterable, Sendable {
  /// Whatever their exit code.
  case always = "Always"
  /// After a failure.
  case onFailure = "OnFailure"
  /// Not at all.
  case never = "Never"
}

/// Where the containers of a pod resolve names.
public enum DNSPolicy: String, Codable, CaseIterable, Sendable {
  /// As the host does.
  case `default` = "Default"
  /// The cluster's DNS where there is one, else as the host does.
  case clusterFirst = "ClusterFirst"
  /// The same, also with the host's network.
  case clusterFirstWithHostNet = "ClusterFirstWithHostNet"
}

extension PodSpec: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case containers, restartPolicy, terminationGracePeriodSeconds, dnsPolicy, hostname, subdomain
    case hostNetwork, hostPID, hostIPC, shareProcessNamespace, securityContext, imagePullSecrets
  }

  private struct LocalObjectReference: Codable {
    var name: String
  }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    containers = try container.decode(.containers, default: [])
    restartPolicy = try container.decode(.restartPolicy, default: restartPolicy)
    terminationGracePeriodSeconds = try container.decode(
      .terminationGracePeriodSeconds,
      default: terminationGracePeriodSeconds
    )
    dnsPolicy = try container.decode(.dnsPolicy, default: dnsPolicy)
    hostname = try container.decodeIfPresent(String.self, forKey: .hostname)
    subdomain = try container.decodeIfPresent(String.self, forKey: .subdomain)
    hostNetwork = try container.decode(.hostNetwork, default: false)
    hostPID = try container.decode(.hostPID, default: false)
    hostIPC = try container.decode(.hostIPC, default: false)
    shareProcessNamespace = try container.decode(.shareProcessNamespace, default: false)
    securityContext = try container.decode(.securityContext, default: securityContext)
    imagePullSecrets = try container.decode(.imagePullSecrets, default: [LocalObjectReference]()).map(\.name)
    withoutEffect = try decoder.fields(except: CodingKeys.allCases.map(\.rawValue))
  }

  /// Writes what is there, under Kubernetes' names.
  public func encode(to encoder: any Encoder) throws {
    try encoder.encode(fields: withoutEffect)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(containers, forKey: .containers)
    try container.encode(restartPolicy, forKey: .restartPolicy)
    try container.encode(terminationGracePeriodSeconds, forKey: .terminationGracePeriodSeconds)
    try container.encode(dnsPolicy, forKey: .dnsPolicy)
    try container.encodeIfPresent(hostname, forKey: .hostname)
    try container.encodeIfPresent(subdomain, forKey: .subdomain)
    try container.encodeIfTrue(hostNetwork, forKey: .hostNetwork)
    try container.encodeIfTrue(hostPID, forKey: .hostPID)
    try container.encodeIfTrue(hostIPC, forKey: .hostIPC)
    try container.encodeIfTrue(shareProcessNamespace, forKey: .shareProcessNamespace)
    try container.encode(securityContext, forKey: .securityContext)
    try container.encodeUnlessEmpty(imagePullSecrets.map(LocalObjectReference.init), forKey: .imagePullSecrets)
  }
}
