/// One container of a pod: the fields of `v1.Container` that this version honours, with Kubernetes' defaults.
public struct Container: Equatable, Sendable {
  /// A DNS label, unique within the pod.
  public var name: String
  /// The image as the manifest names it; normalised by whoever fetches it.
  public var image: String
  /// When the image is fetched although it is there.
  public var imagePullPolicy: ImagePullPolicy
  /// Replaces the image's entrypoint; empty for the image's own.
  public var command: [String] = []
  /// Replaces the image's arguments; empty for the image's own.
  public var args: [String] = []
  /// An absolute path; nil for the image's own.
  public var workingDir: String?
  /// Ports that the container says it listens on: documentation, and names for others.
  public var ports: [ContainerPort] = []
  /// Variables in order; `$(NAME)` in a value refers to one before it.
  public var env: [EnvironmentVariable] = []
  /// Objects whose values become variables, before those of `env`; later ones win.
  public var envFrom: [EnvironmentSource] = []
  /// Where it sees the pod's volumes.
  public var volumeMounts: [VolumeMount] = []
  /// When it is started again; nil as the pod says. An init container with `always` is a sidecar.
  public var restartPolicy: RestartPolicy?
  /// What the container is promised and allowed.
  public var resources = ResourceRequirements()
  /// Overrides the pod's security context.
  public var securityContext = SecurityContext()
  /// What happens around start and stop.
  public var lifecycle: Lifecycle?
  /// Ends the container when it fails.
  public var livenessProbe: Probe?
  /// Tells whether the container is ready for others.
  public var readinessProbe: Probe?
  /// Tells when the container has started; other probes wait for it.
  public var startupProbe: Probe?
  /// A terminal instead of pipes.
  public var tty = false
  /// A standard input that others may attach to, instead of `/dev/null`.
  public var stdin = false
  /// Closes the standard input after the first one who attached has gone.
  public var stdinOnce = false
  /// Where the container may leave its last words: an absolute path inside it.
  public var terminationMessagePath = Defaults.terminationMessagePath
  /// What counts as last words when that file is empty.
  public var terminationMessagePolicy = Defaults.terminationMessagePolicy

  /// A container of `image`, everything else as Kubernetes defaults it.
  public init(name: String, image: String) {
    self.name = name
    self.image = image
    imagePullPolicy = Defaults.imagePullPolicy(forImage: image)
  }
}

/// When an image is fetched.
public enum ImagePullPolicy: String, Codable, CaseIterable, Sendable {
  /// Before every start of a container.
  case always = "Always"
  /// Only when it is not there.
  case ifNotPresent = "IfNotPresent"
  /// Not at all: it must be there.
  case never = "Never"
}

/// What counts as a container's last words.
public enum TerminationMessagePolicy: String, Codable, CaseIterable, Sendable {
  /// The file at `terminationMessagePath` only.
  case file = "File"
  /// The end of the log, when the container failed and left the file empty.
  case fallbackToLogsOnError = "FallbackToLogsOnError"
}

/// A port that a container says it listens on.
public struct ContainerPort: Equatable, Codable, Sendable {
  /// A name for others to refer to, unique within the pod.
  public var name: String?
  /// 1 to 65535.
  public var containerPort: UInt16
  /// The protocol; `TCP` when the manifest does not say.
  public var `protocol`: PortProtocol

  /// A port.
  public init(name: String? = nil, containerPort: UInt16, protocol: PortProtocol = Defaults.portProtocol) {
    self.name = name
    self.containerPort = containerPort
    self.`protocol` = `protocol`
  }
}

/// The protocol of a port.
public enum PortProtocol: String, Codable, CaseIterable, Sendable {
  /// RFC 9293.
  case tcp = "TCP"
  /// RFC 768.
  case udp = "UDP"
  /// RFC 9260.
  case sctp = "SCTP"
}
