/// How a container's health is found out (`v1.Probe`).
public struct Probe: Equatable, Sendable {
  /// What an attempt does.
  public var handler: ProbeHandler
  /// Seconds after the container's start before the first attempt.
  public var initialDelaySeconds: Int64
  /// Seconds after which an attempt has failed.
  public var timeoutSeconds: Int64
  /// Seconds between attempts.
  public var periodSeconds: Int64
  /// Successes in a row that make a success.
  public var successThreshold: Int64
  /// Failures in a row that make a failure.
  public var failureThreshold: Int64
  /// The grace period when this probe ends the container; nil for the pod's own.
  public var terminationGracePeriodSeconds: Int64?

  /// A probe; what is not given is Kubernetes' default (`pkg/apis/core/v1/defaults.go`).
  public init(
    handler: ProbeHandler,
    initialDelaySeconds: Int64 = 0,
    timeoutSeconds: Int64 = 1,
    periodSeconds: Int64 = 10,
    successThreshold: Int64 = 1,
    failureThreshold: Int64 = 3,
    terminationGracePeriodSeconds: Int64? = nil
  ) {
    self.handler = handler
    self.initialDelaySeconds = initialDelaySeconds
    self.timeoutSeconds = timeoutSeconds
    self.periodSeconds = periodSeconds
    self.successThreshold = successThreshold
    self.failureThreshold = failureThreshold
    self.terminationGracePeriodSeconds = terminationGracePeriodSeconds
  }
}

/// What an attempt of a probe does (`v1.ProbeHandler`).
public enum ProbeHandler: Equatable, Sendable {
  /// Runs a command in the container; `$(…)` is not expanded.
  case exec(command: [String])
  /// Sends a GET request; every answer from 200 to 399 is a success.
  case httpGet(HTTPGetAction)
  /// Opens a connection.
  case tcpSocket(TCPSocketAction)
}

extension Probe: Codable {
  private enum CodingKeys: CodingKey {
    case exec, httpGet, tcpSocket
    case initialDelaySeconds, timeoutSeconds, periodSeconds, successThreshold, failureThreshold
    case terminationGracePeriodSeconds
  }
  private struct Exec: Codable { var command: [String] }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let handler: ProbeHandler
    if let exec = try container.decodeIfPresent(Exec.self, forKey: .exec) {
      handler = .exec(command: exec.command)
    } else if let action = try container.decodeIfPresent(HTTPGetAction.self, forKey: .httpGet) {
      handler = .httpGet(action)
    } else {
      handler = .tcpSocket(try container.decode(TCPSocketAction.self, forKey: .tcpSocket))
    }
    self.init(handler: handler)
    initialDelaySeconds = try container.decode(.initialDelaySeconds, default: initialDelaySeconds)
    timeoutSeconds = try container.decode(.timeoutSeconds, default: timeoutSeconds)
    periodSeconds = try container.decode(.periodSeconds, default: periodSeconds)
    successThreshold = try container.decode(.successThreshold, default: successThreshold)
    failureThreshold = try container.decode(.failureThreshold, default: failureThreshold)
    terminationGracePeriodSeconds = try container.decodeIfPresent(Int64.self, forKey: .terminationGracePeriodSeconds)
  }

  /// Writes the action under the field that names its kind, and what Kubernetes writes beside it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch handler {
    case .exec(let command): try container.encode(Exec(command: command), forKey: .exec)
    case .httpGet(let action): try container.encode(action, forKey: .httpGet)
    case .tcpSocket(let action): try container.encode(action, forKey: .tcpSocket)
    }
    try container.encode(initialDelaySeconds, forKey: .initialDelaySeconds, unless: 0)
    try container.encode(timeoutSeconds, forKey: .timeoutSeconds)
    try container.encode(periodSeconds, forKey: .periodSeconds)
    try container.encode(successThreshold, forKey: .successThreshold)
    try container.encode(failureThreshold, forKey: .failureThreshold)
    try container.encodeIfPresent(terminationGracePeriodSeconds, forKey: .terminationGracePeriodSeconds)
  }
}
