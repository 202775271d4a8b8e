/// Requests about network interfaces (`rtnetlink(7)`, `ip-link(8)`).
enum LinkRequest {
  /// `struct ifinfomsg`
  private static func header(index: Int32 = 0, flags: UInt32 = 0, change: UInt32 = 0) -> [UInt8] {
    [AddressFamily.unspecified, 0, 0, 0] + nativeBytes(index) + nativeBytes(flags) + nativeBytes(change)
  }

  /// Makes a bridge that is down, with an address that is set: one that is not changes with the ports that come and go.
  ///
  /// It neither asks nor answers with ARP: the host knows its pods from permanent entries, and believes no pod about any.
  static func makeBridge(_ name: String, address: MACAddress) throws(NetlinkError) -> NetlinkMessage {
    var message = NetlinkMessage(
      "make the bridge \(name)",
      type: RouteMessage.newLink,
      flags: NetlinkFlag.create | NetlinkFlag.exclusive,
      header: header(flags: LinkFlag.noARP, change: LinkFlag.noARP)
    )
    try message.attribute(LinkAttribute.name, text: name)
    try message.attribute(LinkAttribute.address, address.bytes)
    try message.nested(LinkAttribute.info) { (info) throws(NetlinkError) in
      try info.attribute(LinkAttribute.kind, text: "bridge")
      try info.nested(LinkAttribute.data) { (data) throws(NetlinkError) in
        try data.attribute(LinkAttribute.bridgeMulticastSnooping, UInt8(0))
      }
    }
    return message
  }

  /// Makes a cable from the bridge into a network namespace, where its end is called `eth0`. The host's end is down.
  static func makeCable(
    _ name: String,
    bridge: Int32,
    hostAddress: MACAddress,
    podAddress: MACAddress,
    namespace: Int32,
    mtu: UInt32
  ) throws(NetlinkError) -> NetlinkMessage {
    var message = NetlinkMessage(
      "make the cable \(name)",
      type: RouteMessage.newLink,
      flags: NetlinkFlag.create | NetlinkFlag.exclusive,
      header: header()
    )
    try message.attribute(LinkAttribute.name, text: name)
    try message.attribute(LinkAttribute.address, hostAddress.bytes)
    try message.attribute(LinkAttribute.mtu, mtu)
    try message.attribute(LinkAttribute.master, bridge)
    try singleQueue(&message)
    let inner = header()
    try message.nested(LinkAttribute.info) { (info) throws(NetlinkError) in
      try info.attribute(LinkAttribute.kind, text: "veth")
      try info.nested(LinkAttribute.data) { (data) throws(NetlinkError) in
        try data.nested(LinkAttribute.peer, header: inner) { (peer) throws(NetlinkError) in
          try peer.attribute(LinkAttribute.name, text: "eth0")
          try peer.attribute(LinkAttribute.address, podAddress.bytes)
          try peer.attribute(LinkAttribute.mtu, mtu)
          try singleQueue(&peer)
          try peer.attribute(LinkAttribute.namespaceDescriptor, namespace)
        }
      }
    }
    return message
  }

  /// A cable has a queue per processor otherwise, of which nothing is used, and each costs two directories in `/sys`.
  private static func singleQueue(_ message: inout NetlinkMessage) throws(NetlinkError) {
    try message.attribute(LinkAttribute.sendQueues, UInt32(1))
    try message.attribute(LinkAttribute.receiveQueues, UInt32(1))
  }

  /// What the bridge lets through a pod's port. See ``PodPort`` for why each is what it is.
  static func guardPort(_ name: String, _ port: PodPort, hasIPv6: Bool) throws(NetlinkError) -> NetlinkMessage {
    var message = NetlinkMessage("guard the port \(name)", type: RouteMessage.newLink, flags: 0, header: header())
    try message.attribute(LinkAttribute.name, text: name)
    try message.nested(LinkAttribute.info) { (info) throws(NetlinkError) in
      try info.attribute(LinkAttribute.slaveKind, text: "bridge")
      try info.nested(LinkAttribute.slaveData) { (data) throws(NetlinkError) in
        for (attribute, value) in port.attributes { try data.attribute(attribute, UInt8(value ? 1 : 0)) }
      }
    }
    if hasIPv6 { try withoutAddressGeneration(&message) }
    return message
  }

  /// No link-local IPv6 address, and so neither duplicate detection nor router solicitation (IN6_ADDR_GEN_MODE_NONE).
  private static func withoutAddressGeneration(_ message: inout NetlinkMessage) throws(NetlinkError) {
    try message.nested(LinkAttribute.familySpecific) { (families) throws(NetlinkError) in
      try families.nested(UInt16(AddressFamily.inet6)) { (inet6) throws(NetlinkError) in
        try inet6.attribute(LinkAttribute.addressGeneration, UInt8(1))
      }
    }
  }

  /// Keeps an interface that is down from giving itself an IPv6 address when it comes up.
  static func quieten(_ name: String) throws(NetlinkError) -> NetlinkMessage {
    var message = NetlinkMessage("prepare \(name)", type: RouteMessage.newLink, flags: 0, header: header())
    try message.attribute(LinkAttribute.name, text: name)
    try withoutAddressGeneration(&message)
    return message
  }

  /// Brings an interface up.
  static func bringUp(index: Int32, _ name: String) -> NetlinkMessage {
    NetlinkMessage(
      "bring \(name) up",
      type: RouteMessage.newLink,
      flags: 0,
      header: header(index: index, flags: LinkFlag.up, change: LinkFlag.up)
    )
  }

  /// Deletes an interface, and with one end of a cable the other one.
  static func delete(_ name: String) throws(NetlinkError) -> NetlinkMessage {
    var message = NetlinkMessage("delete \(name)", type: RouteMessage.deleteLink, flags: 0, header: header())
    try message.attribute(LinkAttribute.name, text: name)
    return message
  }

  /// Asks for one interface.
  static func get(_ name: String) throws(NetlinkError) -> NetlinkMessage {
    var message = NetlinkMessage("look for \(name)", type: RouteMessage.getLink, flags: 0, header: header())
    try message.attribute(LinkAttribute.name, text: name)
    // RTEXT_FILTER_SKIP_STATS: counters are most of the answer otherwise.
    try message.attribute(LinkAttribute.extendedMask, UInt32(1 << 3))
    return message
  }

  /// Asks for one interface by its number.
  static func get(index: Int32) throws(NetlinkError) -> NetlinkMessage {
    var message = NetlinkMessage(
      "look for interface \(index)",
      type: RouteMessage.getLink,
      flags: 0,
      header: header(index: index)
    )
    try message.attribute(LinkAttribute.extendedMask, UInt32(1 << 3))
    return message
  }

  /// Asks for all interfaces.
  static func list() throws(NetlinkError) -> NetlinkMessage {
    var message = NetlinkMessage("list interfaces", type: RouteMessage.getLink, flags: 0, header: header())
    try message.attribute(LinkAttribute.extendedMask, UInt32(1 << 3))
    return message
  }
}
