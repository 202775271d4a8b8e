/// Requests about addresses, routes and neighbours (`rtnetlink(7)`).
enum RouteRequest {
  /// Gives an interface an address, without the route to its network that the kernel would add (IFA_F_NOPREFIXROUTE).
  static func addAddress(
    _ address: IPv4Address,
    prefixLength: Int,
    interface: Int32
  ) throws(NetlinkError) -> NetlinkMessage {
    var message = NetlinkMessage(
      "add the address \(address)/\(prefixLength)",
      type: RouteMessage.newAddress,
      flags: NetlinkFlag.create | NetlinkFlag.replace,
      // struct ifaddrmsg
      header: [AddressFamily.inet, UInt8(truncatingIfNeeded: prefixLength), 0, 0] + nativeBytes(interface)
    )
    try message.attribute(AddressAttribute.local, address.bytes)
    try message.attribute(AddressAttribute.address, address.bytes)
    try message.attribute(AddressAttribute.flags, UInt32(0x200))
    return message
  }

  /// Asks for all IPv4 addresses.
  static func listAddresses() -> NetlinkMessage {
    NetlinkMessage(
      "list addresses",
      type: RouteMessage.getAddress,
      flags: 0,
      header: [AddressFamily.inet, 0, 0, 0, 0, 0, 0, 0]
    )
  }

  /// `struct rtmsg`
  private static func header(_ prefixLength: Int, scope: UInt8, kind: UInt8, flags: UInt32 = 0) -> [UInt8] {
    [
      AddressFamily.inet, UInt8(truncatingIfNeeded: prefixLength), 0, 0, mainTable, routeProtocol, scope, kind,
    ] + nativeBytes(flags)
  }

  private static let scopeLink: UInt8 = 253

  /// A route to one pod.
  static func addPod(_ pod: IPv4Address, bridge: Int32) throws(NetlinkError) -> NetlinkMessage {
    var message = NetlinkMessage(
      "add the route to \(pod)",
      type: RouteMessage.newRoute,
      flags: NetlinkFlag.create | NetlinkFlag.replace,
      header: header(32, scope: scopeLink, kind: RouteKind.unicast)
    )
    try message.attribute(RouteAttribute.destination, pod.bytes)
    try message.attribute(RouteAttribute.outputInterface, bridge)
    return message
  }

  /// Removes it.
  static func deletePod(_ pod: IPv4Address, bridge: Int32) throws(NetlinkError) -> NetlinkMessage {
    var message = NetlinkMessage(
      "delete the route to \(pod)",
      type: RouteMessage.deleteRoute,
      flags: 0,
      header: header(32, scope: scopeLink, kind: RouteKind.unicast)
    )
    try message.attribute(RouteAttribute.destination, pod.bytes)
    try message.attribute(RouteAttribute.outputInterface, bridge)
    return message
  }

  /// Claims a network on this host: what has no route of its own in it is unreachable. EEXIST says that it is claimed.
  static func claim(_ network: IPv4Network) throws(NetlinkError) -> NetlinkMessage {
    var message = NetlinkMessage(
      "claim the network \(network)",
      type: RouteMessage.newRoute,
      flags: NetlinkFlag.create | NetlinkFlag.exclusive,
      header: header(network.prefixLength, scope: 0, kind: RouteKind.unreachable)
    )
    try message.attribute(RouteAttribute.destination, network.base.bytes)
    return message
  }

  /// Gives the claim up.
  static func unclaim(_ network: IPv4Network) throws(NetlinkError) -> NetlinkMessage {
    var message = NetlinkMessage(
      "give up the network \(network)",
      type: RouteMessage.deleteRoute,
      flags: 0,
      header: header(network.prefixLength, scope: 0, kind: RouteKind.unreachable)
    )
    try message.attribute(RouteAttribute.destination, network.base.bytes)
    return message
  }

  /// In a pod: everything goes to the gateway, which is on the other end of the cable whatever the addresses look like
  /// (RTNH_F_ONLINK).
  static func addDefault(gateway: IPv4Address, interface: Int32) throws(NetlinkError) -> NetlinkMessage {
    var message = NetlinkMessage(
      "add the default route",
      type: RouteMessage.newRoute,
      flags: NetlinkFlag.create | NetlinkFlag.replace,
      header: header(0, scope: 0, kind: RouteKind.unicast, flags: 4)
    )
    try message.attribute(RouteAttribute.gateway, gateway.bytes)
    try message.attribute(RouteAttribute.outputInterface, interface)
    return message
  }

  /// Asks for all IPv4 routes.
  static func listRoutes() -> NetlinkMessage {
    NetlinkMessage(
      "list routes",
      type: RouteMessage.getRoute,
      flags: 0,
      header: [AddressFamily.inet] + [UInt8](repeating: 0, count: 11)
    )
  }

  /// `struct ndmsg`
  private static func neighbourHeader(_ family: UInt8, _ interface: Int32, state: UInt16, flags: UInt8) -> [UInt8] {
    [family, 0, 0, 0] + nativeBytes(interface) + nativeBytes(state) + [flags, 0]
  }

  /// Says where an address is, for good: no ARP packet changes it (NUD_PERMANENT).
  static func addNeighbour(
    _ address: IPv4Address,
    at hardware: MACAddress,
    interface: Int32
  ) throws(NetlinkError) -> NetlinkMessage {
    var message = NetlinkMessage(
      "add the neighbour \(address)",
      type: RouteMessage.newNeighbour,
      flags: NetlinkFlag.create | NetlinkFlag.replace,
      header: neighbourHeader(AddressFamily.inet, interface, state: 0x80, flags: 0)
    )
    try message.attribute(NeighbourAttribute.destination, address.bytes)
    try message.attribute(NeighbourAttribute.linkLayerAddress, hardware.bytes)
    return message
  }

  /// Removes it.
  static func deleteNeighbour(_ address: IPv4Address, interface: Int32) throws(NetlinkError) -> NetlinkMessage {
    var message = NetlinkMessage(
      "delete the neighbour \(address)",
      type: RouteMessage.deleteNeighbour,
      flags: 0,
      header: neighbourHeader(AddressFamily.inet, interface, state: 0, flags: 0)
    )
    try message.attribute(NeighbourAttribute.destination, address.bytes)
    return message
  }

  /// Says behind which port of a bridge a hardware address is (NUD_NOARP and NTF_MASTER: neither learned nor local).
  static func addStation(_ hardware: MACAddress, port: Int32, _ name: String) throws(NetlinkError) -> NetlinkMessage {
    var message = NetlinkMessage(
      "fix \(hardware) at the port \(name)",
      type: RouteMessage.newNeighbour,
      flags: NetlinkFlag.create | NetlinkFlag.replace,
      header: neighbourHeader(AddressFamily.bridge, port, state: 0x40, flags: 0x04)
    )
    try message.attribute(NeighbourAttribute.linkLayerAddress, hardware.bytes)
    return message
  }
}
