import Linux
import Testing

@testable import Networking

extension Kernel {
  @Suite("Pods reach each other, the host and the outside")
  struct ReachTests {
    @Test("each by its own address inside, by the host's outside")
    func reach() throws {
      let world = try World()
      let one = try world.pod("one")
      let two = try world.pod("two")
      #expect(one.address == "10.85.0.2" && two.address == "10.85.0.3")
      let servers = [
        try world.serve(in: one.place, 7), try world.serve(in: two.place, 7), try world.serve(in: world.host, 7),
        try world.serve(in: world.outside, 7),
      ]
      #expect(try world.ask(in: one.place, two.address, 7) == one.address)
      #expect(try world.ask(in: two.place, one.address, 7) == two.address)
      #expect(try world.ask(in: one.place, "10.85.0.1", 7) == one.address)
      #expect(try world.ask(in: world.host, one.address, 7) == "10.85.0.1")
      #expect(try world.ask(in: one.place, "192.0.2.1", 7) == "192.0.2.2", "masqueraded")
      let listener = try world.start(in: world.outside, World.child, ["listen", "198.51.100.1", "80"])
      try listener.await("ready")
      #expect(try world.connects(in: one.place, "198.51.100.1", 80))
      #expect(try world.ask(in: one.place, one.address, 7) == one.address)
      withExtendedLifetime((servers, listener)) {}
    }

    @Test("an address of no pod is said to be unreachable, and so is one whose pod has gone")
    func unreachable() throws {
      let world = try World()
      let one = try world.pod("one")
      let two = try world.pod("two")
      try world.network("detach", "swl0", "two")
      // One asker each: the kernel says so only a few times in a row to each.
      for (asker, address) in [(one, two.address), (try world.pod("three"), "10.85.7.7")] {
        let output = try world.start(in: asker.place, World.child, ["connect", address, "7"]).finish().output
        #expect(output.contains("No route to host"), "\(output)")
      }
    }

    @Test("settings of the host change at the uplink only, and only while there is a pod")
    func settings() throws {
      let world = try World()
      let before = try world.settings()
      try world.network("open")
      let opened = try world.settings().split(separator: "\n").filter { !$0.contains("/swl0") }
      #expect(opened.joined(separator: "\n") == before, "no pod, no change")
      _ = try world.pod("one")
      _ = try world.pod("two")
      let during = try world.settings().split(separator: "\n").filter { !$0.contains("/swl0") }
      let changed = Set(during).subtracting(before.split(separator: "\n"))
      #expect(changed == ["/proc/sys/net/ipv4/conf/up0/forwarding 1"])
      try world.network("detach", "swl0", "one")
      #expect(try world.settings().contains("/proc/sys/net/ipv4/conf/up0/forwarding 1"))
      try world.network("detach", "swl0", "two")
      try world.network("tear-down")
      #expect(try world.settings() == before)
      try world.network("tear-down")
      #expect(try world.settings() == before)
      let state = try world.kernelState()
      #expect(!state.contains("swl") && !state.contains("10.85"), "\(state)")
    }

    @Test("the host is a router for its pods and for nobody else")
    func noRouter() throws {
      let world = try World()
      let one = try world.pod("one")
      let server = try world.serve(in: one.place, 7)
      let other = try Place()
      try world.shell(
        in: world.host,
        """
        ip link add lan0 type veth peer name lan0 netns \(other.pid)
        ip addr add 203.0.113.1/24 dev lan0; ip link set lan0 up
        """
      )
      try world.shell(
        in: other,
        "ip addr add 203.0.113.2/24 dev lan0; ip link set lan0 up; ip route add default via 203.0.113.1"
      )
      try world.shell(
        in: world.outside,
        "ip route add 10.85.0.0/16 via 192.0.2.2; ip route add 203.0.113.0/24 via 192.0.2.2"
      )
      let second = try world.serve(in: other, 7)
      #expect(try world.ask(in: world.host, "203.0.113.2", 7) != nil, "the server is there")
      #expect(try world.ask(in: world.outside, "203.0.113.2", 7) == nil)
      #expect(try world.ask(in: world.outside, one.address, 7) == nil)
      withExtendedLifetime([server, second]) {}
    }

    @Test("two instances take two networks and share the uplink until both are gone")
    func instances() throws {
      let world = try World()
      let before = try world.settings()
      let one = try world.pod("one", "swl0")
      let other = try world.pod("other", "swl-abcdef")
      #expect(one.address == "10.85.0.2" && other.address == "10.86.0.2")
      let server = try world.serve(in: world.outside, 7)
      try world.network("detach", "swl0", "one")
      try world.network("tear-down", "swl0")
      #expect(try world.ask(in: other.place, "192.0.2.1", 7) == "192.0.2.2")
      try world.network("detach", "swl-abcdef", "other")
      try world.network("tear-down", "swl-abcdef")
      #expect(try world.settings() == before)
      withExtendedLifetime(server) {}
    }

    @Test("a table that somebody emptied is there again with the next pod")
    func flushed() throws {
      let world = try World()
      _ = try world.pod("one")
      let rules = try world.shell(in: world.host, "nft list ruleset")
      try world.shell(in: world.host, "nft flush ruleset")
      _ = try world.pod("two")
      #expect(try world.shell(in: world.host, "nft list ruleset") == rules)
    }

    @Test("a foreign chain that drops what is forwarded is found")
    func obstacle() throws {
      let world = try World()
      let one = try world.pod("one")
      let server = try world.serve(in: world.outside, 7)
      #expect(try world.run(in: world.host, World.child, ["obstacles"]) == "")
      #expect(try world.ask(in: one.place, "192.0.2.1", 7) != nil)
      try world.shell(
        in: world.host,
        "nft add table ip filter; nft 'add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }'"
      )
      #expect(try world.ask(in: one.place, "192.0.2.1", 7) == nil)
      #expect(try world.run(in: world.host, World.child, ["obstacles"]).contains("FORWARD of the table ip filter"))
      withExtendedLifetime(server) {}
    }
  }
}
