import PodModel
import Testing

@Suite("Names follow the rules of Kubernetes")
struct NameRuleTests {
  @Test(arguments: [
    (NameRule.dnsLabel, ["a", "0", "web-1", String(repeating: "a", count: 63)]),
    (.dnsSubdomain, ["a", "a.b-c.0d", String(repeating: "a.", count: 126) + "a"]),
    (.portName, ["a", "http", "p80", "80-p", "a-b-c"]),
    (.qualifiedName, ["a", "A_b.c-9", "example.com/Name", "a/b"]),
    (.annotationName, ["a", "Example.COM/Name"]),
    (.labelValue, ["", "a", "A.b_c-9"]),
    (.environmentVariable, ["A", "a.b", "1st", "with space", "%", "-"]),
    (.sysctl, ["kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net/ipv4/conf/eth0.1/x", "a"]),
    (.uid, ["480b4270-3838-4d46-abee-eea2c263f3ce", "ABCDEF", "0"]),
  ])
  func accepts(rule: NameRule, texts: [String]) {
    for text in texts { #expect(rule.violation(in: text) == nil, "\(text)") }
  }

  @Test(arguments: [
    (NameRule.dnsLabel, ["", "A", "a.b", "-a", "a-", "a_b", "é", "a\n", String(repeating: "a", count: 64)]),
    (.dnsSubdomain, ["", ".", "a.", ".a", "a..b", "A.b", "a_b", "a/b", String(repeating: "a", count: 254)]),
    (.portName, ["", "80", "HTTP", "a--b", "-a", "a-", "a_b", "abcdefghijklmnop"]),
    (.qualifiedName, ["", "a/b/c", "/a", "a/", "A.com/a", "-a", "a b", String(repeating: "a", count: 64)]),
    (.annotationName, ["", "a/b/c", "a b"]),
    (.labelValue, ["-", "a b", "a/b", ".a", String(repeating: "a", count: 64)]),
    (.environmentVariable, ["", "A=B", "é", "a\n", "\u{7F}"]),
    (.sysctl, ["", "a..b", "A.b", "../x", "a/../b", "/a", "a.", "a b", String(repeating: "a", count: 254)]),
    (.uid, ["", "..", "a/b", "a.b", "-a", "a-", "a b", String(repeating: "a", count: 64)]),
  ])
  func refuses(rule: NameRule, texts: [String]) {
    for text in texts { #expect(rule.violation(in: text) != nil, "\(text)") }
  }

  @Test func saysWhatIsWrong() {
    #expect(NameRule.portName.violation(in: "8080") == "must contain at least one letter")
    #expect(NameRule.qualifiedName.violation(in: "a/") == "must have a name after /")
    #expect(NameRule.dnsLabel.violation(in: "") == "must not be empty")
  }

  @Test(arguments: [
    ("NET_ADMIN", "NET_ADMIN"), ("net_admin", "NET_ADMIN"), ("CAP_NET_ADMIN", "NET_ADMIN"), ("all", "ALL"),
    ("CAP_ALL", nil), ("NET", nil), ("", nil), ("CAP_", nil), ("CAP_CAP_KILL", nil),
  ])
  func capabilities(text: String, canonical: String?) {
    #expect(Capabilities.canonicalName(text) == canonical)
    #expect(Capabilities.known.count == 41)
  }
}
