/// What happens around the start and stop of a container (`v1.Lifecycle`).
public struct Lifecycle: Equatable, Codable, Sendable {
  /// Runs beside the container's program right after it began; the container is not running for others until it is done.
  public var postStart: LifecycleHandler?
  /// Runs before the stop signal, within the grace period.
  public var preStop: LifecycleHandler?
  /// The signal that asks the container to stop, such as `SIGUSR1`; nil for the image's own, else SIGTERM.
  public var stopSignal: String?

  /// Hooks and a stop signal.
  public init(
    postStart: LifecycleHandler? = nil,
    preStop: LifecycleHandler? = nil,
    stopSignal: String? = nil
  ) {
    self.postStart = postStart
    self.preStop = preStop
    self.stopSignal = stopSignal
  }
}

/// What a hook does (`v1.LifecycleHandler`).
public enum LifecycleHandler: Equatable, Sendable {
  /// Runs a command in the container; `$(…)` is not expanded.
  case exec(command: [String])
  /// Sends a GET request; every answer below 400 is a success.
  case httpGet(HTTPGetAction)
  /// Does nothing: Kubernetes keeps it for old manifests and never acts on it.
  case tcpSocket(TCPSocketAction)
  /// Waits this many seconds.
  case sleep(seconds: Int64)
}

/// A GET request (`v1.HTTPGetAction`).
public struct HTTPGetAction: Equatable, Sendable {
  /// `http` or `https`.
  public enum Scheme: String, Codable, CaseIterable, Sendable {
    /// Plain.
    case http = "HTTP"
    /// With TLS; the certificate is not verified.
    case https = "HTTPS"
  }

  /// One header (`v1.HTTPHeader`).
  public struct Header: Equatable, Codable, Sendable {
    /// The field's name.
    public var name: String
    /// The field's value.
    public var value: String

    /// A header.
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Path and query.
  public var path: String
  /// The port's number or the name of one of the container's ports.
  public var port: PortReference
  /// Whom to connect to; nil for the pod's address.
  public var host: String?
  /// With or without TLS.
  public var scheme: Scheme
  /// Further headers; `Host` names another virtual host.
  public var httpHeaders: [Header]

  /// A request.
  public init(
    path: String = "/",
    port: PortReference,
    host: String? = nil,
    scheme: Scheme = .http,
    httpHeaders: [Header] = []
  ) {
    self.path = path
    self.port = port
    self.host = host
    self.scheme = scheme
    self.httpHeaders = httpHeaders
  }
}

/// A connection (`v1.TCPSocketAction`).
public struct TCPSocketAction: Equatable, Codable, Sendable {
  /// The port's number or the name of one of the container's ports.
  public var port: PortReference
  /// Whom to connect to; nil for the pod's address.
  public var host: String?

  /// A connection.
  public init(port: PortReference, host: String? = nil) {
    self.port = port
    self.host = host
  }
}

/// A port by number or by the name that the container gave it (`intstr.IntOrString`).
public enum PortReference: Equatable, Sendable {
  /// 1 to 65535.
  case number(UInt16)
  /// The name of one of the container's ports.
  case name(String)
}

extension PortReference: Codable {
  /// Reads a number or a name.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    // A value tells its kind only by refusing the other one.
    if let number = try? container.decode(UInt16.self) {
      self = .number(number)
    } else {
      self = .name(try container.decode(String.self))
    }
  }

  /// Writes a number or a name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let number): try container.encode(number)
    case .name(let name): try container.encode(name)
    }
  }
}

extension HTTPGetAction: Codable {
  private enum CodingKeys: CodingKey { case path, port, host, scheme, httpHeaders }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    path = try container.decode(.path, default: "/")
    port = try container.decode(PortReference.self, forKey: .port)
    host = try container.decodeIfPresent(String.self, forKey: .host)
    scheme = try container.decode(.scheme, default: .http)
    httpHeaders = try container.decode(.httpHeaders, default: [])
  }

  /// Writes what is there.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(path, forKey: .path)
    try container.encode(port, forKey: .port)
    try container.encodeIfPresent(host, forKey: .host)
    try container.encode(scheme, forKey: .scheme)
    try container.encodeUnlessEmpty(httpHeaders, forKey: .httpHeaders)
  }
}

extension LifecycleHandler: Codable {
  private enum CodingKeys: CodingKey { case exec, httpGet, tcpSocket, sleep }
  private struct Exec: Codable { var command: [String]? }
  private struct Sleep: Codable { var seconds: Int64 }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let exec = try container.decodeIfPresent(Exec.self, forKey: .exec) {
      self = .exec(command: exec.command ?? [])
    } else if let action = try container.decodeIfPresent(HTTPGetAction.self, forKey: .httpGet) {
      self = .httpGet(action)
    } else if let action = try container.decodeIfPresent(TCPSocketAction.self, forKey: .tcpSocket) {
      self = .tcpSocket(action)
    } else {
      self = .sleep(seconds: try container.decode(Sleep.self, forKey: .sleep).seconds)
    }
  }

  /// Writes the action under the field that names its kind.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .exec(let command): try container.encode(Exec(command: command), forKey: .exec)
    case .httpGet(let action): try container.encode(action, forKey: .httpGet)
    case .tcpSocket(let action): try container.encode(action, forKey: .tcpSocket)
    case .sleep(let seconds): try container.encode(Sleep(seconds: seconds), forKey: .sleep)
    }
  }
}
