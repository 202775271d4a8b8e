import PodModel

/// `v1.Probe` of Kubernetes 1.36.
struct ProbeFields: Sendable {
  private var exec: [String]?
  private var httpGet: HTTPGetAction?
  private var tcpSocket: TCPSocketAction?
  private var initialDelaySeconds: Int64 = 0
  private var timeoutSeconds: Int64 = 0
  private var periodSeconds: Int64 = 0
  private var successThreshold: Int64 = 0
  private var failureThreshold: Int64 = 0
  private var terminationGracePeriodSeconds: Int64?

  /// Of probes that end their container.
  static let ending = FieldTable<ProbeFields>(fields, named: "Probe") { probe, places, reading in
    finish(places, reading)
    guard probe.successThreshold > 1, let place = places["successThreshold"] else { return }
    reading.error(place, "must be 1 for a probe that ends its container, found \(probe.successThreshold)")
  }.reader(ProbeFields()).then { fields, _, _ in fields.probe }

  /// Of those that do not.
  static let readiness = FieldTable<ProbeFields>(fields, named: "Probe") { _, places, reading in
    finish(places, reading)
    guard let key = places.entries["terminationGracePeriodSeconds"]?.key else { return }
    reading.error(key, "must not be set for a readiness probe, which ends no container")
  }.reader(ProbeFields()).then { fields, _, _ in fields.probe }

  /// All of its fields, for explanations.
  static let table = FieldTable<ProbeFields>(fields, named: "Probe") { _, places, reading in finish(places, reading) }

  private static let fields: [Field<ProbeFields>] = [
    .honoured(
      "exec",
      \.exec,
      ActionFields.exec,
      "Runs a command in the container; a status other than 0 is a failure."
    ),
    .honoured(
      "httpGet",
      \.httpGet,
      ActionFields.httpGet,
      "Sends a GET request; every answer from 200 to 399 is a success."
    ),
    .honoured("tcpSocket", \.tcpSocket, ActionFields.tcpSocket, "Opens a connection."),
    .notYet(
      "grpc",
      "use exec, httpGet or tcpSocket",
      .object("GRPCAction", grpc),
      "Asks a server by the gRPC health checking protocol."
    ),
    .honoured(
      "initialDelaySeconds",
      \.initialDelaySeconds,
      seconds,
      default: "0",
      "Seconds after the container's start before the first attempt."
    ),
    .honoured("timeoutSeconds", \.timeoutSeconds, seconds, default: "1", "Seconds after which an attempt has failed."),
    .honoured("periodSeconds", \.periodSeconds, seconds, default: "10", "Seconds between attempts."),
    .honoured(
      "successThreshold",
      \.successThreshold,
      seconds,
      default: "1",
      "Successes in a row after a failure that make a success."
    ),
    .honoured(
      "failureThreshold",
      \.failureThreshold,
      seconds,
      default: "3",
      "Failures in a row that make a failure."
    ),
    .honoured(
      "terminationGracePeriodSeconds",
      \.terminationGracePeriodSeconds,
      .integer(1...Int64(Int32.max)),
      "The grace period when this probe ends the container; the pod's own when nothing is said."
    ),
  ]

  /// 0 is as if nothing were said.
  private static let seconds = FieldReader<Int64>.integer(0...Int64(Int32.max))

  private static let grpc: [FieldOutline] = [
    FieldOutline("port", .integer, "The port's number."),
    FieldOutline("service", .string, "The service that is asked about."),
  ]

  private static func finish(_ places: ObjectPlaces, _ reading: Reading) {
    _ = places.requireOne(of: ["exec", "httpGet", "tcpSocket"], or: ["grpc"], "action", reading)
  }

  private var probe: Probe? {
    let handler: ProbeHandler
    if let command = exec {
      handler = .exec(command: command)
    } else if let action = httpGet {
      handler = .httpGet(action)
    } else if let action = tcpSocket {
      handler = .tcpSocket(action)
    } else {
      return nil
    }
    var probe = Probe(handler: handler, initialDelaySeconds: initialDelaySeconds)
    if timeoutSeconds > 0 { probe.timeoutSeconds = timeoutSeconds }
    if periodSeconds > 0 { probe.periodSeconds = periodSeconds }
    if successThreshold > 0 { probe.successThreshold = successThreshold }
    if failureThreshold > 0 { probe.failureThreshold = failureThreshold }
    probe.terminationGracePeriodSeconds = terminationGracePeriodSeconds
    return probe
  }
}
