/// What is wanted of a pod: the fields of `v1.PodSpec` that this version honours, with Kubernetes' defaults.
public struct PodSpec: Equatable, Sendable {
  /// Run before the containers, one after the other; those with `restartPolicy: Always` (sidecars) stay beside them.
  public var initContainers: [Container] = []
  /// At least one; their names are unique.
  public var containers: [Container]
  /// What the containers can mount; their names are unique.
  public var volumes: [Volume] = []
  /// When containers are started again.
  public var restartPolicy = Defaults.restartPolicy
  /// Seconds between the stop signal and SIGKILL.
  public var terminationGracePeriodSeconds = Defaults.terminationGracePeriodSeconds
  /// Seconds from the pod's start after which it is ended as failed; nil for never.
  public var activeDeadlineSeconds: Int64?
  /// Where names are resolved. Without a cluster's DNS, `clusterFirst` behaves as `default`.
  public var dnsPolicy = Defaults.dnsPolicy
  /// What is added to that.
  public var dnsConfig: PodDNSConfig?
  /// Lines for `/etc/hosts`; not with the host's network.
  public var hostAliases: [HostAlias] = []
  /// The pod's host name, a DNS label; nil for the pod's own name.
  public var hostname: String?
  /// The subdomain of the pod's full name, a DNS label.
  public var subdomain: String?
  /// The full name as the kernel's host name.
  public var setHostnameAsFQDN = false
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
  /// The operating system that the pod says it is for.
  public var os: PodOS?
  /// Fields without effect on a single node (`nodeSelector`, `tolerations`, …), kept to be shown again.
  public var withoutEffect: [String: FieldValue] = [:]

  /// A pod of `containers`, everything else as Kubernetes defaults it.
  public init(containers: [Container]) { self.containers = containers }
}

/// An operating system that pods can be for (`v1.OSName`).
public enum PodOS: String, CaseIterable, Sendable {
  /// What this node is.
  case linux
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
  /// As `dnsConfig` says and nothing else.
  case none = "None"
}
