/// What was last observed of a container (`v1.ContainerStatus`).
public struct ContainerStatus: Equatable, Sendable {
  /// The container's name in the spec.
  public var name: String
  /// The newest instance.
  public var state: ContainerState
  /// How the instance before it ended; nil when there was none.
  public var lastState: ContainerState?
  /// Whether it can serve.
  public var ready = false
  /// Whether it has passed its start; nil before it ran.
  public var started: Bool?
  /// How often it was created again.
  public var restartCount = 0
  /// The image as the runtime names it.
  public var image: String
  /// The image's digest; empty before it is known.
  public var imageID = ""
  /// `<runtime>://<id>`; nil before it was created.
  public var containerID: String?
  /// The requests that the node has reserved.
  public var allocatedResources: ResourceList?
  /// What is enforced now.
  public var resources: ResourceRequirements?
  /// How it sees the pod's volumes, in the order of the spec.
  public var volumeMounts: [VolumeMountStatus] = []
  /// The user that its first process started as.
  public var user: LinuxContainerUser?

  /// A container in `state`.
  public init(name: String, state: ContainerState, image: String) {
    self.name = name
    self.state = state
    self.image = image
  }
}

/// One instance of a container: not yet, now, or no longer.
public enum ContainerState: Equatable, Sendable {
  /// Not running yet, or not again; `reason` is one word of Kubernetes'.
  case waiting(reason: String?, message: String?)
  /// Running since.
  case running(startedAt: Timestamp?)
  /// Ended.
  case terminated(ContainerTermination)
}

/// How an instance of a container ended (`v1.ContainerStateTerminated`).
public struct ContainerTermination: Equatable, Codable, Sendable {
  /// As a shell would see it: 128 and the signal's number for a signal.
  public var exitCode: Int32
  /// The signal, when one ended it.
  public var signal: Int32?
  /// Why, in one word of Kubernetes'.
  public var reason: String?
  /// The container's last words, or ours.
  public var message: String?
  /// When it had started.
  public var startedAt: Timestamp?
  /// When it ended.
  public var finishedAt: Timestamp?
  /// `<runtime>://<id>`.
  public var containerID: String?

  /// An end with `exitCode`.
  public init(
    exitCode: Int32,
    signal: Int32? = nil,
    reason: String? = nil,
    message: String? = nil,
    startedAt: Timestamp? = nil,
    finishedAt: Timestamp? = nil,
    containerID: String? = nil
  ) {
    self.exitCode = exitCode
    self.signal = signal
    self.reason = reason
    self.message = message
    self.startedAt = startedAt
    self.finishedAt = finishedAt
    self.containerID = containerID
  }
}

/// The user that a container's first process started as (`v1.LinuxContainerUser`).
public struct LinuxContainerUser: Hashable, Codable, Sendable {
  /// The user id.
  public var uid: UInt32
  /// The primary group id.
  public var gid: UInt32
  /// The supplementary group ids.
  public var supplementalGroups: [UInt32]?

  /// A user and their groups.
  public init(uid: UInt32, gid: UInt32, supplementalGroups: [UInt32]? = nil) {
    self.uid = uid
    self.gid = gid
    self.supplementalGroups = supplementalGroups
  }
}

/// How a container sees a volume (`v1.VolumeMountStatus`, KEP-3857).
public struct VolumeMountStatus: Hashable, Sendable {
  /// The volume's name.
  public var name: String
  /// Where, as the spec has it.
  public var mountPath: String
  /// Whether the spec lets the container only read.
  public var readOnly: Bool
  /// Whether the mounts below it are read-only, too; nil unless it is read-only itself.
  public var recursiveReadOnly: VolumeMount.RecursiveReadOnly?

  /// A mount.
  public init(
    name: String,
    mountPath: String,
    readOnly: Bool = false,
    recursiveReadOnly: VolumeMount.RecursiveReadOnly? = nil
  ) {
    self.name = name
    self.mountPath = mountPath
    self.readOnly = readOnly
    self.recursiveReadOnly = recursiveReadOnly
  }
}
