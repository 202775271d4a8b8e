import PodModel

/// Sends the requests of a pod's hooks and probes to its containers.
public protocol ContainerRequester: Sendable {
  /// Sends one and waits for the status code. No certificate is verified.
  ///
  /// - Throws: An error whose description tells a person why there is no answer; `CancellationError` when the task is
  ///   cancelled.
  func get(_ request: HTTPRequest) async throws -> Int
  /// Opens a connection and closes it.
  ///
  /// - Throws: An error whose description tells a person why there is none.
  func connect(to host: String, port: UInt16, timeout: Duration) async throws
}

/// Refuses every request.
public struct NoRequests: ContainerRequester {
  /// What is told.
  public struct Refused: Error, CustomStringConvertible {
    /// One sentence for a person.
    public var description: String { "this node sends no requests" }
  }

  /// Sends nothing.
  public init() {}
  /// Throws ``Refused``.
  public func get(_ request: HTTPRequest) async throws -> Int { throw Refused() }
  /// Throws ``Refused``.
  public func connect(to host: String, port: UInt16, timeout: Duration) async throws { throw Refused() }
}

/// One GET request, everything resolved.
public struct HTTPRequest: Hashable, Sendable {
  /// `http` or `https`.
  public var scheme: String
  /// Whom to connect to.
  public var host: String
  /// The port.
  public var port: UInt16
  /// Path and query, beginning with `/`.
  public var path: String
  /// Names and values in order; `Host` and `User-Agent` replace what would be sent.
  public var headers: [Header]
  /// As what it is sent, where no header says it.
  public var userAgent: String
  /// For everything together.
  public var timeout: Duration
  /// Whether the answer is sought where another answer of the same host says that it is.
  public var followsOwnRedirects = false

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
  init(
    _ action: HTTPGetAction,
    of container: Container,
    podAddress: String?,
    userAgent: String,
    timeout: Duration
  ) throws(ConfigurationError) {
    scheme = action.scheme == .https ? "https" : "http"
    port = try container.number(of: action.port, "httpGet.port")
    guard let host = action.host ?? podAddress else {
      throw ConfigurationError("httpGet.host", "the pod has no address to send it to")
    }
    self.host = host
    path = action.path.hasPrefix("/") ? action.path : "/" + action.path
    headers = action.httpHeaders.map { Header(name: $0.name, value: $0.value) }
    self.userAgent = userAgent
    self.timeout = timeout
  }
}

extension Container {
  /// The number of a port that may be named.
  func number(of port: PortReference, _ field: String) throws(ConfigurationError) -> UInt16 {
    switch port {
    case .number(let number): return number
    case .name(let name):
      if let found = ports.first(where: { $0.name == name }) { return found.containerPort }
      throw ConfigurationError(field, "the container has no port of the name \(name)")
    }
  }
}
