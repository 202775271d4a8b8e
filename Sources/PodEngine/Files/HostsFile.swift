import PodModel

/// A pod's `/etc/hosts`, line by line as the kubelet writes it.
enum HostsFile {
  /// For a pod with a network of its own.
  static func own(_ pod: Pod, _ addresses: [String]) -> String {
    let short = FileWord.clean(PodHostname.short(pod))
    let full = FileWord.clean(PodHostname.full(pod))
    let names = full == short ? short : "\(full)\t\(short)"
    var text = """
      # Kubernetes-managed hosts file.
      127.0.0.1\tlocalhost
      ::1\tlocalhost ip6-localhost ip6-loopback
      fe00::0\tip6-localnet
      fe00::0\tip6-mcastprefix
      fe00::1\tip6-allnodes
      fe00::2\tip6-allrouters

      """
    for address in addresses.isEmpty ? ["127.0.0.1"] : addresses { text += "\(FileWord.clean(address))\t\(names)\n" }
    return text + aliases(pod)
  }

  /// For a pod on the host's network: the host's file.
  static func ofHost(_ text: String, _ pod: Pod) -> String {
    let ending = text.isEmpty || text.utf8.last == UInt8(ascii: "\n") ? "" : "\n"
    return "# Kubernetes-managed hosts file (host network).\n" + text + ending + aliases(pod)
  }

  private static func aliases(_ pod: Pod) -> String {
    if pod.spec.hostAliases.isEmpty { return "" }
    return pod.spec.hostAliases.reduce("\n# Entries added by HostAliases.\n") { text, alias in
      text + "\(FileWord.clean(alias.ip))\t\(alias.hostnames.map(FileWord.clean).joined(separator: "\t"))\n"
    }
  }
}
