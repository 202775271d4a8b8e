/// Where a registry is reached: a host, and whether TLS is spoken with it.
public struct RegistryEndpoint: Hashable, Sendable {
  /// Host name or address, with a port if one was given.
  public let host: String
  /// Plain HTTP; only for loopback and for registries that the configuration names as insecure.
  public let isPlain: Bool

  /// Makes an endpoint.
  public init(host: String, isPlain: Bool) {
    self.host = host
    self.isPlain = isPlain
  }
}
