/// What an administrator decides for a machine: `/etc/swiftlet/config.yaml`, with the defaults of a machine without one.
public struct NodeConfiguration: Equatable, Sendable {
  /// How registries are reached that are not reached as usual.
  public var registries: [RegistrySettings] = []
  /// How images are pulled and kept.
  public var images = ImageSettings()
  /// The pods' network.
  public var network = NetworkSettings()
  /// Labels of this node beside those that it sets itself; what a pod requires of its node is compared with them.
  public var nodeLabels: [String: String] = [:]

  /// The defaults.
  public init() {}
}

/// The network of pods that do not use the host's.
public struct NetworkSettings: Equatable, Sendable {
  /// Networks to choose from, in CIDR notation: the first block of at most a /16 that nothing else uses is taken, once.
  /// Empty: 10.85.0.0/16 and on.
  public var podCIDRs: [String] = []

  /// The defaults.
  public init() {}
}

/// One registry.
public struct RegistrySettings: Equatable, Sendable {
  /// Host name or address, with a port if it is not the usual one: `registry.example:5000`.
  public var name = ""
  /// Registries that are asked first, in order: host names with ports.
  public var mirrors: [String] = []
  /// Plain HTTP where HTTPS is not spoken.
  public var insecure = false
  /// Certificates in PEM that are trusted beside the system's; absolute.
  public var caFile: String?
  /// Credentials in the form of docker's `config.json`, for this registry alone; absolute.
  public var authFile: String?
}

/// How images are pulled and kept.
public struct ImageSettings: Equatable, Sendable {
  /// Credentials in the form of docker's `config.json`; absolute.
  public var authFile: String?
  /// Images that are pulled at the same time.
  public var maxParallelImagePulls: Int64 = 2
  /// Layers of one image that are pulled at the same time.
  public var maxParallelLayerPulls: Int64 = 3
  /// Disk usage in percent at which images are removed.
  public var gcHighThresholdPercent: Int64 = 85
  /// Disk usage in percent at which removing stops.
  public var gcLowThresholdPercent: Int64 = 80
  /// Seconds that an image is kept in any case.
  public var gcMinimumAgeSeconds: Int64 = 120
  /// Programs that know credentials.
  public var credentialProviders: CredentialProviderSettings?

  /// The defaults, which are the kubelet's.
  public init() {}
}

/// Where credential providers are: the kubelet's `--image-credential-provider-config` and `--image-credential-provider-bin-dir`.
public struct CredentialProviderSettings: Equatable, Sendable {
  /// A CredentialProviderConfig; absolute.
  public var configFile = ""
  /// The directory of the programs; absolute.
  public var binDir = ""
}
