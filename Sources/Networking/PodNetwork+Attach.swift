import CLinux
import Glibc
import Linux
import Synchronization

extension PodNetwork {
  /// Gives a pod its network: an address, and an `eth0` in its namespace with a route to everywhere.
  ///
  /// A pod that has an address already, from before a reboot or a crash, keeps it. Whatever fails, nothing is left. One pod
  /// is attached or detached by one caller at a time; different ones by as many as like.
  ///
  /// - Parameters:
  ///   - uid: the pod's UID.
  ///   - namespace: its network namespace (`/proc/<pid>/ns/net`); borrowed.
  ///   - inside: a netlink socket that was opened inside it; borrowed, and nobody else uses it meanwhile.
  ///   - durability: whether the address must survive a reboot, as that of a pod which comes back after one must. It costs
  ///     what the disk takes for a sync.
  public func attach(
    pod uid: String,
    namespace: Int32,
    inside: Int32,
    durability: Durability = .synced
  ) throws(NetworkError) -> PodAddress {
    guard AddressLedger.isValid(uid) else { throw .invalidPod(uid) }
    do throws(NetworkError) {
      let pod = try allocate(uid)
      configuration.step(.allocated)
      if durability == .synced {
        try about(configuration.directory) { () throws(SyscallError) in try ledger.persist(uid, pod.address) }
      }
      configuration.step(.synced)
      if try !host.withLock({ (host) throws(NetworkError) in try connect(pod, namespace, &host) }) {
        try refresh()
        guard try host.withLock({ (host) throws(NetworkError) in try connect(pod, namespace, &host) }) else {
          throw .foreignInterface(name: instance, kind: "a bridge that goes away")
        }
      }
      configuration.step(.host)
      try configure(pod, inside)
      configuration.step(.inside)
      try host.withLock { (host) throws(NetworkError) in try awaitCarrier(pod, &host) }
      return pod
    } catch {
      // The first error is the one to tell; what is left now, the next detachment removes.
      try? detach(pod: uid)
      throw error
    }
  }

  /// Takes a pod's network away. It needs to know nothing of how the pod was attached, or how far that had come; a pod that
  /// has none is no error.
  public func detach(pod uid: String, cable: CableRemoval = .now) throws(NetworkError) {
    guard AddressLedger.isValid(uid) else { throw .invalidPod(uid) }
    let address = try ownedAddress(uid)
    if let address {
      try host.withLock { (host) throws(NetworkError) in try disconnect(address, cable, &host) }
    }
    let lock = try about(ledger.path, ledger.lock)
    defer { withExtendedLifetime(lock) {} }
    try about(uid) { () throws(SyscallError) in try ledger.release(uid, address) }
    if try about(ledger.path, { () throws(SyscallError) in try ledger.isEmpty }) { try closeUplinks() }
  }

  /// Removes the bridge, the table and every cable, and puts the host's settings back. The choice of the network is kept.
  /// Safe to call twice, and after a crash in the middle of it. Throws ``NetworkError/inUse(pods:)`` while pods have
  /// addresses.
  public func tearDown() throws(NetworkError) {
    let lock = try about(ledger.path, ledger.lock)
    defer { withExtendedLifetime(lock) {} }
    let left = try pods()
    if !left.isEmpty { throw .inUse(pods: left.count) }
    try closeUplinks()
    try about(ledger.path) { () throws(SyscallError) in try ledger.removeOrphans() }
    try host.withLock { (host) throws(NetworkError) in
      if let bridge = try link(instance, &host), bridge.kind == "bridge",
        bridge.address == MACAddress(for: host.network.gateway)
      {
        let links = try netlink { () throws(NetlinkError) in try host.socket.links() }
        for cable in links.values where cable.master == bridge.index { try delete(cable.name, &host) }
        let network = host.network
        try netlink { () throws(NetlinkError) in
          _ = try host.socket.transact([RouteRequest.unclaim(network)], tolerating: [ESRCH])
        }
        try delete(instance, &host)
      }
      try table.remove(host.document, &host.filter)
    }
  }

  // MARK: Addresses

  private func allocate(_ uid: String) throws(NetworkError) -> PodAddress {
    let lock = try about(ledger.path, ledger.lock)
    defer { withExtendedLifetime(lock) {} }
    return try host.withLock { (host) throws(NetworkError) in
      // Somebody may have emptied nftables, or torn this network down.
      let identity = try table.identity(host.document, &host.filter)
      if identity == nil || identity != host.identity { try refresh(&host) }
      let network = host.network
      let owned = try ownedAddress(uid)
      // What a crash may have left. A pod that never had an address left nothing.
      if let owned { try disconnect(owned, .now, &host) }
      let kept = try keptAddress(uid, owned, network)
      let address = try about(ledger.path) { () throws(SyscallError) -> IPv4Address? in
        if let kept { return kept }
        return try ledger.allocate(uid, in: network, lock: lock.raw)
      }
      guard let address else { throw .addressesExhausted(network) }
      if !isForwarding { try openUplinks(host.uplinks) }
      return PodAddress(address, in: network, instance: instance)
    }
  }

  /// The address that a pod has from before. One that somebody else has by now is none.
  private func keptAddress(
    _ uid: String,
    _ owned: IPv4Address?,
    _ network: IPv4Network
  ) throws(NetworkError) -> IPv4Address? {
    let isComplete = try about(uid) { () throws(SyscallError) -> Bool in
      guard let owned, network.contains(owned), try ledger.pod(at: owned) == uid else { return false }
      return try ledger.entry(of: uid) == .address(owned)
    }
    if isComplete { return owned }
    try about(uid) { () throws(SyscallError) in try ledger.release(uid, owned) }
    return nil
  }

