/// A network interface as the kernel describes it.
public struct Link: Sendable, Hashable {
  /// Its number in its namespace.
  public let index: Int32
  /// Its name.
  public let name: String
  /// Its flags (`IFF_…`).
  public let flags: UInt32
  /// `bridge`, `veth`, …; `nil` for a device.
  public let kind: String?
  /// Its hardware address.
  public let address: MACAddress?
  /// The bridge or the like that it belongs to.
  public let master: Int32?
  /// The longest packet in bytes.
  public let mtu: UInt32?
  /// What the bridge lets through, if it is a bridge's port.
  let port: PodPort?

  /// Whether it is up.
  public var isUp: Bool { flags & LinkFlag.up != 0 }

  /// Reads a message; `nil` for one of another type.
  init?(_ reply: NetlinkReply) throws(NetlinkError) {
    guard reply.type == RouteMessage.newLink, let index: Int32 = reply.number(at: 4),
      let flags: UInt32 = reply.number(at: 8)
    else { return nil }
    let attributes = try reply.attributes(after: 16)
    let info = try attributes.nested(LinkAttribute.info)
    self.index = index
    self.flags = flags
    name = attributes.text(LinkAttribute.name) ?? ""
    kind = info.text(LinkAttribute.kind)
    address = attributes[LinkAttribute.address].flatMap { MACAddress(bytes: $0) }
    master = attributes.number(LinkAttribute.master)
    mtu = attributes.number(LinkAttribute.mtu)
    port =
      info.text(LinkAttribute.slaveKind) == "bridge"
      ? PodPort(try info.nested(LinkAttribute.slaveData)) : nil
  }
}

/// What the bridge lets through one of its ports. This is where a pod that may send raw packets is kept from speaking for
/// others (CVE-2020-10749, CVE-2020-13401): by the kernel's bridge itself, so that it costs no rule per pod and holds while
/// somebody empties nftables.
struct PodPort: Sendable, Hashable {
  /// A frame goes to the host and to no other pod: pods reach each other as hosts do, through a router. A pod cannot answer
  /// for a neighbour, advertise a router to it, or send it anything that the host does not forward.
  var isIsolated = true
  /// Frames whose sender is not this port's pod are dropped: the table of addresses has one permanent entry for it
  /// (Linux 5.18).
  var isLocked = true
  /// The bridge learns no address from frames: the entry is the only one.
  var learns = false
  /// What is for nobody known is not sent to everybody.
  var floods = false

  /// By attribute, as the kernel takes them.
  var attributes: [(UInt16, Bool)] {
    [
      (LinkAttribute.portIsolated, isIsolated), (LinkAttribute.portLocked, isLocked),
      (LinkAttribute.portLearning, learns), (LinkAttribute.portUnicastFlood, floods),
      (LinkAttribute.portMulticastFlood, floods), (LinkAttribute.portBroadcastFlood, floods),
    ]
  }

  /// A port's default is everything that `PodPort()` is not.
  init() {}

  /// As the kernel reports it. What it does not report it does not know.
  init(_ attributes: NetlinkAttributes) {
    func isOn(_ attribute: UInt16) -> Bool { attributes.number(attribute, as: UInt8.self) == 1 }
    isIsolated = isOn(LinkAttribute.portIsolated)
    isLocked = isOn(LinkAttribute.portLocked)
    learns = isOn(LinkAttribute.portLearning)
    floods =
      isOn(LinkAttribute.portUnicastFlood) || isOn(LinkAttribute.portMulticastFlood)
      || isOn(LinkAttribute.portBroadcastFlood)
  }
}
