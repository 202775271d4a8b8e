extension SecurityContext: Codable {
  private enum CodingKeys: CodingKey {
    case privileged, allowPrivilegeEscalation, capabilities, readOnlyRootFilesystem, runAsUser, runAsGroup
    case runAsNonRoot, procMount, seccompProfile
  }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    privileged = try container.decodeIfPresent(Bool.self, forKey: .privileged)
    allowPrivilegeEscalation = try container.decodeIfPresent(Bool.self, forKey: .allowPrivilegeEscalation)
    capabilities = try container.decode(.capabilities, default: Capabilities())
    readOnlyRootFilesystem = try container.decodeIfPresent(Bool.self, forKey: .readOnlyRootFilesystem)
    runAsUser = try container.decodeIfPresent(UInt32.self, forKey: .runAsUser)
    runAsGroup = try container.decodeIfPresent(UInt32.self, forKey: .runAsGroup)
    runAsNonRoot = try container.decodeIfPresent(Bool.self, forKey: .runAsNonRoot)
    procMount = try container.decode(.procMount, default: Defaults.procMount)
    seccompProfile = try container.decodeIfPresent(SeccompProfile.self, forKey: .seccompProfile)
  }

  /// Writes what is there.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(privileged, forKey: .privileged)
    try container.encodeIfPresent(allowPrivilegeEscalation, forKey: .allowPrivilegeEscalation)
    try container.encode(capabilities, forKey: .capabilities, unless: Capabilities())
    try container.encodeIfPresent(readOnlyRootFilesystem, forKey: .readOnlyRootFilesystem)
    try container.encodeIfPresent(runAsUser, forKey: .runAsUser)
    try container.encodeIfPresent(runAsGroup, forKey: .runAsGroup)
    try container.encodeIfPresent(runAsNonRoot, forKey: .runAsNonRoot)
    try container.encode(procMount, forKey: .procMount, unless: Defaults.procMount)
    try container.encodeIfPresent(seccompProfile, forKey: .seccompProfile)
  }
}

extension Capabilities: Codable {
  private enum CodingKeys: CodingKey { case add, drop }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    add = try container.decode(.add, default: [])
    drop = try container.decode(.drop, default: [])
  }

  /// Writes what is there.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeUnlessEmpty(add, forKey: .add)
    try container.encodeUnlessEmpty(drop, forKey: .drop)
  }
}

extension PodSecurityContext: Codable {
  private enum CodingKeys: CodingKey {
    case runAsUser, runAsGroup, runAsNonRoot, supplementalGroups, supplementalGroupsPolicy, fsGroup
    case fsGroupChangePolicy, sysctls, seccompProfile
  }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    runAsUser = try container.decodeIfPresent(UInt32.self, forKey: .runAsUser)
    runAsGroup = try container.decodeIfPresent(UInt32.self, forKey: .runAsGroup)
    runAsNonRoot = try container.decodeIfPresent(Bool.self, forKey: .runAsNonRoot)
    supplementalGroups = try container.decode(.supplementalGroups, default: [])
    supplementalGroupsPolicy = try container.decodeIfPresent(
      SupplementalGroupsPolicy.self,
      forKey: .supplementalGroupsPolicy
    )
    fsGroup = try container.decodeIfPresent(UInt32.self, forKey: .fsGroup)
    fsGroupChangePolicy = try container.decodeIfPresent(FSGroupChangePolicy.self, forKey: .fsGroupChangePolicy)
    sysctls = try container.decode(.sysctls, default: [])
    seccompProfile = try container.decodeIfPresent(SeccompProfile.self, forKey: .seccompProfile)
  }

  /// Writes what is there.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(runAsUser, forKey: .runAsUser)
    try container.encodeIfPresent(runAsGroup, forKey: .runAsGroup)
    try container.encodeIfPresent(runAsNonRoot, forKey: .runAsNonRoot)
    try container.encodeUnlessEmpty(supplementalGroups, forKey: .supplementalGroups)
    try container.encodeIfPresent(supplementalGroupsPolicy, forKey: .supplementalGroupsPolicy)
    try container.encodeIfPresent(fsGroup, forKey: .fsGroup)
    try container.encodeIfPresent(fsGroupChangePolicy, forKey: .fsGroupChangePolicy)
    try container.encodeUnlessEmpty(sysctls, forKey: .sysctls)
    try container.encodeIfPresent(seccompProfile, forKey: .seccompProfile)
  }
}

extension SeccompProfile: Codable {
  private enum CodingKeys: CodingKey { case type, localhostProfile }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    switch try container.decode(String.self, forKey: .type) {
    case "RuntimeDefault": self = .runtimeDefault
    case "Unconfined": self = .unconfined
    case "Localhost": self = .localhost(try container.decode(String.self, forKey: .localhostProfile))
    case let other:
      throw DecodingError.dataCorruptedError(
        forKey: .type,
        in: container,
        debugDescription: "unknown kind of seccomp profile: \(other)"
      )
    }
  }

  /// Writes Kubernetes' discriminated union.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .runtimeDefault: try container.encode("RuntimeDefault", forKey: .type)
    case .unconfined: try container.encode("Unconfined", forKey: .type)
    case .localhost(let profile):
      try container.encode("Localhost", forKey: .type)
      try container.encode(profile, forKey: .localhostProfile)
    }
  }
}
