import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Sends GET requests to containers, as the kubelet's hooks and probes do: certificates are not verified, the body of an
/// answer is not read.
///
/// The client with its threads is made for the first request: most pods need none.
public final class HTTPGetter: Sendable {
  /// One request.
  public struct Request: Sendable {
    /// `http` or `https`.
    public var scheme: String
    /// Whom to connect to.
    public var host: String
    /// The port.
    public var port: UInt16
    /// Path and query, beginning with `/`.
    public var path: String
    /// Names and values; `Host` replaces the one that would be sent.
    public var headers: [(name: String, value: String)]
    /// As what it is sent, where no header says it.
    public var userAgent: String

    /// Makes a request.
    public init(
      scheme: String,
      host: String,
      port: UInt16,
      path: String,
      headers: [(name: String, value: String)],
      userAgent: String
    ) {
      self.scheme = scheme
      self.host = host
      self.port = port
      self.path = path
      self.headers = headers
      self.userAgent = userAgent
    }
  }

  private let client = Mutex<HTTPClient?>(nil)

  /// Makes a sender.
  public init() {}

  /// Redirects that are followed (kubelet `pkg/probe/http`).
  private static let mostRedirects = 10

  /// Sends a request and returns the status code of the answer.
  ///
  /// - Parameters:
  ///   - timeout: For everything together.
  ///   - followingOwnRedirects: Whether an answer that leads to the same host is followed; one that leads elsewhere never is.
  /// - Throws: What the connection or the answer lacked, and `CancellationError` when the task is cancelled.
  public func status(of request: Request, timeout: Duration, followingOwnRedirects: Bool = false) async throws -> Int {
    let host = request.host.contains(":") ? "[\(request.host)]" : request.host
    var url = "\(request.scheme)://\(host):\(request.port)\(Self.escaped(request.path))"
    let deadline = NIODeadline.now() + TimeAmount(timeout)
    for _ in 0...Self.mostRedirects {
      let response = try await usable().execute(message(request, to: url), deadline: deadline)
      guard followingOwnRedirects, let next = Redirect(response, of: url)?.target else {
        return Int(response.status.code)
      }
      url = next
    }
    throw TooManyRedirects()
  }

  private struct TooManyRedirects: Error, CustomStringConvertible {
    var description: String { "stopped after \(mostRedirects) redirects" }
  }

  private func message(_ request: Request, to url: String) -> HTTPClientRequest {
    var message = HTTPClientRequest(url: url)
    message.method = .GET
    for header in request.headers { message.headers.add(name: header.name, value: header.value) }
    for (name, value) in [("User-Agent", request.userAgent), ("Accept", "*/*"), ("Connection", "close")]
    where !message.headers.contains(name: name) {
      message.headers.add(name: name, value: value)
    }
    return message
  }

  /// What a URL cannot hold as it is (RFC 3986, section 2); escapes that are there stay what they are.
  static func escaped(_ path: String) -> String {
    let digits = Array("0123456789ABCDEF")
    return path.utf8.reduce(into: "") { text, byte in
      let isPlain = byte > 0x20 && byte < 0x7f && !"\"<>\\^`{|}#".utf8.contains(byte)
      if isPlain {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
  }

  /// Ends the client, if there is one.
  public func shutDown() async throws {
    let client = client.withLock { client in
      defer { client = nil }
      return client
    }
    try await client?.shutdown()
  }

  private func usable() -> HTTPClient {
    client.withLock { client in
      if let client { return client }
      var tls = TLSConfiguration.makeClientConfiguration()
      // A hook or probe asks a container of the same node; Kubernetes promises not to verify.
      tls.certificateVerification = .none
      var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
      configuration.httpVersion = .http1Only
      let made = HTTPClient(
        eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton),
        configuration: configuration
      )
      client = made
      return made
    }
  }
}
