import CLinux
import Glibc
import LaunchPlan
import Linux

extension Supervisor {
  /// NETLINK_ROUTE, a macro of `<linux/netlink.h>`.
  private static let routingProtocol: Int32 = 0

  /// Gives out the sandbox's network namespace and a way to configure it: a netlink socket belongs to the namespace in
  /// which it was opened, so that the threaded agent never has to join one.
  func giveNetwork(_ address: ReplyAddress) throws(Failure) {
    guard sandbox?.plan.newNetwork == true else {
      throw Failure(.wrongState, step: "give the network", detail: "the sandbox has no network of its own")
    }
    do throws(SyscallError) {
      let namespace = try openAt(AT_FDCWD, "/proc/self/ns/net", O_RDONLY)
      let kind = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue)
      let routing = OwnedFD(try check("socket") { socket(AF_NETLINK, kind, Self.routingProtocol) })
      reply(address, .done, descriptors: [namespace.raw, routing.raw])
    } catch {
      throw Failure(.step, step: "give the network", errno: error.errno)
    }
  }
}
