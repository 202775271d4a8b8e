import Glibc
import Linux

/// Settings of one interface under `/proc/sys/net`, which shows the network namespace of whoever reads it.
enum InterfaceSettings {
  private static func path(_ family: String, _ interface: String, _ name: String) -> String {
    "/proc/sys/net/\(family)/conf/\(interface)/\(name)"
  }

  /// Whether this kernel has IPv6.
  static var hasIPv6: Bool { access("/proc/sys/net/ipv6/conf/all", F_OK) == 0 }

  /// Whether the host forwards between all its interfaces anyway.
  static var isRouter: Bool {
    get throws(SyscallError) { try readKernelFile(AT_FDCWD, "/proc/sys/net/ipv4/ip_forward", limit: 16) == "1" }
  }

  /// Whether an interface is there.
  static func exists(_ interface: String) -> Bool {
    access("/proc/sys/net/ipv4/conf/" + interface, F_OK) == 0
  }

  /// Whether packets that arrive at an interface are forwarded; `nil` where it is not there.
  static func forwards(_ interface: String) throws(SyscallError) -> Bool? {
    do throws(SyscallError) {
      return try readKernelFile(AT_FDCWD, path("ipv4", interface, "forwarding"), limit: 16) == "1"
    } catch {
      if error.errno == ENOENT { return nil }
      throw error
    }
  }

  /// Sets it; an interface that is not there is no error.
  static func setForwarding(_ interface: String, _ value: Bool) throws(SyscallError) {
    do throws(SyscallError) {
      try writeKernelFile(AT_FDCWD, path("ipv4", interface, "forwarding"), value ? "1" : "0")
    } catch {
      if error.errno != ENOENT { throw error }
    }
  }

  /// Makes the bridge safe against those who are connected to it. It is down while this happens.
  static func secureBridge(_ bridge: String, hasIPv6: Bool) throws(SyscallError) {
    let ipv4 = [
      ("forwarding", "1"),
      // A sender for whom there is no route back over the bridge is dropped: outside addresses, and those of no pod.
      ("rp_filter", "1"),
      // Never: it makes the host's loopback services reachable (CVE-2020-8558).
      ("route_localnet", "0"),
      ("accept_local", "0"), ("accept_redirects", "0"), ("accept_source_route", "0"), ("send_redirects", "0"),
    ]
    for (name, value) in ipv4 { try writeKernelFile(AT_FDCWD, path("ipv4", bridge, name), value) }
    if !hasIPv6 { return }
    // A pod's router advertisement must not become a route of the host (CVE-2020-10749, CVE-2020-13401).
    for (name, value) in [("accept_ra", "0"), ("autoconf", "0"), ("disable_ipv6", "1")] {
      try writeKernelFile(AT_FDCWD, path("ipv6", bridge, name), value)
    }
  }
}
