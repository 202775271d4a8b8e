import PodModel

/// The files of `/etc` that a pod gets from its node, as text.
struct GeneratedFiles: Hashable {
  var hosts: String
  var hostname: String
  var resolvConf: String
  /// What of the resolver's configuration will not work as it is written, for a person.
  var warnings: [String] = []

  /// What the host's own files say.
  struct HostText: Hashable {
    var hosts: String
    var resolvConf: String
  }

  /// - Parameter addresses: The pod's own; without one its name means its loopback.
  init(_ pod: Pod, hostname: String, addresses: [String], host: HostText) {
    self.hostname = FileWord.clean(hostname) + "\n"
    hosts = pod.spec.hostNetwork ? HostsFile.ofHost(host.hosts, pod) : HostsFile.own(pod, addresses)
    // Comments and whatever else the administrator wrote stay where the pod shares the host's network.
    if pod.spec.hostNetwork && pod.spec.dnsConfig == nil && pod.spec.dnsPolicy != .none {
      resolvConf = host.resolvConf
    } else {
      let configuration = ResolverConfiguration(pod.spec, host: host.resolvConf)
      resolvConf = configuration.text
      warnings = configuration.warnings
    }
  }

  /// Whether a resolver configuration leads only to this machine's own loopback, as systemd-resolved's stub does: no pod
  /// with a network of its own could use it.
  static func isLocalStub(_ resolvConf: String) -> Bool {
    let servers = ResolverConfiguration(parsing: resolvConf).nameservers
    return !servers.isEmpty && servers.allSatisfy(ResolverConfiguration.isLoopback)
  }
}

/// One word of a generated file.
enum FileWord {
  /// Fields are checked when manifests are read, but not by everybody who makes a pod: nothing in a field may begin a
  /// line, a word or a comment of its own. A `?` is in no valid name or address, so that what was replaced means nothing.
  static func clean(_ text: String) -> String {
    var clean = ""
    for scalar in text.unicodeScalars {
      let isPart = scalar.value > 0x20 && scalar.value < 0x7F && scalar != "#" && scalar != ";"
      clean.unicodeScalars.append(isPart ? scalar : "?")
    }
    return clean
  }
}
