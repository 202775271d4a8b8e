import Glibc
import JSONText
import Linux
import Synchronization

/// The parts of the host that all pods share. The caller holds the ledger's lock.
extension PodNetwork {
  private static let choice = "network.json"

  // MARK: The bridge

  /// Finds the bridge and the network as far as they are there.
  func findBridge(_ host: inout Host) throws(NetworkError) {
    let link = try self.link(instance, &host)
    let kept = try keptNetwork()
    if let network = kept ?? link.flatMap(network(of:)) { host.network = network }
    if let link, link.address == MACAddress(for: host.network.gateway) { host.bridge = link.index }
  }

  /// Finds the bridge, or makes it. That it is up says that it is complete.
  func ensureBridge(_ host: inout Host) throws(NetworkError) {
    var excluded: [IPv4Network] = []
    // Each time round excludes one network that another instance was quicker to claim.
    while true {
      let link = try self.link(instance, &host)
      let known = try keptNetwork()
      let kept = known ?? link.flatMap(network(of:))
      let network: IPv4Network
      if let kept { network = kept } else { network = try choose(&host, excluding: excluded) }
      if let link {
        guard link.kind == "bridge", link.address == MACAddress(for: network.gateway) else {
          throw .foreignInterface(
            name: instance,
            kind: "\(link.kind ?? "a device"), \(link.address?.description ?? "")"
          )
        }
      }
      try keep(network)
      if let link, link.isUp {
        host.bridge = link.index
        host.network = network
        return
      }
      if try makeBridge(network, isThere: link != nil, &host) { return }
      try delete(instance, &host)
      guard try about(ledger.path, { () throws(SyscallError) in try ledger.isEmpty }) else {
        throw .networkTaken(network, by: "another interface")
      }
      excluded.append(network)
      unlink("\(configuration.directory)/\(Self.choice)")
    }
  }

  /// `false` where the network is somebody else's.
  private func makeBridge(_ network: IPv4Network, isThere: Bool, _ host: inout Host) throws(NetworkError) -> Bool {
    let gateway = network.gateway
    if !isThere {
      try netlink { () throws(NetlinkError) in
        _ = try host.socket.transact([LinkRequest.makeBridge(instance, address: MACAddress(for: gateway))])
      }
    }
    guard let link = try link(instance, &host) else { throw .foreignInterface(name: instance, kind: "it went again") }
    try about(instance) { () throws(SyscallError) in
      try InterfaceSettings.secureBridge(instance, hasIPv6: hasIPv6)
    }
    try netlink { () throws(NetlinkError) in
      _ = try host.socket.transact([
        RouteRequest.addAddress(gateway, prefixLength: network.prefixLength, interface: link.index)
      ])
    }
    // The address first, then the claim, which only one can make: whoever comes second sees the other's address.
    if try !claim(network, bridge: link.index, &host) { return false }
    try netlink { () throws(NetlinkError) in
      _ = try host.socket.transact([LinkRequest.bringUp(index: link.index, instance)])
    }
    host.bridge = link.index
    host.network = network
    return true
  }

  private func claim(_ network: IPv4Network, bridge: Int32, _ host: inout Host) throws(NetworkError) -> Bool {
    try netlink { () throws(NetlinkError) in
      do throws(NetlinkError) {
        _ = try host.socket.transact([RouteRequest.claim(network)])
        return true
      } catch {
        if error.errno != EEXIST { throw error }
        // Our own from before a crash, unless somebody has an address there.
        return try !host.socket.addresses().contains { $0.interface != bridge && $0.network.overlaps(network) }
      }
    }
  }

  func link(_ name: String, _ host: inout Host) throws(NetworkError) -> Link? {
    try netlink { () throws(NetlinkError) in try host.socket.link(name) }
  }

  /// Deletes an interface; one that is not there is no error.
  func delete(_ name: String, _ host: inout Host) throws(NetworkError) {
    try netlink { () throws(NetlinkError) in
      _ = try host.socket.transact([LinkRequest.delete(name)], tolerating: [ENODEV])
    }
  }

  // MARK: The network

  /// The one that a bridge of ours serves, whose record is lost.
  private func network(of link: Link) -> IPv4Network? {
    NetworkChoice.candidates(configuration.networks).first { MACAddress(for: $0.gateway) == link.address }
  }

