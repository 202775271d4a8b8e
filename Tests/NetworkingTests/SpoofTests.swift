import Glibc
import Linux
import Testing

@testable import Networking

extension Kernel {
  @Suite("Nobody on the bridge speaks for anybody else")
  struct SpoofTests {
    private func hex(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    private func send(_ world: World, from pod: Place, _ frame: [UInt8]) throws {
      try world.run(in: pod, World.child, ["send", "eth0", hex(frame)])
    }

    private func mac(_ address: String) throws -> [UInt8] { MACAddress(for: try #require(IPv4Address(address))).bytes }
    private func bytes(_ address: String) throws -> [UInt8] { try #require(IPv4Address(address)).bytes }
    private let everybody = [UInt8](repeating: 0xff, count: 6)

    /// An ARP packet that says where an address is.
    private func arp(
      _ operation: UInt8,
      sender: [UInt8],
      claims address: [UInt8],
      at hardware: [UInt8],
      to target: [UInt8]
    ) -> [UInt8] {
      target + sender + [8, 6, 0, 1, 8, 0, 6, 4, 0, operation] + hardware + address + target + address
    }

    @Test("SEC-72: services on the host's loopback are out of reach for neighbours and pods")
    func loopback() throws {
      let world = try World()
      let one = try world.pod("one")
      let server = try world.start(in: world.host, World.child, ["listen", "127.0.0.1", "80"])
      try server.await("ready")
      #expect(try world.connects(in: world.host, "127.0.0.1", 80))
      // Both send what is for 127.0.0.1 to the host.
      let detour = "ip addr del 127.0.0.1/8 dev lo; echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet;"
      try world.shell(in: world.outside, "\(detour) ip route add 127.0.0.1/32 via 192.0.2.2")
      try world.shell(in: one.place, "\(detour) ip route add 127.0.0.1/32 via 10.85.0.1 dev eth0 onlink")
      #expect(try !world.connects(in: world.outside, "127.0.0.1", 80))
      #expect(try !world.connects(in: one.place, "127.0.0.1", 80))
      // Where somebody has opened the door for all interfaces, it stays closed on the bridge.
      try writeSetting(world, "net/ipv4/conf/all/route_localnet", "1")
      #expect(try !world.connects(in: one.place, "127.0.0.1", 80))
      withExtendedLifetime(server) {}
    }

    private func writeSetting(_ world: World, _ path: String, _ value: String) throws {
      try world.shell(in: world.host, "echo \(value) > /proc/sys/\(path)")
    }

    @Test("SEC-73: a pod's router advertisement changes nothing on the host and in its neighbour")
    func routerAdvertisement() throws {
      let world = try World()
      let one = try world.pod("one")
      let two = try world.pod("two")
      let frame = RouterAdvertisement.frame(from: try mac(one.address))
      // The same frame makes a route where nothing is done about it.
      let control = try Place()
      try world.shell(
        in: world.host,
        """
        ip link add plain0 type bridge; echo 1 > /proc/sys/net/ipv6/conf/plain0/accept_ra
        ip link add port0 master plain0 type veth peer name eth0 netns \(control.pid)
        ip link set plain0 up; ip link set port0 up
        """
      )
      try world.shell(in: control, "ip link set eth0 up")
      let before = try (routes(world, world.host), routes(world, two.place))
      for _ in 0..<10 {
        try send(world, from: one.place, frame)
        try send(world, from: control, frame)
        usleep(100_000)
      }
      #expect(
        try world.shell(in: world.host, "ip -6 route").contains("2001:db8:bad::/64 dev plain0"),
        "the frame works"
      )
      #expect(try routes(world, world.host) == before.0)
      #expect(try routes(world, two.place) == before.1)
    }

    private func routes(_ world: World, _ place: Place) throws -> String {
      try world.shell(in: place, "ip -6 route | grep -v plain0 || true; ip -6 addr | grep inet6 | grep swl || true")
    }

    @Test("SEC-73: ARP for a neighbour's address, for the gateway's and for nobody's is not believed")
    func arpSpoofing() throws {
      let world = try World()
      let (one, two) = (try world.pod("one"), try world.pod("two"))
      let own = try mac(one.address)
      let before = try (neighbours(world, world.host), neighbours(world, two.place), stations(world))
      for claimed in [two.address, "10.85.0.1", "10.85.0.77"] {
        for (operation, target) in [
          (UInt8(2), everybody), (2, try mac("10.85.0.1")), (1, everybody), (2, try mac(two.address)),
        ] {
          let frame = arp(operation, sender: own, claims: try bytes(claimed), at: own, to: target)
          for _ in 0..<3 { try send(world, from: one.place, frame) }
        }
      }
      #expect(try neighbours(world, world.host) == before.0)
      #expect(try neighbours(world, two.place) == before.1)
      // As the neighbour and as the gateway, to move them to this port.
      for stolen in [two.address, "10.85.0.1"] {
        let frame = arp(2, sender: try mac(stolen), claims: try bytes(stolen), at: try mac(stolen), to: everybody)
        for _ in 0..<3 { try send(world, from: one.place, frame) }
      }
      #expect(try stations(world) == before.2)
      let server = try world.serve(in: two.place, 7)
      #expect(try world.ask(in: world.host, two.address, 7) == "10.85.0.1")
      #expect(try world.ask(in: one.place, two.address, 7) == one.address)
      withExtendedLifetime(server) {}
    }

    private func neighbours(_ world: World, _ place: Place) throws -> String {
      try world.shell(in: place, "ip neigh | grep -v up0 | sort || true")
    }

    private func stations(_ world: World) throws -> String { try world.shell(in: world.host, "bridge fdb | sort") }

    @Test("packets with a neighbour's address, an outside one or a neighbour's hardware address get nowhere")
    func senderSpoofing() throws {
      let world = try World()
      let (one, two) = (try world.pod("one"), try world.pod("two"))
      let host = try world.serve(in: world.host, 7)
      try world.shell(
        in: world.host,
        """
        nft add table inet seen
        nft 'add chain inet seen in { type filter hook input priority 0; }'
        nft add rule inet seen in udp dport 7 counter
        """
      )
      func seen() throws -> Int {
        let rules = try world.shell(in: world.host, "nft list chain inet seen in")
        let words = rules.split { $0 == " " || $0 == "\n" }
        return words.firstIndex(of: "packets").flatMap { Int(words[$0 + 1]) } ?? -1
      }
      for (source, hardware) in [
        (two.address, try mac(one.address)), (two.address, try mac(two.address)), ("8.8.8.8", try mac(one.address)),
        ("10.85.0.1", try mac(one.address)), ("10.85.0.9", try mac("10.85.0.9")), (one.address, try mac(two.address)),
      ] {
        let frame = UDPFrame.frame(from: try bytes(source), hardware, to: try bytes("10.85.0.1"), try mac("10.85.0.1"))
        for _ in 0..<3 { try send(world, from: one.place, frame) }
        #expect(try seen() == 0, "as \(source), \(hex(hardware))")
      }
      let honest = UDPFrame.frame(
        from: try bytes(one.address),
        try mac(one.address),
        to: try bytes("10.85.0.1"),
        try mac("10.85.0.1")
      )
      try send(world, from: one.place, honest)
      #expect(try seen() == 1, "the frame works")
      withExtendedLifetime(host) {}
    }

    @Test("the bridge and its ports have no IPv6 address and take none")
    func noIPv6() throws {
      let world = try World()
      _ = try world.pod("one")
      #expect(try world.shell(in: world.host, "ip -6 addr show | grep -A1 swl || true") == "")
      #expect(try world.shell(in: world.host, "cat /proc/sys/net/ipv6/conf/swl0/accept_ra") == "0")
      #expect(try world.shell(in: world.host, "cat /proc/sys/net/ipv4/conf/swl0/route_localnet") == "0")
    }
  }
}
