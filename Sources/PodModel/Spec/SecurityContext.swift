/// Settings of one container; what is nil is taken from the pod's, then from the image or the node.
public struct SecurityContext: Equatable, Sendable {
  /// All capabilities and devices, no seccomp, nothing masked.
  public var privileged: Bool?
  /// False sets no_new_privs.
  public var allowPrivilegeEscalation: Bool?
  /// Changes of the default set.
  public var capabilities = Capabilities()
  /// A root filesystem that nothing can be written to.
  public var readOnlyRootFilesystem: Bool?
  /// The user; overrides the pod's.
  public var runAsUser: UInt32?
  /// The primary group; overrides the pod's.
  public var runAsGroup: UInt32?
  /// Refuses to start as user 0; overrides the pod's.
  public var runAsNonRoot: Bool?
  /// What of `/proc` is masked.
  public var procMount = Defaults.procMount
  /// Overrides the pod's.
  public var seccompProfile: SeccompProfile?

  /// Nothing said.
  public init() {}
}

/// Capabilities added to and dropped from the default set.
///
/// Names are in upper case and without `CAP_`, or `ALL`; see `Capabilities.canonicalName`.
public struct Capabilities: Equatable, Sendable {
  /// Given beside the default set.
  public var add: [String]
  /// Taken away; what is both added and dropped is there.
  public var drop: [String]

  /// Changes of the default set.
  public init(add: [String] = [], drop: [String] = []) {
    self.add = add
    self.drop = drop
  }
}

/// What of `/proc` a container sees.
public enum ProcMount: String, Codable, CaseIterable, Sendable {
  /// Kernel interfaces are masked or read-only.
  case `default` = "Default"
  /// Nothing is masked; needs a user namespace.
  case unmasked = "Unmasked"
}

/// The system calls that a container may use.
public enum SeccompProfile: Equatable, Sendable {
  /// The node's default profile.
  case runtimeDefault
  /// All of them.
  case unconfined
  /// A profile of the node's administrator: a path below the node's profile directory, without `..`.
  case localhost(String)
}

/// Settings of a pod, for all of its containers that do not say otherwise.
public struct PodSecurityContext: Equatable, Sendable {
  /// The user; nil for the image's.
  public var runAsUser: UInt32?
  /// The primary group; nil for the image's, else 0.
  public var runAsGroup: UInt32?
  /// Refuses to start containers as user 0.
  public var runAsNonRoot: Bool?
  /// Groups beside the primary one.
  public var supplementalGroups: [UInt32] = []
  /// Whether the image's own group file adds to them.
  public var supplementalGroupsPolicy: SupplementalGroupsPolicy?
  /// A supplementary group that also owns the pod's volumes.
  public var fsGroup: UInt32?
  /// When the ownership of volumes is changed.
  public var fsGroupChangePolicy: FSGroupChangePolicy?
  /// Kernel parameters of the pod's namespaces.
  public var sysctls: [Sysctl] = []
  /// The system calls that the containers may use.
  public var seccompProfile: SeccompProfile?

  /// Nothing said.
  public init() {}
}

/// Whether the image's group file adds to the supplementary groups.
public enum SupplementalGroupsPolicy: String, Codable, CaseIterable, Sendable {
  /// It does; what Kubernetes takes when nothing is said.
  case merge = "Merge"
  /// Only what the spec names.
  case strict = "Strict"
}

/// When the ownership of a volume is changed to `fsGroup`.
public enum FSGroupChangePolicy: String, Codable, CaseIterable, Sendable {
  /// Before every start; what Kubernetes takes when nothing is said.
  case always = "Always"
  /// Only when the volume's root does not have it.
  case onRootMismatch = "OnRootMismatch"
}

/// One kernel parameter.
public struct Sysctl: Equatable, Codable, Sendable {
  /// Its name, parts separated by dots (or slashes).
  public var name: String
  /// What is written to it.
  public var value: String

  /// `name = value`.
  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}
