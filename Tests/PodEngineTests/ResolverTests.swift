import PodModel
import Testing

@testable import PodEngine

@Suite("Names resolve as the pod says")
struct ResolverTests {
  private let host = """
    # written by hand
    ; so they say
    domain old.example
    search example.com. sub.example.com
    nameserver 10.0.0.2
    nameserver\t10.0.0.3
    sortlist 10.0.0.0
    options ndots:2 edns0

    """

  private func configure(
    _ policy: DNSPolicy = .clusterFirst,
    host text: String? = nil,
    hostNetwork: Bool = false,
    _ change: ((inout PodDNSConfig) -> Void)? = nil
  ) -> ResolverConfiguration {
    var spec = PodSpec(containers: [])
    spec.dnsPolicy = policy
    spec.hostNetwork = hostNetwork
    if let change {
      var config = PodDNSConfig()
      change(&config)
      spec.dnsConfig = config
    }
    return ResolverConfiguration(spec, host: text ?? host)
  }

  @Test("Without a cluster every policy but None is the host's", arguments: DNSPolicy.allCases)
  func policies(policy: DNSPolicy) {
    let text =
      "search example.com sub.example.com\nnameserver 10.0.0.2\nnameserver 10.0.0.3\noptions ndots:2 edns0\n"
    #expect(configure(policy).text == (policy == .none ? "" : text))
    #expect(configure(policy).warnings.isEmpty)
  }

  @Test("What the pod adds comes after, nothing twice; an option of the same name is replaced")
  func merged() {
    let merged = configure {
      $0.nameservers = ["10.0.0.3", "1.1.1.1"]
      $0.searches = ["example.com", "more.example"]
      $0.options = [.init(name: "ndots", value: "5"), .init(name: "rotate"), .init(name: "edns0", value: "")]
    }
    #expect(
      merged.text == "search example.com sub.example.com more.example\nnameserver 10.0.0.2\nnameserver 10.0.0.3\n"
        + "nameserver 1.1.1.1\noptions ndots:5 edns0 rotate\n"
    )
    let alone = configure(.none) { $0.nameservers = ["127.0.0.1"] }
    #expect(alone.text == "nameserver 127.0.0.1\n")
    #expect(alone.warnings.isEmpty)
  }

  @Test("Three name servers, 32 domains and 2048 characters at most, and a word about the rest")
  func limits() {
    let servers = configure { $0.nameservers = ["1.1.1.1", "1.1.1.2"] }
    #expect(servers.nameservers == ["10.0.0.2", "10.0.0.3", "1.1.1.1"])
    #expect(
      servers.warnings == [
        "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: "
          + "10.0.0.2 10.0.0.3 1.1.1.1"
      ]
    )
    let searches = configure(.none) { $0.searches = (0..<33).map { "d\($0)" } }
    #expect(searches.searches == (0..<32).map { "d\($0)" })
    #expect(searches.warnings.map { $0.hasPrefix("Search Line limits were exceeded") } == [true])
    let long = configure(.none) { $0.searches = (0..<20).map { "\($0)" + String(repeating: "d", count: 200) } }
    #expect(long.searches.joined(separator: " ").utf8.count <= 2048)
    #expect(long.searches.count == 10)
  }

  @Test("A name server on the host's loopback is told, unless the pod can reach it")
  func loopback() {
    let text = "nameserver 127.0.0.1\nnameserver 10.0.0.1\n"
    let warnings = configure(host: text).warnings
    #expect(warnings.count == 1 && warnings.first?.contains("127.0.0.1") == true)
    #expect(configure(host: text, hostNetwork: true).warnings.isEmpty)
    #expect(configure(.none, host: text) { $0.nameservers = ["::1"] }.warnings.isEmpty)
  }

  @Test("On the host's network the host's file stays as it is until the pod says something")
  func hostNetwork() {
    var pod = Pod.test("app")
    pod.spec.hostNetwork = true
    let text = GeneratedFiles.HostText(hosts: "", resolvConf: host)
    func resolvConf(_ pod: Pod) -> String {
      GeneratedFiles(pod, hostname: "node", addresses: [], host: text).resolvConf
    }
    #expect(resolvConf(pod) == host)
    pod.spec.dnsPolicy = .none
    #expect(resolvConf(pod) == "")
    pod.spec.dnsPolicy = .clusterFirst
    pod.spec.dnsConfig = PodDNSConfig()
    pod.spec.dnsConfig?.nameservers = ["1.1.1.1"]
    #expect(resolvConf(pod).hasSuffix("nameserver 10.0.0.3\nnameserver 1.1.1.1\noptions ndots:2 edns0\n"))
  }

  @Test(
    "A stub resolver is recognised",
    arguments: [
      ("nameserver 127.0.0.53\noptions edns0\n", true), ("nameserver ::1\n", true), ("nameserver 10.0.0.1\n", false),
      ("nameserver 127.0.0.1\nnameserver 10.0.0.1\n", false), ("", false), ("# nameserver 127.0.0.53\n", false),
      ("nameserver 127.0.0.53\r\n", true),
    ]
  )
  func stub(text: String, isStub: Bool) {
    #expect(GeneratedFiles.isLocalStub(text) == isStub)
  }
}