  /// The address whose objects in the kernel belong to this pod.
  private func ownedAddress(_ uid: String) throws(NetworkError) -> IPv4Address? {
    var notice: String?
    let address = try about(uid) { () throws(SyscallError) -> IPv4Address? in
      switch try ledger.entry(of: uid) {
      case .none: return nil
      case .address(let address):
        // Nobody's: a crash came between the two links, or the address's own is damaged.
        let owner = try ledger.pod(at: address)
        return owner == nil || owner == uid ? address : nil
      case .damaged:
        let aside = try ledger.setAside(uid)
        notice = "\(ledger.path)/pods/\(uid) names no address and was set aside as \(aside)"
        return try ledger.search(uid)
      }
    }
    if let notice { configuration.notice(notice) }
    return address
  }

  // MARK: The kernel's objects

  /// `false` where the bridge is gone.
  private func connect(_ pod: PodAddress, _ namespace: Int32, _ host: inout Host) throws(NetworkError) -> Bool {
    let port: Int32
    do throws(NetworkError) { port = try makeCable(pod, namespace, &host) } catch {
      guard case .netlink(let refusal) = error else { throw error }
      if try link(instance, &host)?.index != host.bridge { return false }
      if refusal.errno != EEXIST { throw error }
      // An address that was taken back while its cable was still waiting for its namespace to go.
      try delete(pod.cable, &host)
      port = try makeCable(pod, namespace, &host)
    }
    configuration.step(.cable)
    let bridge = host.bridge
    // Up last: nothing passes before the port is guarded and everybody's place is fixed.
    try netlink { () throws(NetlinkError) in
      _ = try host.socket.transact([
        RouteRequest.addStation(pod.hardware, port: port, pod.cable),
        RouteRequest.addNeighbour(pod.address, at: pod.hardware, interface: bridge),
        RouteRequest.addPod(pod.address, bridge: bridge),
        LinkRequest.bringUp(index: port, pod.cable),
      ])
    }
    return true
  }

  /// The number of the host's end, which is guarded and down.
  private func makeCable(_ pod: PodAddress, _ namespace: Int32, _ host: inout Host) throws(NetworkError) -> Int32 {
    let (bridge, mtu) = (host.bridge, host.mtu)
    let link = try netlink { () throws(NetlinkError) -> Link? in
      let replies = try host.socket.transact([
        LinkRequest.makeCable(
          pod.cable,
          bridge: bridge,
          hostAddress: MACAddress(hostSideOf: pod.address),
          podAddress: pod.hardware,
          namespace: namespace,
          mtu: mtu
        ),
        LinkRequest.guardPort(pod.cable, PodPort(), hasIPv6: hasIPv6),
        LinkRequest.get(pod.cable),
      ])
      for reply in replies { if let link = try Link(reply) { return link } }
      return nil
    }
    // A kernel ignores attributes that it does not know.
    guard let link, link.port == PodPort() else { throw .unguardedPort(pod.cable) }
    return link.index
  }

  /// In the pod: `lo` and `eth0` up, the address, the way out.
  private func configure(_ pod: PodAddress, _ inside: Int32) throws(NetworkError) {
    try netlink { () throws(NetlinkError) in
      let copy = try system { () throws(SyscallError) in try duplicate(inside) }
      var socket = try NetlinkSocket(adopting: copy)
      var questions = [LinkRequest.bringUp(index: 1, "lo")]
      if hasIPv6 { questions.append(try LinkRequest.quieten("eth0")) }
      questions.append(try LinkRequest.get("eth0"))
      var interface: Int32?
      for reply in try socket.transact(questions) { if let link = try Link(reply) { interface = link.index } }
      guard let interface else { throw .malformed("eth0 is not in the pod's namespace") }
      _ = try socket.transact([
        RouteRequest.addAddress(pod.address, prefixLength: 32, interface: interface),
        RouteRequest.addNeighbour(pod.gateway, at: MACAddress(for: pod.gateway), interface: interface),
        LinkRequest.bringUp(index: interface, "eth0"),
        RouteRequest.addDefault(gateway: pod.gateway, interface: interface),
      ])
    }
  }

  /// The bridge opens a port some time after the cable's other end is up, when the kernel gets round to it, and until then
  /// loses what the pod sends: a second of the pod's time. Asking for the link makes it happen now (Linux 6.8; before, it
  /// takes part of a millisecond).
  private func awaitCarrier(_ pod: PodAddress, _ host: inout Host) throws(NetworkError) {
    guard try link(pod.cable, &host) != nil else { throw .foreignInterface(name: pod.cable, kind: "it went again") }
  }

  private func disconnect(_ address: IPv4Address, _ cable: CableRemoval, _ host: inout Host) throws(NetworkError) {
    let (bridge, network) = (host.bridge, host.network)
    try netlink { () throws(NetlinkError) in
      var requests = [
        try RouteRequest.deletePod(address, bridge: bridge),
        try RouteRequest.deleteNeighbour(address, interface: bridge),
      ]
      if cable == .now {
        requests.append(try LinkRequest.delete(PodAddress.cable(address, in: network, instance: instance)))
      }
      // Whatever was not made, or is gone with the bridge.
      _ = try host.socket.transact(requests, tolerating: [ENODEV, ENOENT, ESRCH, EINVAL, ENETUNREACH])
    }
  }
}

/// Another descriptor of an open file whose descriptor belongs to somebody else.
private func duplicate(_ descriptor: Int32) throws(SyscallError) -> OwnedFD {
  OwnedFD(try check("fcntl(F_DUPFD_CLOEXEC)") { lx_fcntl_int(descriptor, F_DUPFD_CLOEXEC, 3) })
}
