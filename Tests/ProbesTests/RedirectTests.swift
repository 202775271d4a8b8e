import Testing

@testable import Probes

@Suite("A probe follows an answer to its own host and to no other")
struct RedirectTests {
  @Test(
    "Where a Location leads",
    arguments: [
      ("/ready", "http://10.0.0.2:8080/ready"), ("/ready?x=1", "http://10.0.0.2:8080/ready?x=1"),
      ("ready", "http://10.0.0.2:8080/a/ready"), ("http://10.0.0.2:8080/ready", "http://10.0.0.2:8080/ready"),
      ("https://10.0.0.2/ready", "https://10.0.0.2/ready"), ("//10.0.0.2:9/x", "http://10.0.0.2:9/x"),
      ("http://10.0.0.3:8080/ready", nil), ("//evil.example/x", nil), ("http://10.0.0.2@evil.example/x", nil),
      ("http://", nil), ("", "http://10.0.0.2:8080/a/"),
    ] as [(String, String?)]
  )
  func target(location: String, expected: String?) {
    #expect(Redirect.target(location, from: "http://10.0.0.2:8080/a/b?q=/c") == expected)
  }

  @Test("Addresses of IPv6 keep their brackets, and their ports are no part of the host")
  func brackets() {
    #expect(Redirect.target("/b", from: "http://[fd00::1]:80/a") == "http://[fd00::1]:80/b")
    #expect(Redirect.target("http://[fd00::1]:81/b", from: "http://[fd00::1]:80/a") == "http://[fd00::1]:81/b")
    #expect(Redirect.target("http://[fd00::2]:80/b", from: "http://[fd00::1]:80/a") == nil)
  }
}
