import Linux

/// Why a pod cannot have its network, with what to do about it.
public enum NetworkError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kernel refused a request.
  case netlink(NetlinkError)
  /// A system call failed; `subject` says on what.
  case system(SyscallError, subject: String)
  /// nftables' program is not there.
  case firewallMissing(lookedIn: [String])
  /// nftables refused a transaction, or did not come to an end.
  case firewallRefused(String)
  /// Every network that may be used is used by this host.
  case noFreeNetwork(candidates: Int)
  /// The network was given out, and meanwhile something else on the host uses it.
  case networkTaken(IPv4Network, by: String)
  /// All addresses are in use.
  case addressesExhausted(IPv4Network)
  /// A pod's name that cannot name a file.
  case invalidPod(String)
  /// The bridge's name belongs to something else.
  case foreignInterface(name: String, kind: String)
  /// The kernel does not guard a bridge's port as it was told to.
  case unguardedPort(String)
  /// Something cannot be removed while pods use it.
  case inUse(pods: Int)

  /// One sentence.
  public var description: String {
    switch self {
    case .netlink(let error): "pod network: \(error)"
    case .system(let error, let subject): "pod network: \(subject): \(error)"
    case .firewallMissing(let folders):
      "pod network: the program nft is in none of \(folders.joined(separator: ", ")): install the package nftables,"
        + " or use hostNetwork: true"
    case .firewallRefused(let text): "pod network: nft failed: \(text)"
    case .noFreeNetwork(let count):
      "pod network: each of the \(count) networks of network.podCIDRs overlaps a route or an address of this host:"
        + " name one that is free in network.podCIDRs"
    case .networkTaken(let network, let user):
      "pod network: pods have addresses of \(network), and \(user) uses it now: end one of the two"
    case .addressesExhausted(let network): "pod network: every address of \(network) is in use by a pod"
    case .invalidPod(let uid):
      "pod network: \"\(uid)\" is no UID of a pod: expected 1 to 200 letters, digits, '-', '_' or '.'"
    case .foreignInterface(let name, let kind):
      "pod network: the interface \(name) is there and not ours (\(kind)): rename it, or use another --state-dir"
    case .unguardedPort(let name):
      "pod network: the bridge does not guard its port \(name) (isolated, locked): Linux 5.18 or later is needed"
    case .inUse(let pods): "pod network: \(pods) pods have addresses: end them first"
    }
  }
}

/// Runs requests to the kernel, with their error as one of this module's.
func netlink<Value: ~Copyable>(_ body: () throws(NetlinkError) -> Value) throws(NetworkError) -> Value {
  do throws(NetlinkError) { return try body() } catch { throw .netlink(error) }
}

/// Runs system calls about one thing.
func about<Value: ~Copyable>(
  _ subject: @autoclosure () -> String,
  _ body: () throws(SyscallError) -> Value
) throws(NetworkError) -> Value {
  do throws(SyscallError) { return try body() } catch { throw .system(error, subject: subject()) }
}
