import PodModel

/// The host name inside a pod.
enum PodHostname {
  /// `spec.hostname` or the pod's name, at most 63 bytes; the host's own where the pod uses its network.
  static func name(of pod: Pod, host: String) -> String {
    if pod.spec.hostNetwork { return host }
    let name = pod.spec.hostname ?? pod.metadata.name
    var short = name.prefix(63)
    while let last = short.last, last == "-" || last == "." { short.removeLast() }
    return String(short)
  }
}
