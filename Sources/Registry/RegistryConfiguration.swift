import Images

/// How registries are reached.
public struct RegistryConfiguration: Sendable {
  /// What is known of single registries, by host and port as in image names.
  public var registries: [String: RegistryOptions]
  /// Time and patience.
  public var limits: TransferLimits

  /// Makes a configuration; without arguments every registry is reached as usual.
  public init(registries: [String: RegistryOptions] = [:], limits: TransferLimits = .standard) {
    self.registries = registries
    self.limits = limits
  }

  /// What is known of a registry.
  func options(_ host: String) -> RegistryOptions { registries[host] ?? RegistryOptions() }

  /// Where an image is asked for, in order: the mirrors of its registry, then the registry itself.
  public func endpoints(for reference: ImageReference) -> [RegistryEndpoint] {
    let options = options(reference.domain)
    return options.mirrors.flatMap { endpoints(host: $0, options: self.options($0)) }
      + endpoints(host: reference.domain, options: options)
  }

  /// Plain HTTP is tried on this machine itself and where the administrator named the registry as insecure, both only
  /// after HTTPS was tried.
  private func endpoints(host: String, options: RegistryOptions) -> [RegistryEndpoint] {
    let address = host == ImageReference.defaultDomain ? "registry-1.docker.io" : host
    func endpoint(_ isPlain: Bool) -> RegistryEndpoint {
      RegistryEndpoint(name: host, address: address, isPlain: isPlain, caFile: options.caFile)
    }
    let mayBePlain = options.isInsecure || HostKind(authority: address) == .loopback
    return mayBePlain ? [endpoint(false), endpoint(true)] : [endpoint(false)]
  }
}

/// What an administrator says of one registry.
public struct RegistryOptions: Equatable, Sendable {
  /// Registries that are asked first, in order.
  public var mirrors: [String]
  /// Whether plain HTTP may be spoken with it.
  public var isInsecure: Bool
  /// Certificates in PEM that are trusted beside the system's.
  public var caFile: String?

  /// Makes options; without arguments those of a registry that nobody mentioned.
  public init(mirrors: [String] = [], isInsecure: Bool = false, caFile: String? = nil) {
    self.mirrors = mirrors
    self.isInsecure = isInsecure
    self.caFile = caFile
  }
}

/// One way to a registry.
public struct RegistryEndpoint: Hashable, Sendable {
  /// What it is called in image names and in lists of credentials.
  public let name: String
  /// Host and port to connect to.
  public let address: String
  /// Whether HTTP is spoken without TLS.
  public let isPlain: Bool
  /// Certificates in PEM that are trusted beside the system's.
  public let caFile: String?

  /// `https://registry-1.docker.io`.
  public var url: String { (isPlain ? "http://" : "https://") + address }
}

/// Time and patience; seconds unless said otherwise.
public struct TransferLimits: Sendable {
  /// To connect, TLS included.
  public var connectMilliseconds: Int64 = 10_000
  /// Without a single byte, before and within an answer.
  public var stallMilliseconds: Int64 = 30_000
  /// Over which ``slowestBytes`` must have come, or the transfer counts as stalled.
  public var slowMilliseconds: Int64 = 60_000
  /// The fewest bytes in that time.
  public var slowestBytes: Int64 = 16 << 10
  /// Attempts of a request that a later one may do better. One: whoever pulls asks again, and knows what is there already.
  public var attempts = 1
  /// Before the second attempt; doubles each time.
  public var backOffMilliseconds: Int64 = 1_000
  /// The longest `Retry-After` that is waited for here; a longer one ends the pull and is told.
  public var longestRetryAfter: Int64 = 30
  /// Redirects of one request.
  public var redirects = 5

  /// What a registry on the internet needs.
  public static let standard = TransferLimits()

  /// The standard limits.
  public init() {}
}
