extension PodSpec: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case initContainers, containers, volumes, restartPolicy, terminationGracePeriodSeconds, activeDeadlineSeconds
    case dnsPolicy, dnsConfig, hostAliases, hostname, subdomain, setHostnameAsFQDN
    case hostNetwork, hostPID, hostIPC, shareProcessNamespace, securityContext, imagePullSecrets, os
  }

  private struct LocalObjectReference: Codable {
    var name: String
  }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    initContainers = try container.decode(.initContainers, default: [])
    containers = try container.decode(.containers, default: [])
    volumes = try container.decode(.volumes, default: [])
    restartPolicy = try container.decode(.restartPolicy, default: restartPolicy)
    terminationGracePeriodSeconds = try container.decode(
      .terminationGracePeriodSeconds,
      default: terminationGracePeriodSeconds
    )
    activeDeadlineSeconds = try container.decodeIfPresent(Int64.self, forKey: .activeDeadlineSeconds)
    dnsPolicy = try container.decode(.dnsPolicy, default: dnsPolicy)
    dnsConfig = try container.decodeIfPresent(PodDNSConfig.self, forKey: .dnsConfig)
    hostAliases = try container.decode(.hostAliases, default: [])
    hostname = try container.decodeIfPresent(String.self, forKey: .hostname)
    subdomain = try container.decodeIfPresent(String.self, forKey: .subdomain)
    setHostnameAsFQDN = try container.decode(.setHostnameAsFQDN, default: false)
    hostNetwork = try container.decode(.hostNetwork, default: false)
    hostPID = try container.decode(.hostPID, default: false)
    hostIPC = try container.decode(.hostIPC, default: false)
    shareProcessNamespace = try container.decode(.shareProcessNamespace, default: false)
    securityContext = try container.decode(.securityContext, default: securityContext)
    imagePullSecrets = try container.decode(.imagePullSecrets, default: [LocalObjectReference]()).map(\.name)
    os = try container.decodeIfPresent(PodOS.self, forKey: .os)
    withoutEffect = try decoder.fields(except: CodingKeys.allCases.map(\.rawValue))
  }

  /// Writes what is there, under Kubernetes' names.
  public func encode(to encoder: any Encoder) throws {
    try encoder.encode(fields: withoutEffect)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeUnlessEmpty(initContainers, forKey: .initContainers)
    try container.encode(containers, forKey: .containers)
    try container.encodeUnlessEmpty(volumes, forKey: .volumes)
    try container.encode(restartPolicy, forKey: .restartPolicy)
    try container.encode(terminationGracePeriodSeconds, forKey: .terminationGracePeriodSeconds)
    try container.encodeIfPresent(activeDeadlineSeconds, forKey: .activeDeadlineSeconds)
    try container.encode(dnsPolicy, forKey: .dnsPolicy)
    try container.encodeIfPresent(dnsConfig, forKey: .dnsConfig)
    try container.encodeUnlessEmpty(hostAliases, forKey: .hostAliases)
    try container.encodeIfPresent(hostname, forKey: .hostname)
    try container.encodeIfPresent(subdomain, forKey: .subdomain)
    try container.encodeIfTrue(setHostnameAsFQDN, forKey: .setHostnameAsFQDN)
    try container.encodeIfTrue(hostNetwork, forKey: .hostNetwork)
    try container.encodeIfTrue(hostPID, forKey: .hostPID)
    try container.encodeIfTrue(hostIPC, forKey: .hostIPC)
    try container.encodeIfTrue(shareProcessNamespace, forKey: .shareProcessNamespace)
    try container.encode(securityContext, forKey: .securityContext)
    try container.encodeUnlessEmpty(imagePullSecrets.map(LocalObjectReference.init), forKey: .imagePullSecrets)
    try container.encodeIfPresent(os, forKey: .os)
  }
}

extension PodOS: Codable {
  private enum CodingKeys: CodingKey { case name }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let name = try container.decode(String.self, forKey: .name)
    guard let os = PodOS(rawValue: name) else {
      throw DecodingError.dataCorruptedError(
        forKey: .name,
        in: container,
        debugDescription: "no system of ours: \(name)"
      )
    }
    self = os
  }

  /// Writes the name within an object, as Kubernetes does.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(rawValue, forKey: .name)
  }
}
