/// What a pod got.
public struct PodAddress: Hashable, Sendable {
  /// Its address, which its only route makes reachable from everywhere (`status.podIP`).
  public let address: IPv4Address
  /// The host's address on the bridge: the pod's router, and where it reaches the host.
  public let gateway: IPv4Address
  /// The hardware address of its `eth0`.
  public let hardware: MACAddress
  /// The name of the host's end of its cable.
  public let cable: String

  init(_ address: IPv4Address, in network: IPv4Network, instance: String) {
    self.address = address
    gateway = network.gateway
    hardware = MACAddress(for: address)
    cable = Self.cable(address, in: network, instance: instance)
  }

  /// The name follows from the address, which the record has: whoever cleans up needs to remember nothing. `swl-a1b2c3v0005`
  /// has the 15 characters that an interface's name may have.
  static func cable(_ address: IPv4Address, in network: IPv4Network, instance: String) -> String {
    let place = String(network.place(of: address) ?? 0, radix: 16)
    return instance + "v" + String(repeating: "0", count: max(0, 4 - place.count)) + place
  }
}

/// What becomes of a pod's cable when the pod is detached.
public enum CableRemoval: Sendable {
  /// It is deleted, which takes the kernel 15 ms: for a pod whose namespace may live on.
  case now
  /// The kernel deletes it with the pod's namespace, whose last process and descriptor go now. Without its route and its
  /// neighbour it carries nothing meanwhile.
  case withNamespace
}

/// How far ``PodNetwork/attach(pod:namespace:inside:durability:)`` is: where tests make it crash.
package enum AttachStep: String, CaseIterable, Sendable {
  case allocated, synced, cable, host, inside
}
