/// How the containers of a pod resolve names, beyond its `dnsPolicy` (`v1.PodDNSConfig`).
public struct PodDNSConfig: Equatable, Sendable {
  /// An option of `resolv.conf(5)` (`v1.PodDNSConfigOption`).
  public struct Option: Equatable, Codable, Sendable {
    /// Its name, such as `ndots`.
    public var name: String
    /// Its value; nil where it has none.
    public var value: String?

    /// An option.
    public init(name: String, value: String? = nil) {
      self.name = name
      self.value = value
    }
  }

  /// Addresses, after those of the policy; at most three in all.
  public var nameservers: [String] = []
  /// Domains that are tried with short names, after those of the policy; at most 32 in all.
  public var searches: [String] = []
  /// Options; one of the same name replaces the policy's.
  public var options: [Option] = []

  /// Nothing beyond the policy.
  public init() {}
}

extension PodDNSConfig: Codable {
  private enum CodingKeys: CodingKey { case nameservers, searches, options }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    nameservers = try container.decode(.nameservers, default: [])
    searches = try container.decode(.searches, default: [])
    options = try container.decode(.options, default: [])
  }

  /// Writes what is there.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeUnlessEmpty(nameservers, forKey: .nameservers)
    try container.encodeUnlessEmpty(searches, forKey: .searches)
    try container.encodeUnlessEmpty(options, forKey: .options)
  }
}

/// A line of the pod's `/etc/hosts` (`v1.HostAlias`).
public struct HostAlias: Equatable, Codable, Sendable {
  /// An address.
  public var ip: String
  /// Its names.
  public var hostnames: [String]

  /// An address and its names.
  public init(ip: String, hostnames: [String]) {
    self.ip = ip
    self.hostnames = hostnames
  }
}
