import JSONText
import Testing

@testable import Networking

@Suite("The table and what stands in its way")
struct FirewallTests {
  private func document(_ opened: [String] = []) throws -> FirewallDocument {
    FirewallDocument(instance: "swl0", network: try #require(IPv4Network("10.85.0.0/16")), opened: opened)
  }

  @Test("one transaction that replaces the table only where there is one, and nothing about any pod")
  func commands() throws {
    let fresh = try JSONValue(parsing: document(["eth0"]).commands(replacing: false))
    let commands = try #require(fresh["nftables"]?.array)
    #expect(commands.allSatisfy { $0["add"] != nil })
    let chains = commands.compactMap { $0["add"]?["chain"]?["name"]?.string }
    #expect(chains == ["sender", "forwarding", "masquerading", "redirects"])
    let replacing = try JSONValue(parsing: document().commands(replacing: true))
    #expect(replacing["nftables"]?.array?.first?["delete"]?["table"]?["name"]?.string == "swl0")
    #expect(replacing["nftables"]?.array?.count { $0["delete"] != nil } == 1)
    #expect(
      try !String(decoding: document(["eth0"]).commands(replacing: false), as: UTF8.self).contains("route_localnet")
    )
  }

  @Test("the recipe changes with whatever the rules say, and not with the order of uplinks")
  func recipe() throws {
    #expect(try document(["a", "b"]).recipe == document(["b", "a"]).recipe)
    #expect(try document(["a"]).recipe != document().recipe)
  }

  @Test("chains hooked at forward that drop are obstacles, others are not")
  func obstacles() throws {
    let output = """
      {"nftables": [{"metainfo": {"version": "1.0.6"}},
      {"chain": {"family": "ip", "table": "filter", "name": "FORWARD", "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}},
      {"chain": {"family": "ip6", "table": "filter", "name": "FORWARD", "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}},
      {"chain": {"family": "inet", "table": "a", "name": "input", "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}},
      {"chain": {"family": "inet", "table": "a", "name": "fwd", "type": "filter", "hook": "forward", "prio": 0, "policy": "accept"}},
      {"chain": {"family": "inet", "table": "b", "name": "plain"}}]}
      """
    let found = try ForwardingObstacle.find(in: Array(output.utf8))
    #expect(found.map { "\($0.family) \($0.table) \($0.chain)" } == ["ip filter FORWARD"])
    #expect(throws: NetworkError.self) { try ForwardingObstacle.find(in: Array("nonsense".utf8)) }
  }
}
