import Glibc

/// The network namespace of a sandbox, and a way to configure it. Descriptors are closed when the last reference goes.
public final class SandboxNetwork: Sendable {
  /// The namespace, for `IFLA_NET_NS_FD` and `setns(2)`.
  public let namespace: Int32
  /// A `NETLINK_ROUTE` socket that was opened inside the namespace and therefore speaks for it.
  public let routing: Int32

  /// Takes ownership of the descriptors.
  public init(namespace: Int32, routing: Int32) {
    self.namespace = namespace
    self.routing = routing
  }

  deinit {
    close(namespace)
    close(routing)
  }
}
