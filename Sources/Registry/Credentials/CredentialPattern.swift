/// Which images a credential is for: host, port and path of a key in docker's file or of a provider's `matchImages`.
///
/// As in the kubelet: `*` stands for one label of the host or a part of it and never for several, the port must be equal
/// where there is one, and the path is a beginning.
struct CredentialPattern: Equatable {
  let host: [Substring]
  let port: Substring?
  /// Begins with a slash unless it is empty.
  let path: Substring

  init(_ text: String) {
    var rest = Substring(text)
    for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    var path = rest[slash...]
    // Docker writes https://index.docker.io/v1/ for its own registry, and other tools a /v1/ or /v2/ for others.
    for version in ["/v1", "/v2"] where path == version || path == version + "/" { path = "" }
    while path.hasSuffix("/") { path = path.dropLast() }
    self.path = path
    let authority = rest[..<slash]
    if authority.hasPrefix("[") {
      let end = authority.lastIndex(of: "]") ?? authority.startIndex
      host = [authority[...end]]
      port = authority[end...].dropFirst().hasPrefix(":") ? authority[end...].dropFirst(2) : nil
    } else {
      let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      host = (parts.first ?? "").split(separator: ".", omittingEmptySubsequences: false)
      port = parts.count > 1 ? parts[1] : nil
    }
  }

  /// Whether this is a pattern for `registry/path`.
  func matches(registry: String, path: String) -> Bool {
    let image = CredentialPattern("\(registry)/\(path)")
    let aliases = ["index.docker.io", "registry-1.docker.io"]
    let isDocker = registry == "docker.io" && aliases.contains(host.joined(separator: "."))
    guard isDocker || (port == image.port && matches(host: image.host)) else { return false }
    return self.path.isEmpty || image.path == self.path || image.path.hasPrefix(self.path + "/")
  }

  /// How much it says: the longest fits best.
  var weight: Int { path.utf8.count * 1000 + host.reduce(0) { $0 + $1.utf8.count } }

  private func matches(host labels: [Substring]) -> Bool {
    guard labels.count == host.count else { return false }
    return zip(host, labels).allSatisfy { Self.label($1, matches: $0) }
  }

  /// A label with `*` for any characters; each star is tried from the left, so that the time stays linear.
  private static func label(_ text: Substring, matches pattern: Substring) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    if parts.count == 1 { return text == pattern }
    guard let first = parts.first, let last = parts.last, text.hasPrefix(first) else { return false }
    var rest = text.dropFirst(first.count)
    for part in parts.dropFirst().dropLast() {
      guard !part.isEmpty else { continue }
      guard let found = rest.firstRange(of: part) else { return false }
      rest = rest[found.upperBound...]
    }
    return rest.count >= last.count && rest.hasSuffix(last)
  }
}
