import CLinux

/// A network namespace in which no process is: it exists as long as one of its descriptors does.
public struct NetworkNamespace: ~Copyable {
  /// For `IFLA_NET_NS_FD` and `setns(2)`.
  public let descriptor: OwnedFD
  /// A `NETLINK_ROUTE` socket that was opened inside and therefore speaks for it.
  public let routing: OwnedFD

  /// Makes one (`unshare(2)`, CLONE_NEWNET), whose `lo` is down.
  public init() throws(SyscallError) {
    var (namespace, routing): (Int32, Int32) = (-1, -1)
    try check("unshare(CLONE_NEWNET)") { lx_make_network(&namespace, &routing) }
    descriptor = OwnedFD(namespace)
    self.routing = OwnedFD(routing)
  }

  /// Gives both descriptors away.
  public consuming func release() -> (namespace: Int32, routing: Int32) { (descriptor.release(), routing.release()) }
}
