import RuntimeAPI

/// What a conditional profile is resolved for.
public struct SeccompTarget: Hashable, Sendable {
  /// The machine.
  public var platform: SeccompPlatform
  /// The container's bounding set: containerd and Docker decide by it, whoever the user is.
  public var capabilities: CapabilitySet
  /// The running kernel.
  public var kernel: KernelVersion

  /// Makes a target.
  public init(platform: SeccompPlatform, capabilities: CapabilitySet, kernel: KernelVersion) {
    self.platform = platform
    self.capabilities = capabilities
    self.kernel = kernel
  }
}

/// A rule with the conditions under which it is part of the profile: Docker's `includes` and `excludes`.
struct ConditionalRule: Hashable, Sendable {
  var rule: SeccompRule
  /// The machine must be one of these (Go's names); empty means any.
  var architectures: [String] = []
  /// The container must have all of these.
  var capabilities: CapabilitySet = []
  /// The kernel must be this one or newer.
  var minimumKernel: KernelVersion?
  /// The machine must be none of these.
  var excludedArchitectures: [String] = []
  /// The container must have none of these.
  var excludedCapabilities: CapabilitySet = []
  /// The kernel must be older than this one.
  var excludedFromKernel: KernelVersion?

  func applies(to target: SeccompTarget) -> Bool {
    let machine = target.platform.rawValue
    return (architectures.isEmpty || architectures.contains(machine))
      && !excludedArchitectures.contains(machine)
      && target.capabilities.isSuperset(of: capabilities)
      && target.capabilities.isDisjoint(with: excludedCapabilities)
      && (minimumKernel.map { $0 <= target.kernel } ?? true)
      && (excludedFromKernel.map { target.kernel < $0 } ?? true)
  }
}

/// A profile that depends on machine, capabilities and kernel.
public struct ProfileTemplate: Hashable, Sendable {
  var defaultAction: SeccompAction
  var defaultErrnoRet: UInt32?
  /// Names of the specification; empty means the machine's own convention only, `nil` all that the machine serves.
  var architectures: [String]?
  var flags: [String] = []
  var rules: [ConditionalRule]

  /// The OCI profile for one container.
  public func resolved(for target: SeccompTarget) -> SeccompProfile {
    SeccompProfile(
      defaultAction: defaultAction,
      defaultErrnoRet: defaultErrnoRet,
      architectures: architectures ?? target.platform.architectures.map(\.rawValue),
      flags: flags,
      syscalls: rules.filter { $0.applies(to: target) }.map(\.rule)
    )
  }
}
