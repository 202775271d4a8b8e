import PodModel

/// The files of `/etc` that a pod gets from its node, as text.
struct GeneratedFiles: Hashable {
  var hosts: String
  var hostname: String
  var resolvConf: String

  /// What the host's own files say.
  struct HostText: Hashable {
    var hosts: String
    var resolvConf: String
  }

  init(_ pod: Pod, hostname: String, host: HostText) {
    self.hostname = hostname + "\n"
    hosts = pod.spec.hostNetwork ? Self.hostNetworkHosts(host.hosts) : Self.hosts(pod, hostname: hostname)
    // Without a DNS service of a cluster every policy means the host's own name servers.
    resolvConf = host.resolvConf
  }

  private static func hostNetworkHosts(_ text: String) -> String {
    "# Kubernetes-managed hosts file (host network).\n" + text
  }

  /// The kubelet's lines. Until pods have addresses, a pod's own name means its loopback.
  private static func hosts(_ pod: Pod, hostname: String) -> String {
    let subdomain = pod.spec.subdomain ?? ""
    let name = subdomain.isEmpty ? hostname : "\(hostname).\(subdomain)\t\(hostname)"
    return """
      # Kubernetes-managed hosts file.
      127.0.0.1\tlocalhost
      ::1\tlocalhost ip6-localhost ip6-loopback
      fe00::0\tip6-localnet
      fe00::0\tip6-mcastprefix
      fe00::1\tip6-allnodes
      fe00::2\tip6-allrouters
      127.0.0.1\t\(name)

      """
  }

  /// Whether a resolver configuration leads only to this machine's own loopback, as systemd-resolved's stub does: no pod
  /// with a network of its own could use it.
  static func isLocalStub(_ resolvConf: String) -> Bool {
    let servers = resolvConf.split(separator: "\n").compactMap { line -> Substring? in
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      return words.first == "nameserver" && words.count > 1 ? words[1] : nil
    }
    return !servers.isEmpty && servers.allSatisfy { $0.hasPrefix("127.") || $0 == "::1" }
  }
}
