import AsyncHTTPClient
import NIOHTTP1

/// Where an answer says that the thing asked for is.
struct Redirect {
  /// The URL to ask next, on the same host.
  let target: String

  /// Nil for an answer that is no redirect, or that leads to another host.
  init?(_ response: HTTPClientResponse, of url: String) {
    let isRedirect = [301, 302, 303, 307, 308].contains(response.status.code)
    guard isRedirect, let location = response.headers.first(name: "Location"),
      let target = Self.target(location, from: url)
    else { return nil }
    self.target = target
  }

  /// A reference as RFC 3986 resolves it (section 5.2), as far as servers send them: a URL, or a path of the same host.
  static func target(_ location: String, from url: String) -> String? {
    guard let origin = Origin(url) else { return nil }
    if let other = Origin(location) { return other.host == origin.host ? location : nil }
    // A URL of another kind, or with a user's name in it.
    if location.contains("://") { return nil }
    if location.hasPrefix("//") { return target("\(origin.scheme):\(location)", from: url) }
    if location.hasPrefix("/") { return "\(origin.scheme)://\(origin.authority)\(location)" }
    let path = url.dropFirst("\(origin.scheme)://\(origin.authority)".count).prefix { $0 != "?" }
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
    return "\(origin.scheme)://\(origin.authority)\(folder)\(location)"
  }

  /// The beginning of a URL.
  private struct Origin {
    let scheme: String
    let authority: String
    /// Without the port.
    let host: String

    init?(_ url: String) {
      guard let mark = url.firstRange(of: "://") else { return nil }
      scheme = String(url[..<mark.lowerBound])
      guard ["http", "https"].contains(scheme) else { return nil }
      authority = String(url[mark.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" })
      guard !authority.isEmpty, !authority.contains("@") else { return nil }
      host =
        authority.hasPrefix("[")
        ? String(authority.prefix { $0 != "]" }) : String(authority.prefix { $0 != ":" })
    }
  }
}
