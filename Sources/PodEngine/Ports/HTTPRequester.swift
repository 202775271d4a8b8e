import PodModel

/// Sends the GET requests of a pod's hooks.
public protocol HTTPRequester: Sendable {
  /// Sends one and waits for the status code. No certificate is verified and redirects are not followed.
  ///
  /// - Throws: An error whose description tells a person why there is no answer; `CancellationError` when the task is
  ///   cancelled.
  func get(_ request: HookRequest) async throws -> Int
}

/// Refuses every request.
public struct NoRequests: HTTPRequester {
  /// What is told.
  public struct Refused: Error, CustomStringConvertible {
    /// One sentence for a person.
    public var description: String { "this node sends no requests" }
  }

  /// Sends nothing.
  public init() {}
  /// Throws ``Refused``.
  public func get(_ request: HookRequest) async throws -> Int { throw Refused() }
}

/// One GET request, everything resolved.
public struct HookRequest: Hashable, Sendable {
  /// `http` or `https`.
  public var scheme: String
  /// Whom to connect to.
  public var host: String
  /// The port.
  public var port: UInt16
  /// Path and query, beginning with `/`.
  public var path: String
  /// Names and values in order; `Host` replaces the one that would be sent.
  public var headers: [Header]

  /// One header.
  public struct Header: Hashable, Sendable {
    /// The field's name.
    public var name: String
    /// The field's value.
    public var value: String
  }

  /// The request of an action.
  ///
  /// - Parameter podAddress: Where a request goes that names no host.
  /// - Throws: ``ConfigurationError`` for the name of a port that the container does not have, or without an address.
  init(_ action: HTTPGetAction, of container: Container, podAddress: String?) throws(ConfigurationError) {
    scheme = action.scheme == .https ? "https" : "http"
    switch action.port {
    case .number(let number): port = number
    case .name(let name):
      guard let found = container.ports.first(where: { $0.name == name }) else {
        throw ConfigurationError("httpGet.port", "the container has no port of the name \(name)")
      }
      port = found.containerPort
    }
    guard let host = action.host ?? podAddress else {
      throw ConfigurationError("httpGet.host", "the pod has no address to send it to")
    }
    self.host = host
    path = action.path.hasPrefix("/") ? action.path : "/" + action.path
    headers = action.httpHeaders.map { Header(name: $0.name, value: $0.value) }
  }
}
