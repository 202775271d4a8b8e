import JSONText

/// A chain of somebody else's that drops what is forwarded: pods are cut off until a rule is added to *that* table, since
/// what one table accepts another one may still drop, before or after it.
public struct ForwardingObstacle: Hashable, Sendable, CustomStringConvertible {
  /// `ip`, `inet`.
  public let family: String
  /// The table.
  public let table: String
  /// The chain.
  public let chain: String

  /// One sentence with what to do.
  public var description: String {
    "the chain \(chain) of the table \(family) \(table) drops forwarded packets, those of pods too: let it accept what"
      + " comes from and goes to the bridge"
  }

  /// Lists such chains: those hooked at `forward` whose policy is to drop. Runs `nft -j list chains`.
  public static func list(_ nft: Nft) throws(NetworkError) -> [ForwardingObstacle] {
    try find(in: nft.run(["-j", "list", "chains"]))
  }

  /// Reads what `nft -j list chains` prints (`libnftables-json(5)`).
  static func find(in output: [UInt8]) throws(NetworkError) -> [ForwardingObstacle] {
    let value: JSONValue
    let limits = JSONLimits(bytes: 8 << 20, depth: 32, values: 1 << 20)
    do { value = try JSONValue(parsing: output, limits: limits) } catch {
      throw .firewallRefused("its list of chains cannot be read: \(error)")
    }
    return (value["nftables"]?.array ?? []).compactMap { entry in
      guard let chain = entry["chain"], chain["hook"]?.string == "forward", chain["policy"]?.string == "drop",
        let family = chain["family"]?.string, family == "ip" || family == "inet",
        let table = chain["table"]?.string, let name = chain["name"]?.string
      else { return nil }
      return ForwardingObstacle(family: family, table: table, chain: name)
    }
  }
}