  private func choose(_ host: inout Host, excluding: [IPv4Network]) throws(NetworkError) -> IPv4Network {
    let candidates = NetworkChoice.candidates(configuration.networks)
    var used = Set(excluding)
    try netlink { () throws(NetlinkError) in
      for address in try host.socket.addresses() { used.insert(address.network) }
      try host.socket.eachRoute { route in
        // Only what can be in the way: a host with the whole Internet's table has a million others.
        if candidates.contains(where: { $0.overlaps(route.destination) }) { used.insert(route.destination) }
      }
    }
    guard let free = NetworkChoice.firstFree(candidates, used: Array(used)) else {
      throw .noFreeNetwork(candidates: candidates.count)
    }
    return free
  }

  private func keptNetwork() throws(NetworkError) -> IPv4Network? {
    let name = "\(configuration.directory)/\(Self.choice)"
    do throws(SyscallError) {
      let bytes = try readRegularFile(AT_FDCWD, name, limit: 1 << 16)
      // Whatever is wrong with it, the answer is the same.
      if let value = try? JSONValue(parsing: bytes),
        let network = value["network"]?.string.flatMap({ IPv4Network($0) }),
        (1...NetworkChoice.smallest).contains(network.prefixLength)
      {
        return network
      }
    } catch {
      if error.errno == ENOENT { return nil }
      if error.errno != EINVAL && error.errno != EFBIG { throw .system(error, subject: name) }
    }
    let aside = "\(name).damaged.\(Clock.monotonicNanoseconds())"
    try about(name) { () throws(SyscallError) in _ = try check("rename") { rename(name, aside) } }
    configuration.notice("\(name) cannot be understood and was set aside as \(aside)")
    return nil
  }

  private func keep(_ network: IPv4Network) throws(NetworkError) {
    if try keptNetwork() == network { return }
    let value = JSONValue.object([
      JSONMember("version", .integer(1)), JSONMember("network", .string("\(network)")),
    ])
    try about(configuration.directory) { () throws(SyscallError) in
      let directory = try openDirectory(AT_FDCWD, configuration.directory)
      try replaceFile(in: directory.raw, named: Self.choice, with: value.serialized(), durability: .synced)
    }
  }

  // MARK: Uplinks

  /// Uplinks are the interfaces with a route over a router, or to everywhere.
  func findUplinks(_ host: inout Host) throws(NetworkError) {
    var indexes: Set<Int32> = []
    let bridge = host.bridge
    let links = try netlink { () throws(NetlinkError) -> [Link] in
      try host.socket.eachRoute { route in
        guard route.kind == RouteKind.unicast, route.table == UInt32(mainTable), let interface = route.interface,
          interface != bridge, route.hasGateway || route.destination.prefixLength == 0
        else { return }
        indexes.insert(interface)
      }
      var links: [Link] = []
      for index in indexes.sorted() { if let link = try host.socket.link(index: index) { links.append(link) } }
      return links
    }
    host.uplinks = links.map(\.name).sorted()
    // IPv6 will want 1280, and what is shorter than that is broken anyway.
    host.mtu = links.compactMap(\.mtu).min().map { min(max($0, 1280), 65_535) } ?? 1500
    let opened = try about("forwarding") { () throws(SyscallError) in try openedByUs(host.uplinks) }
    host.document = FirewallDocument(instance: instance, network: host.network, opened: opened)
  }

  /// The uplinks that forward, or will, only because of us. None where somebody made the host a router.
  private func openedByUs(_ uplinks: [String]) throws(SyscallError) -> [String] {
    if try InterfaceSettings.isRouter { return [] }
    let opened = try forwarding.opened()
    var result: [String] = []
    for uplink in uplinks {
      let forwards = try InterfaceSettings.forwards(uplink)
      if forwards == false || opened.contains(uplink) { result.append(uplink) }
    }
    return result
  }

  private var marker: String { ledger.path + "/forwarding" }

  /// Whether the uplinks forward for this instance: since its first pod, in this boot.
  var isForwarding: Bool {
    var buffer = [CChar](repeating: 0, count: 64)
    let count = readlink(marker, &buffer, buffer.count)
    return count > 0 && buffer.prefix(count).map { UInt8(bitPattern: $0) } == Array(boot.utf8)
  }

  func openUplinks(_ uplinks: [String]) throws(NetworkError) {
    try about("forwarding of \(uplinks.joined(separator: ", "))") { () throws(SyscallError) in
      try forwarding.open(uplinks, for: instance)
      unlink(marker)
      try check("symlink") { symlink(boot, marker) }
    }
  }

  func closeUplinks() throws(NetworkError) {
    try about("forwarding") { () throws(SyscallError) in
      try forwarding.close(for: instance)
      unlink(marker)
    }
  }
}
