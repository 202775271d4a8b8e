/// Choosing the network of the pods.
public enum NetworkChoice {
  /// What is tried where the configuration names nothing: 10.85.0.0/16, 10.86.0.0/16 and on.
  public static let standard: [IPv4Network] = (85...254).compactMap {
    IPv4Network(IPv4Address(10 << 24 | $0 << 16), prefixLength: 16)
  }

  /// The longest block that is cut: what has more bits in common is taken as it is.
  static let cut = 16
  /// The smallest block that has room for a gateway and pods.
  static let smallest = 29

  /// The blocks of configured ones in their order, each at most a /16; those without room for pods are left out.
  public static func candidates(_ configured: [IPv4Network]) -> [IPv4Network] {
    configured.flatMap { network -> [IPv4Network] in
      if network.prefixLength > smallest { return [] }
      if network.prefixLength >= cut { return [network] }
      // At most 65,536, for a /0.
      return (0..<UInt32(1 << (cut - network.prefixLength))).compactMap {
        IPv4Network(IPv4Address(network.base.number + $0 << 16), prefixLength: cut)
      }
    }
  }

  /// The first block that shares no address with a network in use. A default route uses nothing.
  public static func firstFree(_ candidates: [IPv4Network], used: [IPv4Network]) -> IPv4Network? {
    let used = used.filter { $0.prefixLength > 0 }
    return candidates.first { candidate in !used.contains { $0.overlaps(candidate) } }
  }
}

extension IPv4Network {
  /// The host's address on the bridge: the first one after the network's own.
  public var gateway: IPv4Address { IPv4Address(base.number + 1) }

  /// The places that pods get: all but the network's own, the gateway's and the broadcast address.
  var podPlaces: ClosedRange<UInt32> {
    2...UInt32(truncatingIfNeeded: max(2, min(count, 1 << 16) - 2))
  }
}
