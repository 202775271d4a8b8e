// Names and numbers of `linux/rtnetlink.h`, `linux/if_link.h`, `linux/if_addr.h` and `linux/neighbour.h`: Swift's Glibc
// shows none of them.

enum RouteMessage {
  static let newLink: UInt16 = 16
  static let deleteLink: UInt16 = 17
  static let getLink: UInt16 = 18
  static let newAddress: UInt16 = 20
  static let getAddress: UInt16 = 22
  static let newRoute: UInt16 = 24
  static let deleteRoute: UInt16 = 25
  static let getRoute: UInt16 = 26
  static let newNeighbour: UInt16 = 28
  static let deleteNeighbour: UInt16 = 29
}

enum AddressFamily {
  static let unspecified: UInt8 = 0
  static let inet: UInt8 = 2
  static let bridge: UInt8 = 7
  static let inet6: UInt8 = 10
}

enum LinkFlag {
  static let up: UInt32 = 0x1
  static let noARP: UInt32 = 0x80
}

enum LinkAttribute {
  static let address: UInt16 = 1
  static let name: UInt16 = 3
  static let mtu: UInt16 = 4
  static let master: UInt16 = 10
  static let info: UInt16 = 18
  static let familySpecific: UInt16 = 26
  static let namespaceDescriptor: UInt16 = 28
  static let extendedMask: UInt16 = 29
  static let sendQueues: UInt16 = 31
  static let receiveQueues: UInt16 = 32

  // In `info`.
  static let kind: UInt16 = 1
  static let data: UInt16 = 2
  static let slaveKind: UInt16 = 4
  static let slaveData: UInt16 = 5

  // In `data` of a veth.
  static let peer: UInt16 = 1
  // In `data` of a bridge.
  static let bridgeMulticastSnooping: UInt16 = 23

  // In `slaveData` of a bridge's port.
  static let portLearning: UInt16 = 8
  static let portUnicastFlood: UInt16 = 9
  static let portMulticastFlood: UInt16 = 27
  static let portBroadcastFlood: UInt16 = 30
  static let portIsolated: UInt16 = 33
  static let portLocked: UInt16 = 39

  // In `familySpecific`, in the family's.
  static let addressGeneration: UInt16 = 8
}

enum AddressAttribute {
  static let address: UInt16 = 1
  static let local: UInt16 = 2
  static let flags: UInt16 = 8
}

enum RouteAttribute {
  static let destination: UInt16 = 1
  static let outputInterface: UInt16 = 4
  static let gateway: UInt16 = 5
  static let multipath: UInt16 = 9
  static let table: UInt16 = 15
}

enum RouteKind {
  static let unicast: UInt8 = 1
  static let unreachable: UInt8 = 7
}

enum NeighbourAttribute {
  static let destination: UInt16 = 1
  static let linkLayerAddress: UInt16 = 2
}

/// Who made a route, so that a person who lists routes sees which are ours: a number that nobody has registered.
let routeProtocol: UInt8 = 85

/// `RT_TABLE_MAIN`
let mainTable: UInt8 = 254
