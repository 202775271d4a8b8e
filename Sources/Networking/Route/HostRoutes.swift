import Glibc

/// A route of this host.
public struct Route: Sendable, Hashable {
  /// Where it leads; `nil` where it has no destination that is a network.
  public let destination: IPv4Network
  /// The interface, where it is one.
  public let interface: Int32?
  /// Whether a router comes next.
  public let hasGateway: Bool
  /// Its kind (`RTN_…`).
  public let kind: UInt8
  /// Its table.
  public let table: UInt32
  /// Who made it (`RTPROT_…`).
  public let origin: UInt8

  /// Reads a message; `nil` for one of another type.
  init?(_ reply: NetlinkReply) throws(NetlinkError) {
    guard reply.type == RouteMessage.newRoute, reply.number(at: 0) == AddressFamily.inet,
      let length: UInt8 = reply.number(at: 1), let table: UInt8 = reply.number(at: 4),
      let origin: UInt8 = reply.number(at: 5), let kind: UInt8 = reply.number(at: 7)
    else { return nil }
    let attributes = try reply.attributes(after: 12)
    let base = attributes[RouteAttribute.destination].flatMap { IPv4Address(bytes: $0) } ?? IPv4Address(0)
    guard let destination = IPv4Network(base, prefixLength: Int(length)) else { return nil }
    self.destination = destination
    // A route over several links has its first one here.
    let hop = attributes[RouteAttribute.multipath]
    interface =
      attributes.number(RouteAttribute.outputInterface)
      ?? hop.flatMap { nativeNumber($0.dropFirst(4).prefix(4)) }
    hasGateway = attributes[RouteAttribute.gateway] != nil || hop != nil
    self.kind = kind
    self.table = attributes.number(RouteAttribute.table) ?? UInt32(table)
    self.origin = origin
  }
}

/// An IPv4 address of this host with its network.
public struct InterfaceAddress: Sendable, Hashable {
  /// The interface's number.
  public let interface: Int32
  /// The address.
  public let address: IPv4Address
  /// Its network.
  public let network: IPv4Network

  /// Reads a message; `nil` for one of another type.
  init?(_ reply: NetlinkReply) throws(NetlinkError) {
    guard reply.type == RouteMessage.newAddress, reply.number(at: 0) == AddressFamily.inet,
      let length: UInt8 = reply.number(at: 1), let interface: Int32 = reply.number(at: 4)
    else { return nil }
    let attributes = try reply.attributes(after: 8)
    guard
      let address = (attributes[AddressAttribute.local] ?? attributes[AddressAttribute.address]).flatMap({
        IPv4Address(bytes: $0)
      }),
      let network = IPv4Network(address, prefixLength: Int(length))
    else { return nil }
    self.interface = interface
    self.address = address
    self.network = network
  }
}

extension NetlinkSocket {
  /// Every IPv4 route of the namespace, one at a time.
  mutating func eachRoute(_ body: (Route) throws(NetlinkError) -> Void) throws(NetlinkError) {
    try dump(RouteRequest.listRoutes()) { (reply) throws(NetlinkError) in
      if let route = try Route(reply) { try body(route) }
    }
  }

  /// Every IPv4 address of the namespace.
  mutating func addresses() throws(NetlinkError) -> [InterfaceAddress] {
    var addresses: Set<InterfaceAddress> = []
    try dump(RouteRequest.listAddresses()) { (reply) throws(NetlinkError) in
      if let address = try InterfaceAddress(reply) { addresses.insert(address) }
    }
    return Array(addresses)
  }

  /// Every interface of the namespace, by number.
  mutating func links() throws(NetlinkError) -> [Int32: Link] {
    var links: [Int32: Link] = [:]
    try dump(LinkRequest.list()) { (reply) throws(NetlinkError) in
      if let link = try Link(reply) { links[link.index] = link }
    }
    return links
  }

  /// One interface; `nil` if there is none of that name.
  mutating func link(_ name: String) throws(NetlinkError) -> Link? { try link(LinkRequest.get(name)) }

  /// One interface; `nil` if there is none of that number.
  mutating func link(index: Int32) throws(NetlinkError) -> Link? { try link(LinkRequest.get(index: index)) }

  private mutating func link(_ request: NetlinkMessage) throws(NetlinkError) -> Link? {
    do throws(NetlinkError) {
      for reply in try transact([request]) { if let link = try Link(reply) { return link } }
      return nil
    } catch {
      if error.errno == ENODEV { return nil }
      throw error
    }
  }
}
