import Glibc
import Linux
import Synchronization

/// The network of an instance's pods: one bridge, a cable from it into each pod, an address for each that is kept on disk,
/// and one table of nftables.
///
/// The bridge carries nothing from pod to pod: its ports are isolated and admit one sender each, and the host routes between
/// them. So nobody can speak for a neighbour or for the gateway, what decides about packets sees all of them, and a pod costs
/// four entries in the kernel and no rule. Every process of a state directory may use it at the same time.
public final class PodNetwork: Sendable {
  /// What it is made from.
  public struct Configuration: Sendable {
    /// The instance's name, which the bridge and the table get; at most 10 characters.
    public var instance: String
    /// Where the choice of the network and the addresses that outlive a reboot are kept: a directory of the instance's
    /// state that nothing else uses.
    public var directory: String
    /// Where everything else is kept, until reboot: a directory of the instance's run directory that nothing else uses.
    public var runDirectory: String
    /// Networks to choose from, in their order.
    public var networks: [IPv4Network]
    /// Where it is recorded which uplinks forward because of us. All instances of a machine share it.
    public var forwardingDirectory: String
    /// Told of what was damaged and set aside.
    public var notice: @Sendable (String) -> Void
    /// Called after each step of an attachment.
    package var step: @Sendable (AttachStep) -> Void = { _ in }

    /// Makes one.
    public init(
      instance: String,
      directory: String,
      runDirectory: String,
      networks: [IPv4Network] = NetworkChoice.standard,
      forwardingDirectory: String = "/run/swiftlet-forwarding",
      notice: @escaping @Sendable (String) -> Void = { _ in }
    ) {
      self.instance = instance
      self.directory = directory
      self.runDirectory = runDirectory
      self.networks = networks
      self.forwardingDirectory = forwardingDirectory
      self.notice = notice
    }
  }

  /// What was found out about the host.
  struct Host: ~Copyable {
    var socket: NetlinkSocket
    var network: IPv4Network
    var bridge: Int32 = 0
    var uplinks: [String] = []
    var mtu: UInt32 = 1500
    var document: FirewallDocument
    /// For questions about the table.
    var filter: NetlinkSocket
    /// The table that was right when it was last looked at.
    var identity: FirewallTable.Identity?
  }

  let configuration: Configuration
  let ledger: AddressLedger
  let table: FirewallTable
  let forwarding: UplinkForwarding
  let boot: String
  let hasIPv6 = InterfaceSettings.hasIPv6
  let host: Mutex<Host>

  var instance: String { configuration.instance }

  /// Makes whatever of the network is not there yet: the choice of a network, the bridge, the table. A call that finds all
  /// of it costs a few questions to the kernel.
  public convenience init(_ configuration: Configuration) throws(NetworkError) {
    try self.init(existing: configuration)
    try refresh()
  }

  /// Finds what is there and makes nothing, for detaching pods and tearing down after a crash.
  public init(existing configuration: Configuration) throws(NetworkError) {
    guard (1...10).contains(configuration.instance.utf8.count), AddressLedger.isValid(configuration.instance) else {
      throw .foreignInterface(name: configuration.instance, kind: "a name of 1 to 10 characters is needed")
    }
    self.configuration = configuration
    let boot = try about("the boot's identity", bootID)
    self.boot = boot
    ledger = try about(configuration.runDirectory) { () throws(SyscallError) in
      try AddressLedger(
        path: configuration.runDirectory,
        durable: configuration.directory,
        boot: boot,
        notice: configuration.notice
      )
    }
    table = FirewallTable(path: configuration.runDirectory, boot: boot)
    forwarding = UplinkForwarding(path: configuration.forwardingDirectory, boot: boot)
    // Until one is known: it has no pods.
    guard let nothing = IPv4Network(IPv4Address(0), prefixLength: 32) else { throw .noFreeNetwork(candidates: 0) }
    host = Mutex(
      Host(
        socket: try netlink { () throws(NetlinkError) in try NetlinkSocket() },
        network: nothing,
        document: FirewallDocument(instance: configuration.instance, network: nothing, opened: []),
        filter: try netlink { () throws(NetlinkError) in try NetlinkSocket(.netfilter) }
      )
    )
    try host.withLock { (host) throws(NetworkError) in try findBridge(&host) }
  }

  /// The network of the pods.
  public var network: IPv4Network { host.withLock { $0.network } }

  /// Makes what is missing again: after the host's routes have changed, or somebody has emptied nftables or deleted the
  /// bridge. The pods' own entries are not part of it.
  public func refresh() throws(NetworkError) {
    let lock = try about(ledger.path, ledger.lock)
    defer { withExtendedLifetime(lock) {} }
    try host.withLock { (host) throws(NetworkError) in try refresh(&host) }
  }

  func refresh(_ host: inout Host) throws(NetworkError) {
    try ensureBridge(&host)
    try findUplinks(&host)
    host.identity = try table.ensure(host.document, &host.filter)
    // The uplinks may be others than those at the first pod's start.
    if isForwarding { try openUplinks(host.uplinks) }
  }

  /// Every pod that has an address, by UID.
  public func pods() throws(NetworkError) -> [String] {
    try about(ledger.path) { () throws(SyscallError) in try ledger.all }
  }

  /// The address of a pod; `nil` if it has none.
  public func address(of uid: String) throws(NetworkError) -> PodAddress? {
    guard AddressLedger.isValid(uid) else { throw .invalidPod(uid) }
    let network = network
    guard case .address(let address) = try about(uid, { () throws(SyscallError) in try ledger.entry(of: uid) }),
      network.contains(address)
    else { return nil }
    return PodAddress(address, in: network, instance: instance)
  }
}
