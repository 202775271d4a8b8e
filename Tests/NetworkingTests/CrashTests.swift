import Glibc
import Linux
import RuntimeTestKit
import Testing

@testable import Networking

extension Kernel {
  @Suite("A crash leaves nothing that another process cannot take away, and processes do not disturb each other")
  struct CrashTests {
    @Test("killed after each step of an attachment", arguments: AttachStep.allCases)
    func steps(step: AttachStep) throws {
      let world = try World()
      try world.network("open")
      let before = try world.kernelState()
      let place = try Place()
      let (status, _) = try world.start("attach", "swl0", "pod", "\(place.pid)", "die-\(step.rawValue)").finish()
      #expect(status == .signaled(SIGKILL))
      #expect(try world.records() == ["pod"], "the record came first")
      try world.network("detach", "swl0", "pod")
      try expectSame(world.kernelState(), before)
      #expect(try world.records().isEmpty)
      #expect(try world.settings().contains("/proc/sys/net/ipv4/conf/up0/forwarding 0"))
      // Or attached again.
      _ = try world.start("attach", "swl0", "pod", "\(place.pid)", "die-\(step.rawValue)").finish()
      let address = try world.network("attach", "swl0", "pod", "\(place.pid)")
      #expect(try world.records() == ["pod"])
      let server = try world.serve(in: world.host, 7)
      #expect(try world.ask(in: place, "10.85.0.1", 7) == address)
      try world.network("detach", "swl0", "pod")
      try expectSame(world.kernelState(), before)
      withExtendedLifetime(server) {}
    }

    private func expectSame(_ now: String, _ before: String) {
      let (new, old) = (now.split(separator: "\n"), before.split(separator: "\n"))
      #expect(new.filter { !old.contains($0) } == [], "came")
      #expect(old.filter { !new.contains($0) } == [], "went")
    }

    @Test("killed at random moments, the first one's included")
    func randomMoments() throws {
      var generator = SeededGenerator()
      print("network kills: SEED=\(generator.seed)")
      let world = try World()
      let before = try world.settings()
      for round in 0..<(15 * scale) {
        let storm = try world.start("storm", "swl0", "round\(round)", "40")
        usleep(UInt32.random(in: 0...60_000, using: &generator))
        storm.kill()
        _ = try storm.finish()
        if access(world.state(), F_OK) != 0 { continue }
        for uid in try records(world) { try world.network("detach", "swl0", uid) }
        if round % 3 == 2 { try world.network("tear-down") }
        let state = try world.kernelState()
        #expect(!state.contains("swl0v") && !state.contains("10.85.0.2"), "round \(round): \(state)")
        #expect(try world.settings().contains("/proc/sys/net/ipv4/conf/up0/forwarding 0"))
      }
      try world.network("tear-down")
      #expect(try world.settings() == before)
      let left = try world.kernelState()
      #expect(!left.contains("swl") && !left.contains("10.85"), "\(left)")
    }

    private func records(_ world: World) throws -> [String] {
      access(world.state() + "/pods", F_OK) == 0 ? try world.records() : []
    }

    @Test("three processes at once make one bridge and one table, and give out no address twice")
    func concurrent() throws {
      let world = try World()
      let storms = try ["a", "b", "c"].map { try world.start("storm", "swl0", $0, "40") }
      var addresses: [String] = []
      for storm in storms {
        let (status, output) = try storm.finish()
        #expect(status == .exited(0), "\(output)")
        for line in output.split(separator: "\n") where line != "done" {
          addresses.append(String(line.split(separator: " ").last ?? ""))
        }
      }
      #expect(addresses.count == 120 && Set(addresses).count == 120)
      #expect(try world.records().count == 120)
      #expect(try world.shell(in: world.host, "nft list tables") == "table inet swl0")
      #expect(try world.shell(in: world.host, "ip -br link show type bridge | wc -l") == "1")
      for uid in try world.records() { try world.network("detach", "swl0", uid) }
      try world.network("tear-down")
    }

    @Test("200 pods hang on one bridge; the last reaches the first")
    func manyPods() throws {
      let world = try World()
      let first = try world.pod("first")
      let storm = try world.start("storm", "swl0", "many", "198")
      let (status, output) = try storm.finish()
      #expect(status == .exited(0) && output.contains("done"), "\(output.suffix(500))")
      let last = try world.pod("last")
      #expect(last.address == "10.85.0.201")
      let server = try world.serve(in: first.place, 7)
      #expect(try world.ask(in: last.place, first.address, 7) == last.address)
      withExtendedLifetime(server) {}
      let figures = try Place()
      print(try world.run(in: figures, World.child, ["bench", world.scratch.path + "/swl1", "10.99.0.0/16", "100"]))
    }

    @Test("what pods have is given back only when none has any; a pod keeps its address")
    func keeping() throws {
      let world = try World()
      let one = try world.pod("one")
      let (status, output) = try world.start("tear-down").finish()
      #expect(status == .exited(1) && output.contains("1 pods have addresses"))
      // The machine was off: nothing of the kernel's is left, and the record is.
      try world.shell(in: world.host, "ip link del swl0; ip route del unreachable 10.85.0.0/16; nft flush ruleset")
      let again = try Place()
      #expect(try world.network("attach", "swl0", "one", "\(again.pid)") == one.address)
      let server = try world.serve(in: world.outside, 7)
      #expect(try world.ask(in: again, "192.0.2.1", 7) == "192.0.2.2")
      withExtendedLifetime(server) {}
    }

    @Test("damaged records are named and set aside, and cost nobody else anything")
    func damage() throws {
      let world = try World()
      let (one, two) = (try world.pod("one"), try world.pod("two"))
      try world.shell(
        in: world.host,
        "cd \(world.state()); rm pods/one; echo garbage > pods/one; echo x > ../swl0.durable/network.json"
      )
      let three = try world.pod("three")
      #expect(three.address.hasPrefix("notice: \(world.state()).durable/network.json cannot be understood"))
      #expect(three.address.hasSuffix("\n10.85.0.4"), "\(three.address)")
      let (status, output) = try world.start("detach", "swl0", "one").finish()
      #expect(status == .exited(0) && output.contains("pods/one names no address and was set aside as"))
      #expect(try !world.kernelState().contains("\(one.address) "))
      let server = try world.serve(in: world.host, 7)
      #expect(try world.ask(in: two.place, "10.85.0.1", 7) == two.address)
      withExtendedLifetime(server) {}
    }
  }
}
