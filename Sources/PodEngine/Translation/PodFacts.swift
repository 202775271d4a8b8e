import PodModel

/// What a pod tells its own containers about itself, in variables and files: the downward API.
struct PodFacts {
  let pod: Pod
  /// The pod's addresses, the first one before all.
  let addresses: [String]
  let host: HostFacts

  init(pod: Pod, addresses: [String], host: HostFacts) {
    self.pod = pod
    self.addresses = addresses
    self.host = host
  }

  /// A value as text.
  ///
  /// - Parameter container: Whose resources are meant where the source names no container; `nil` for a volume's file,
  ///   which always names one.
  func value(of source: PodFieldSource, for container: Container?) throws(ConfigurationError) -> String {
    switch source {
    case .field(let path): return try field(path)
    case .resource(let resource): return try ResourceFact(resource, of: container, in: pod, host).text
    }
  }

  private func field(_ path: String) throws(ConfigurationError) -> String {
    switch path {
    case "metadata.name": return pod.metadata.name
    case "metadata.namespace": return pod.metadata.namespace
    case "metadata.uid": return pod.metadata.uid ?? ""
    case "metadata.labels": return Self.lines(pod.metadata.labels)
    case "metadata.annotations": return Self.lines(pod.metadata.annotations)
    // A node is called by its host name in lower case.
    case "spec.nodeName": return given("nodeName") ?? host.hostname.lowercased()
    case "spec.serviceAccountName": return given("serviceAccountName") ?? given("serviceAccount") ?? "default"
    case "status.hostIP": return host.addresses.first ?? ""
    case "status.hostIPs": return host.addresses.joined(separator: ",")
    case "status.podIP": return addresses.first ?? ""
    case "status.podIPs": return addresses.joined(separator: ",")
    default: return try entry(path)
    }
  }

  private func given(_ field: String) -> String? {
    if case .string(let text)? = pod.spec.withoutEffect[field], !text.isEmpty { text } else { nil }
  }

  /// `metadata.labels['key']`; a key that is not there is an empty text.
  private func entry(_ path: String) throws(ConfigurationError) -> String {
    for (name, map) in [("metadata.labels", pod.metadata.labels), ("metadata.annotations", pod.metadata.annotations)] {
      guard path.hasPrefix(name + "['"), path.hasSuffix("']") else { continue }
      let key = path.dropFirst(name.utf8.count + 2)
      if key.utf8.count > 2 { return map[String(key.dropLast(2))] ?? "" }
    }
    throw ConfigurationError("fieldPath", "unsupported fieldPath: \(path)")
  }

  /// `key="value"` for each entry in the order of the keys (`pkg/fieldpath.FormatMap`).
  private static func lines(_ map: [String: String]) -> String {
    map.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { "\($0.key)=\(GoQuoted.text($0.value))" }
      .joined(separator: "\n")
  }
}
