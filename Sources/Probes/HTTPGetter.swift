import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Sends GET requests to containers, as the kubelet's handlers do: certificates are not verified, redirects are not
/// followed, the body of an answer is not read.
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

    /// Makes a request.
    public init(scheme: String, host: String, port: UInt16, path: String, headers: [(name: String, value: String)]) {
      self.scheme = scheme
      self.host = host
      self.port = port
      self.path = path
      self.headers = headers
    }
  }

  private let userAgent: String
  private let client = Mutex<HTTPClient?>(nil)

  /// Makes a sender that calls itself `userAgent` where the request does not say otherwise.
  public init(userAgent: String) {
    self.userAgent = userAgent
  }

  /// Sends a request and returns the status code of the answer.
  ///
  /// - Parameter timeout: For everything together.
  /// - Throws: What the connection or the answer lacked, and `CancellationError` when the task is cancelled.
  public func status(of request: Request, timeout: Duration) async throws -> Int {
    let host = request.host.contains(":") ? "[\(request.host)]" : request.host
    let path = Self.escaped(request.path)
    var message = HTTPClientRequest(url: "\(request.scheme)://\(host):\(request.port)\(path)")
    message.method = .GET
    for header in request.headers { message.headers.add(name: header.name, value: header.value) }
    for (name, value) in [("User-Agent", userAgent), ("Accept", "*/*"), ("Connection", "close")]
    where !message.headers.contains(name: name) {
      message.headers.add(name: name, value: value)
    }
    let response = try await usable().execute(message, timeout: TimeAmount(timeout))
    return Int(response.status.code)
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
