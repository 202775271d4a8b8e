/// The rules that Kubernetes has for names; each says what is wrong with a text in words.
public enum NameRule: Sendable {
  /// RFC 1123 label: container names, namespaces, host names.
  case dnsLabel
  /// RFC 1123 subdomain: pod names.
  case dnsSubdomain
  /// IANA service name (RFC 6335): names of ports.
  case portName
  /// Keys of labels: an optional subdomain and a slash, then a name.
  case qualifiedName
  /// Keys of annotations: the same, but for the case of letters in the subdomain.
  case annotationName
  /// Values of labels.
  case labelValue
  /// Names of environment variables: printable ASCII without `=`.
  case environmentVariable
  /// Keys of Secrets and ConfigMaps: letters, digits, `-`, `_` and `.`; never `.` or `..`.
  case dataKey
  /// Names of HTTP headers: letters, digits and `-`.
  case httpHeader
  /// Domains that names are looked up in: subdomains whose parts may have `_`, with or without a dot at the end.
  case searchDomain
  /// Names of sysctls, with dots or slashes between their parts.
  case sysctl
  /// What may stand for a pod in a path: letters, digits and hyphens, as every UUID does.
  case uid

  /// What is wrong with `text`; nil when nothing is.
  public func violation(in text: String) -> String? {
    let bytes = Array(text.utf8)
    if bytes.isEmpty { return self == .labelValue ? nil : "must not be empty" }
    return switch self {
    case .dnsLabel: Self.label(bytes)
    case .dnsSubdomain: Self.subdomain(bytes)
    case .portName: Self.portName(bytes)
    case .qualifiedName: Self.qualifiedName(bytes)
    case .annotationName: Self.qualifiedName(bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 })
    case .labelValue: Self.wordOfLabel(bytes)
    case .environmentVariable:
      bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "=") }
        ? nil : "must consist of printable ASCII characters other than ="
    case .dataKey: Self.dataKey(bytes)
    case .httpHeader:
      bytes.allSatisfy { $0.isAlphanumeric || $0 == UInt8(ascii: "-") } ? nil : "must consist of letters, digits and -"
    case .searchDomain: Self.searchDomain(bytes)
    case .sysctl: Self.sysctl(bytes)
    case .uid:
      bytes.count > 63
        ? "must be at most 63 characters long"
        : Self.delimited(bytes, { $0.isAlphanumeric || $0 == UInt8(ascii: "-") }, ends: \.isAlphanumeric)
          ? nil : "must consist of letters, digits and -, and start and end with a letter or digit"
    }
  }

  private static func dataKey(_ bytes: [UInt8]) -> String? {
    if bytes.count > 253 { return "must be at most 253 characters long" }
    if bytes.starts(with: "..".utf8) || bytes == Array(".".utf8) { return "must not be . nor begin with .." }
    return bytes.allSatisfy { $0.isAlphanumeric || "-_.".utf8.contains($0) }
      ? nil : "must consist of letters, digits, -, _ and ."
  }

  /// The root alone stands for no domain at all. `_` is for SRV records, such as `_tcp.example.com`.
  private static func searchDomain(_ bytes: [UInt8]) -> String? {
    if bytes == Array(".".utf8) { return nil }
    let name = bytes.last == UInt8(ascii: ".") ? bytes.dropLast() : bytes[...]
    if name.isEmpty { return "must not be empty" }
    return subdomain(name.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "x") : $0 })
  }

  private static func label(_ bytes: [UInt8]) -> String? {
    if bytes.count > 63 { return "must be at most 63 characters long" }
    if isLabel(bytes[...]) { return nil }
    return "must consist of lower case letters, digits and -, and start and end with a letter or digit"
  }

  private static func subdomain(_ bytes: [UInt8]) -> String? {
    if bytes.count > 253 { return "must be at most 253 characters long" }
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    if parts.allSatisfy(isLabel) { return nil }
    return
      "must consist of lower case letters, digits, - and ., and each part must start and end with a letter or digit"
  }

  private static func isLabel(_ bytes: ArraySlice<UInt8>) -> Bool {
    delimited(bytes, { $0.isLowercase || $0.isDigit || $0 == UInt8(ascii: "-") }, ends: \.isAlphanumeric)
  }

  private static func portName(_ bytes: [UInt8]) -> String? {
    if bytes.count > 15 { return "must be at most 15 characters long" }
    guard isLabel(bytes[...]) else {
      return "must consist of lower case letters, digits and -, and start and end with a letter or digit"
    }
    if !bytes.contains(where: \.isLowercase) { return "must contain at least one letter" }
    for (one, next) in zip(bytes, bytes.dropFirst()) where one == UInt8(ascii: "-") && next == one {
      return "must not contain --"
    }
    return nil
  }

  private static func qualifiedName(_ bytes: [UInt8]) -> String? {
    let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard parts.count <= 2, let name = parts.last else { return "must have at most one /" }
    if parts.count == 2, let prefix = parts.first {
      if prefix.isEmpty { return "must have a DNS subdomain before /" }
      if let problem = subdomain(Array(prefix)) { return "the part before / \(problem)" }
    }
    if name.isEmpty { return "must have a name" + (parts.count == 2 ? " after /" : "") }
    return wordOfLabel(Array(name))
  }

  private static func wordOfLabel(_ bytes: [UInt8]) -> String? {
    if bytes.count > 63 { return "must be at most 63 characters long" }
    let isInner: (UInt8) -> Bool = { $0.isAlphanumeric || [UInt8(ascii: "-"), 0x5F, 0x2E].contains($0) }
    return delimited(bytes, isInner, ends: \.isAlphanumeric)
      ? nil : "must consist of letters, digits, -, _ and ., and start and end with a letter or digit"
  }

  private static func sysctl(_ bytes: [UInt8]) -> String? {
    if bytes.count > 253 { return "must be at most 253 characters long" }
    let parts = bytes.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }
    let isInner: (UInt8) -> Bool = { $0.isLowercase || $0.isDigit || $0 == UInt8(ascii: "-") || $0 == 0x5F }
    if parts.allSatisfy({ delimited($0, isInner, ends: \.isAlphanumeric) }) { return nil }
    return "must be a name such as net.ipv4.ip_forward: lower case letters, digits, -, _ between dots or slashes"
  }

  private static func delimited(
    _ bytes: some BidirectionalCollection<UInt8>,
    _ isInner: (UInt8) -> Bool,
    ends isEnd: (UInt8) -> Bool
  ) -> Bool {
    guard let first = bytes.first, let last = bytes.last, isEnd(first), isEnd(last) else { return false }
    return bytes.allSatisfy(isInner)
  }
}

extension UInt8 {
  fileprivate var isLowercase: Bool { self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") }
  fileprivate var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
  fileprivate var isAlphanumeric: Bool {
    isLowercase || isDigit || (self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z"))
  }
}
