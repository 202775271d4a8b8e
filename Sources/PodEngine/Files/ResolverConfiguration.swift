import PodModel

/// A `resolv.conf(5)` (kubelet `dns.Configurer`).
struct ResolverConfiguration: Hashable {
  var nameservers: [String] = []
  var searches: [String] = []
  /// Each as it is written: `ndots:5`.
  var options: [String] = []
  /// What will not work, for a person.
  var warnings: [String] = []

  /// What resolvers use (`MAXNS`).
  static let mostNameservers = 3
  /// What Kubernetes allows.
  static let mostSearches = 32
  static let mostSearchBytes = 2048

  /// What a pod gets. Without a DNS service of a cluster every policy but `None` means the host's own name servers.
  init(_ spec: PodSpec, host: String) {
    if spec.dnsPolicy != .none {
      self = ResolverConfiguration(parsing: host)
      let local = nameservers.filter(Self.isLoopback)
      if !spec.hostNetwork && !local.isEmpty {
        warnings.append(
          "The host's name server \(local.joined(separator: ", ")) is on the host's loopback, where a pod with a network "
            + "of its own cannot reach it: set dnsConfig.nameservers, or dnsPolicy: None with dnsConfig"
        )
      }
    }
    if let own = spec.dnsConfig { add(own) }
    nameservers = Self.distinct(nameservers.map(FileWord.clean))
    searches = Self.distinct(searches.map(FileWord.clean))
    options = options.map(FileWord.clean)
    limit()
  }

  /// What a text says; comments and what else there is do not count.
  init(parsing text: String) {
    let lines = text.unicodeScalars.split { $0 == "\n" || $0 == "\r" }
    for line in lines {
      let words = line.split { $0 == " " || $0 == "\t" }.map { String($0) }
      switch words.first {
      case "nameserver"? where words.count > 1: nameservers.append(words[1])
      // The last of these counts; the older `domain` is a list of one.
      case "search"?: searches = words.dropFirst().map(Self.withoutFinalDot)
      case "domain"? where words.count > 1: searches = [Self.withoutFinalDot(words[1])]
      case "options"?: options += words.dropFirst()
      default: continue
      }
    }
  }

  static func isLoopback(_ address: String) -> Bool { address.hasPrefix("127.") || address == "::1" }

  /// The file.
  var text: String {
    var lines: [String] = []
    if !searches.isEmpty { lines.append("search \(searches.joined(separator: " "))") }
    lines += nameservers.map { "nameserver \($0)" }
    if !options.isEmpty { lines.append("options \(options.joined(separator: " "))") }
    return lines.map { $0 + "\n" }.joined()
  }

  /// With and without the dot it is the same domain; the root has nothing else.
  private static func withoutFinalDot(_ domain: String) -> String {
    domain.count > 1 && domain.hasSuffix(".") ? String(domain.dropLast()) : domain
  }

  private mutating func add(_ own: PodDNSConfig) {
    nameservers += own.nameservers
    searches += own.searches
    var merged: [(name: String, text: String)] = []
    let ownOptions = own.options.map { option in
      (option.name, option.name + (option.value.map { $0.isEmpty ? "" : ":\($0)" } ?? ""))
    }
    for (name, text) in options.map({ (Self.name(ofOption: $0), $0) }) + ownOptions {
      if let index = merged.firstIndex(where: { $0.name == name }) {
        merged[index].text = text
      } else {
        merged.append((name, text))
      }
    }
    options = merged.map(\.text)
  }

  private static func name(ofOption text: String) -> String { String(text.prefix { $0 != ":" }) }

  private static func distinct(_ words: [String]) -> [String] {
    var seen: Set<String> = []
    return words.filter { !$0.isEmpty && seen.insert($0).inserted }
  }

  private mutating func limit() {
    if nameservers.count > Self.mostNameservers {
      nameservers = Array(nameservers.prefix(Self.mostNameservers))
      warnings.append(
        "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: "
          + nameservers.joined(separator: " ")
      )
    }
    var kept = searches.prefix(Self.mostSearches)
    while kept.reduce(-1, { $0 + $1.utf8.count + 1 }) > Self.mostSearchBytes { kept.removeLast() }
    if kept.count < searches.count {
      searches = Array(kept)
      warnings.append(
        "Search Line limits were exceeded, some search paths have been omitted, the applied search line is: "
          + searches.joined(separator: " ")
      )
    }
  }
}
