import JSONText

/// The rules of an instance: one table that is written whole, and in which nothing is about one pod. A pod's start needs no
/// transaction (2 ms), and its end no deletion (16 ms).
struct FirewallDocument: Sendable, Equatable {
  /// Changes with the rules, so that tables of an older program are replaced.
  private static let version = 1

  /// The instance: the name of the table, and of the bridge.
  let instance: String
  /// The network of the pods.
  let network: IPv4Network
  /// Uplinks that forward only because of us.
  let opened: [String]

  /// What the rules follow from, for telling whether those in the kernel are the right ones.
  var recipe: String { "\(Self.version) \(instance) \(network) \(opened.sorted().joined(separator: " "))" }

  /// One transaction that makes the table, replacing one that is there.
  func commands(replacing: Bool) -> [UInt8] {
    var commands: [JSONValue] = []
    let table = object(("family", .string("inet")), ("name", .string(instance)))
    if replacing { commands.append(object(("delete", object(("table", table))))) }
    commands.append(object(("add", object(("table", table)))))
    for chain in [sender, forward, masquerading, redirects] { commands += chain }
    return object(("nftables", .array(commands))).serialized()
  }

  /// One transaction that removes it.
  var removal: [UInt8] {
    let table = object(("family", .string("inet")), ("name", .string(instance)))
    return object(("nftables", .array([object(("delete", object(("table", table))))]))).serialized()
  }

  // MARK: Chains

  /// Before anything else looks at a packet: a pod speaks for its own address only, and not to what is the host's loopback
  /// even where somebody set `route_localnet` for all interfaces.
  ///
  /// The bridge admits no frame but with the pod's hardware address, whose last bytes are the pod's address. The kernel
  /// cannot compare two fields of a packet; but pairs of a byte with itself are a table of 256 entries, whatever pods there
  /// are.
  private var sender: [JSONValue] {
    chain("sender", type: "filter", hook: "prerouting", priority: -300)
      + [
        rule("sender", [fromBridge, isIPv4, match(field("daddr"), prefix(IPv4Address(127 << 24), 8)), drop]),
        rule(
          "sender",
          [
            fromBridge, isIPv4, match(field("saddr"), pods),
            // The fifth and sixth byte of the sender's hardware address, the third and fourth one of its IPv4 address.
            match(object(("concat", .array([byte("ll", 10), byte("nh", 14)]))), Self.equalBytes),
            match(object(("concat", .array([byte("ll", 11), byte("nh", 15)]))), Self.equalBytes),
            object(("accept", .null)),
          ]
        ),
        rule("sender", [fromBridge, drop]),
      ]
  }

  /// What forwarding lets in at an uplink that did not forward before we came is answers, and what somebody else's address
  /// translation sent on: the host becomes a router for its pods and for nobody else.
  private var forward: [JSONValue] {
    if opened.isEmpty { return [] }
    let arrivesAtOpened = match(meta("iifname"), set(opened.sorted().map { .string($0) }))
    let accept = object(("accept", .null))
    return chain("forwarding", type: "filter", hook: "forward", priority: 0)
      + [
        rule("forwarding", [arrivesAtOpened, match(tracking("state"), words("established", "related"), "in"), accept]),
        rule("forwarding", [arrivesAtOpened, match(tracking("status"), words("dnat"), "in"), accept]),
        rule("forwarding", [arrivesAtOpened, drop]),
      ]
  }

  /// What leaves the pods' network takes an address of the host's. It is keyed by the network, so that no pod needs an
  /// element; what stays on the bridge keeps its sender.
  private var masquerading: [JSONValue] {
    chain("masquerading", type: "nat", hook: "postrouting", priority: 100)
      + [
        rule(
          "masquerading",
          [
            isIPv4, match(field("saddr"), pods), match(meta("oifname"), .string(instance), "!="),
            object(("masquerade", .null)),
          ]
        )
      ]
  }

  /// Two pods reach each other over the host although they hang on one bridge, and must not be told of a shorter way: there
  /// is none. The setting `send_redirects` cannot say so for one interface.
  private var redirects: [JSONValue] {
    let icmpType = object(("payload", object(("protocol", .string("icmp")), ("field", .string("type")))))
    return chain("redirects", type: "filter", hook: "output", priority: 0)
      + [
        rule(
          "redirects",
          [match(meta("oifname"), .string(instance)), match(icmpType, .string("redirect")), drop]
        )
      ]
  }

  // MARK: Words of nftables (libnftables-json(5))

  private var pods: JSONValue { prefix(network.base, network.prefixLength) }
  private var fromBridge: JSONValue { match(meta("iifname"), .string(instance)) }
  private var isIPv4: JSONValue { match(meta("nfproto"), .string("ipv4")) }
  private var drop: JSONValue { object(("drop", .null)) }

  private static let equalBytes: JSONValue = {
    let pairs = (0..<256).map { byte -> JSONValue in
      object(("concat", .array([.integer(Int64(byte)), .integer(Int64(byte))])))
    }
    return set(pairs)
  }()

  private func chain(_ name: String, type: String, hook: String, priority: Int64) -> [JSONValue] {
    let chain = object(
      ("family", .string("inet")),
      ("table", .string(instance)),
      ("name", .string(name)),
      ("type", .string(type)),
      ("hook", .string(hook)),
      ("prio", .integer(priority)),
      ("policy", .string("accept"))
    )
    return [object(("add", object(("chain", chain))))]
  }

  private func rule(_ chain: String, _ expressions: [JSONValue]) -> JSONValue {
    let rule = object(
      ("family", .string("inet")),
      ("table", .string(instance)),
      ("chain", .string(chain)),
      ("expr", .array(expressions))
    )
    return object(("add", object(("rule", rule))))
  }

  private func match(_ left: JSONValue, _ right: JSONValue, _ operation: String = "==") -> JSONValue {
    object(("match", object(("op", .string(operation)), ("left", left), ("right", right))))
  }

  private func meta(_ key: String) -> JSONValue { object(("meta", object(("key", .string(key))))) }

  private func tracking(_ key: String) -> JSONValue { object(("ct", object(("key", .string(key))))) }

  private func field(_ name: String) -> JSONValue {
    object(("payload", object(("protocol", .string("ip")), ("field", .string(name)))))
  }

  private func byte(_ base: String, _ offset: Int64) -> JSONValue {
    object(("payload", object(("base", .string(base)), ("offset", .integer(offset * 8)), ("len", .integer(8)))))
  }

  private func prefix(_ address: IPv4Address, _ length: Int) -> JSONValue {
    object(("prefix", object(("addr", .string("\(address)")), ("len", .integer(Int64(length))))))
  }

  private func words(_ words: String...) -> JSONValue {
    words.count == 1 ? .string(words[0]) : .array(words.map { .string($0) })
  }
}

private func object(_ members: (String, JSONValue)...) -> JSONValue {
  .object(members.map { JSONMember($0.0, $0.1) })
}

private func set(_ elements: [JSONValue]) -> JSONValue { object(("set", .array(elements))) }
