/// How an image wants to be run: the `config` part of its OCI configuration.
///
/// Every value comes from whoever made the image. It has been bounded and is free of NULs, and it is trusted for nothing
/// else: a label or a variable never becomes a key of anything of ours (CVE-2026-53488). `Healthcheck` is not read, as in
/// Kubernetes.
public struct ImageConfiguration: Equatable, Sendable {
  /// The start of the argument list; nil when the image does not say.
  public var entrypoint: [String]?
  /// What follows the entrypoint; nil when the image does not say.
  public var cmd: [String]?
  /// `NAME=value`, names unique, in the image's order.
  public var env: [String]
  /// `user`, `uid`, `user:group` or `uid:gid`; nil for root.
  public var user: String?
  /// An absolute path inside the image; nil for `/`.
  public var workingDir: String?
  /// The signal that asks the process to stop, by name or number; nil for SIGTERM.
  public var stopSignal: String?
  /// Absolute paths that get a directory of their own, sorted.
  public var volumes: [String]
  /// `port`, `port/tcp`, `port/udp` or `port/sctp`, sorted. Documentation only.
  public var exposedPorts: [String]
  /// The image's labels. Data, never settings.
  public var labels: [String: String]

  /// A configuration that says nothing but what is given; it is checked when it is stored.
  public init(
    entrypoint: [String]? = nil,
    cmd: [String]? = nil,
    env: [String] = [],
    user: String? = nil,
    workingDir: String? = nil,
    stopSignal: String? = nil,
    volumes: [String] = [],
    exposedPorts: [String] = [],
    labels: [String: String] = [:]
  ) {
    self.entrypoint = entrypoint
    self.cmd = cmd
    self.env = env
    self.user = user
    self.workingDir = workingDir
    self.stopSignal = stopSignal
    self.volumes = volumes
    self.exposedPorts = exposedPorts
    self.labels = labels
  }

  /// The greatest number of elements in any of the lists and maps.
  public static let mostElements = 4096
  /// The longest argument, variable or label in bytes: what execve takes in one string (MAX_ARG_STRLEN) less its NUL.
  public static let longestString = 131_071
  /// The longest path in bytes: PATH_MAX less its NUL.
  public static let longestPath = 4095
  /// The longest user, signal, port or label name in bytes.
  public static let longestName = 4096
}
