import PodModel

/// The names of a pod in its own network.
enum PodHostname {
  /// The longest that the kernel takes (`__NEW_UTS_LEN`).
  static let longest = 64

  /// The host name inside a pod: its full name if it wants that, the host's own where the pod uses its network.
  static func name(of pod: Pod, host: String) -> String {
    if pod.spec.hostNetwork { return host }
    return pod.spec.setHostnameAsFQDN ? full(pod) : short(pod)
  }

  /// `spec.hostname` or the pod's name, at most 63 bytes.
  static func short(_ pod: Pod) -> String {
    let name = pod.spec.hostname ?? pod.metadata.name
    var short = name.prefix(63)
    while let last = short.last, last == "-" || last == "." { short.removeLast() }
    return String(short)
  }

  /// The name that a cluster's DNS would have for a pod with a subdomain; the short one without.
  static func full(_ pod: Pod) -> String {
    let subdomain = pod.spec.subdomain ?? ""
    return subdomain.isEmpty ? short(pod) : "\(short(pod)).\(subdomain).\(pod.metadata.namespace).svc.cluster.local"
  }

  /// What is in the way of the host name that the pod wants.
  static func problem(_ pod: Pod) -> ConfigurationError? {
    guard pod.spec.setHostnameAsFQDN, !pod.spec.hostNetwork else { return nil }
    let name = full(pod)
    if name.utf8.count <= longest { return nil }
    return ConfigurationError(
      "spec.setHostnameAsFQDN",
      "the full name \(name) has \(name.utf8.count) characters and a host name at most \(longest): "
        + "choose a shorter hostname or subdomain"
    )
  }
}
