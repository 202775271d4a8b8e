import PodModel
import Testing

@testable import PodEngine

@Suite("Generated files are the kubelet's")
struct GeneratedFileTests {
  private let host = GeneratedFiles.HostText(hosts: "10.0.0.1 node\n", resolvConf: "nameserver 10.0.0.2\n")
  private let header =
    "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
    + "fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n"

  private func files(_ pod: Pod, _ addresses: [String] = ["10.85.0.2"]) -> GeneratedFiles {
    let name = PodHostname.name(of: pod, host: "node")
    return GeneratedFiles(pod, hostname: name, addresses: addresses, host: host)
  }

  @Test("A pod's name means its addresses, and its loopback where it has none")
  func hosts() {
    let pod = Pod.test("app")
    #expect(files(pod).hosts == header + "10.85.0.2\tweb\n")
    #expect(files(pod, ["10.85.0.2", "fd00::2"]).hosts == header + "10.85.0.2\tweb\nfd00::2\tweb\n")
    #expect(files(pod, []).hosts == header + "127.0.0.1\tweb\n")
    #expect(files(pod).hostname == "web\n")
    #expect(files(pod).resolvConf == host.resolvConf)
  }

  @Test("With a subdomain there is a full name, which the host name can be")
  func subdomain() {
    var pod = Pod.test("app")
    pod.spec.hostname = "own"
    pod.spec.subdomain = "sub"
    #expect(files(pod).hosts == header + "10.85.0.2\town.sub.default.svc.cluster.local\town\n")
    #expect(files(pod).hostname == "own\n")
    pod.spec.setHostnameAsFQDN = true
    #expect(files(pod).hosts == header + "10.85.0.2\town.sub.default.svc.cluster.local\town\n")
    #expect(files(pod).hostname == "own.sub.default.svc.cluster.local\n")
    pod.spec.subdomain = nil
    #expect(files(pod).hostname == "own\n")
  }

  @Test("A full name that no kernel takes refuses the pod")
  func longFullName() {
    var pod = Pod.test("app")
    pod.spec.setHostnameAsFQDN = true
    // 26 characters of ".default.svc.cluster.local" and one dot.
    pod.spec.hostname = String(repeating: "h", count: 20)
    pod.spec.subdomain = String(repeating: "s", count: 17)
    #expect(PodHostname.full(pod).utf8.count == 64)
    let limits = LimitPolicy(enforceable: [], bestEffort: true)
    #expect(Admission.problems(pod, limits).isEmpty)
    pod.spec.subdomain = String(repeating: "s", count: 18)
    #expect(Admission.problems(pod, limits).map(\.field) == ["spec.setHostnameAsFQDN"])
    pod.spec.hostNetwork = true
    #expect(Admission.problems(pod, limits).isEmpty)
  }

  @Test("Aliases come last")
  func aliases() {
    var pod = Pod.test("app")
    pod.spec.hostAliases = [
      HostAlias(ip: "10.1.2.3", hostnames: ["a", "b.example"]), HostAlias(ip: "fd00::9", hostnames: ["c"]),
    ]
    let lines = "\n# Entries added by HostAliases.\n10.1.2.3\ta\tb.example\nfd00::9\tc\n"
    #expect(files(pod).hosts == header + "10.85.0.2\tweb\n" + lines)
    pod.spec.hostNetwork = true
    #expect(files(pod).hosts == "# Kubernetes-managed hosts file (host network).\n10.0.0.1 node\n" + lines)
  }

  @Test("Hosts of a pod on the host's network are the host's")
  func hostNetwork() {
    var pod = Pod.test("app")
    pod.spec.hostNetwork = true
    #expect(files(pod).hosts == "# Kubernetes-managed hosts file (host network).\n10.0.0.1 node\n")
    #expect(PodHostname.name(of: pod, host: "node") == "node")
  }

  @Test("A long name is cut where a host name may end")
  func longName() {
    var pod = Pod.test("app")
    pod.metadata.name = String(repeating: "a", count: 61) + "-.bcd"
    #expect(PodHostname.name(of: pod, host: "node") == String(repeating: "a", count: 61))
    pod.spec.hostname = "own"
    #expect(PodHostname.name(of: pod, host: "node") == "own")
  }

  @Test("SEC-30: no field can begin a line, a word or a comment of its own")
  func nothingEscapes() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<500 {
      var pod = Pod.test("app")
      pod.metadata.name = .hostile(&random)
      pod.metadata.namespace = .hostile(&random)
      pod.spec.hostname = Bool.random(using: &random) ? .hostile(&random) : nil
      pod.spec.subdomain = Bool.random(using: &random) ? .hostile(&random) : nil
      pod.spec.setHostnameAsFQDN = .random(using: &random)
      pod.spec.hostAliases = (0..<Int.random(in: 0...3, using: &random)).map { _ in
        HostAlias(ip: .hostile(&random), hostnames: [.hostile(&random), .hostile(&random)])
      }
      var config = PodDNSConfig()
      config.nameservers = (0..<2).map { "\($0)" + .hostile(&random) }
      config.searches = (0..<3).map { "\($0)" + .hostile(&random) }
      config.options = (0..<2).map { .init(name: "\($0)" + .hostile(&random), value: .hostile(&random)) }
      pod.spec.dnsConfig = config
      let files = files(pod)
      let aliases = pod.spec.hostAliases.count
      #expect(files.hosts.lineCount == 8 + (aliases == 0 ? 0 : aliases + 2))
      #expect(files.hostname.lineCount == 1)
      #expect(files.resolvConf.lineCount == 5)
      #expect(files.resolvConf.split(separator: "\n").map { $0.split(separator: " ").count } == [4, 2, 2, 2, 3])
      let text = files.hosts + files.hostname + files.resolvConf
      #expect(text.utf8.allSatisfy { $0 == 0x0A || $0 == 0x09 || ($0 >= 0x20 && $0 < 0x7F) })
    }
  }
}

extension String {
  /// A text as nobody checked it.
  fileprivate static func hostile(_ random: inout SystemRandomNumberGenerator) -> String {
    let parts = [
      "\n", "\r\n", "\0", "\t", " ", "#", ";", "\u{85}", "\u{2028}", "\u{7F}", "\u{1B}[2J", "ü", "a", ".", "9",
    ]
    return "x"
      + (0..<Int.random(in: 0...4, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
  }

  fileprivate var lineCount: Int { utf8.count { $0 == UInt8(ascii: "\n") } }
}
