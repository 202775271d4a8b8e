import Glibc

/// What a host is, as far as its name or address tells.
enum HostKind: Equatable {
  /// This machine.
  case loopback
  /// An address that only this machine's network reaches: link-local (cloud metadata services among them), unspecified.
  case local
  /// An address of a private network (RFC 1918, RFC 4193).
  case privateNetwork
  /// Anything else.
  case other

  /// - Parameter authority: A host name or address, with a port or without: `127.0.0.1:5000`, `[::1]:5000`, `::1`.
  init(authority: String) {
    self = Self.kind(Self.host(of: authority))
  }

  /// The host without port and brackets, in lower case.
  static func host(of authority: String) -> String {
    let text = authority.lowercased()
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      return String(text[text.index(after: text.startIndex)..<end])
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count == 2 ? String(parts[0]) : text
  }

  private static func kind(_ host: String) -> HostKind {
    if host == "localhost" || host.hasSuffix(".localhost") { return .loopback }
    var four = in_addr()
    // inet_aton reads what browsers and C libraries do: 127.1, 0x7f000001.
    if inet_aton(host, &four) != 0 { return kind(withUnsafeBytes(of: four.s_addr) { Array($0) }) }
    var six = in6_addr()
    guard inet_pton(AF_INET6, host, &six) == 1 else { return .other }
    let bytes = withUnsafeBytes(of: &six) { Array($0) }
    let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
    if isMapped { return kind(Array(bytes.suffix(4))) }
    if bytes.prefix(15).allSatisfy({ $0 == 0 }) { return bytes[15] == 1 ? .loopback : .local }
    if bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80 { return .local }
    return bytes[0] & 0xfe == 0xfc ? .privateNetwork : .other
  }

  private static func kind(_ four: [UInt8]) -> HostKind {
    switch (four[0], four[1]) {
    case (127, _): .loopback
    case (0, _), (169, 254): .local
    case (10, _), (192, 168), (172, 16...31), (100, 64...127): .privateNetwork
    default: .other
    }
  }
}
