import PodModel

/// `v1.Lifecycle` of Kubernetes 1.36.
enum LifecycleFields {
  static let table = FieldTable<Lifecycle>(
    [
      .honoured(
        "postStart",
        \.postStart,
        HandlerFields.reader,
        "Runs beside the container's program right after it began."
      ),
      .honoured("preStop", \.preStop, HandlerFields.reader, "Runs before the stop signal, within the grace period."),
      .honoured(
        "stopSignal",
        \.stopSignal,
        signal,
        "The signal that asks the container to stop; the image's own, else SIGTERM. Needs spec.os."
      ),
    ],
    named: "Lifecycle"
  )

  private static let signal = FieldReader.string.then { text, place, reading -> String? in
    if signals.contains(text) { return text }
    let hint = Suggestion.closest(to: text, among: signals).map { "did you mean \($0)?" }
    reading.error(place, "\(text.quoted) is no signal such as SIGTERM", hint: hint)
    return nil
  }

  /// As `v1.Signal` lists them: those of Linux, and the real-time signals by their distance from either end.
  static let signals: [String] =
    [
      "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL",
      "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1",
      "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
    ].map { "SIG" + $0 } + (1...15).map { "SIGRTMIN+\($0)" } + (1...14).map { "SIGRTMAX-\($0)" }
}

/// `v1.LifecycleHandler`.
struct HandlerFields: Sendable {
  private var exec: [String]?
  private var httpGet: HTTPGetAction?
  private var tcpSocket: TCPSocketAction?
  private var sleep: Int64?

  static let reader = FieldTable<HandlerFields>(
    [
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
        "Sends a GET request; every answer below 400 is a success."
      ),
      .honoured(
        "tcpSocket",
        \.tcpSocket,
        ActionFields.tcpSocket,
        "Does nothing, as in Kubernetes, which keeps it for old manifests."
      ),
      .honoured("sleep", \.sleep, ActionFields.sleep, "Waits."),
    ],
    named: "LifecycleHandler",
    finish: { _, places, reading in
      _ = places.requireOne(of: ["exec", "httpGet", "tcpSocket", "sleep"], "action", reading)
      if let key = places.entries["tcpSocket"]?.key {
        reading.warning(key, "does nothing, as in Kubernetes", hint: "use exec, httpGet or sleep")
      }
    }
  ).reader(HandlerFields()).then { fields, _, _ in fields.handler }

  private var handler: LifecycleHandler? {
    if let command = exec { return .exec(command: command) }
    if let action = httpGet { return .httpGet(action) }
    if let action = tcpSocket { return .tcpSocket(action) }
    return sleep.map { .sleep(seconds: $0) }
  }
}

/// The actions of hooks.
enum ActionFields {
  private struct Command: Sendable { var command: [String] = [] }
  private struct Sleep: Sendable { var seconds: Int64 = 0 }

  /// `v1.ExecAction`.
  static let exec = FieldTable<Command>(
    [
      .honoured(
        "command",
        \.command,
        FieldReader.string.list,
        required: true,
        "Program and arguments; no shell runs them."
      )
    ],
    named: "ExecAction",
    finish: { action, places, reading in
      if let place = places["command"], place.isEmpty { reading.error(place, "must not be empty") }
    }
  ).reader(Command()).then { action, _, _ in action.command.isEmpty ? nil : action.command }

  /// `v1.SleepAction`; the greatest value depends on the pod.
  static let sleep = FieldTable<Sleep>(
    [
      .honoured(
        "seconds",
        \.seconds,
        .integer(0...Int64.max),
        required: true,
        "How long: at most terminationGracePeriodSeconds."
      )
    ],
    named: "SleepAction"
  ).reader(Sleep()).then { action, _, _ in action.seconds }

  /// `v1.TCPSocketAction`.
  static let tcpSocket = FieldTable<TCPSocketAction>(
    [
      .honoured("port", \.port, port, required: true, "A number, or the name of one of the container's ports."),
      .honoured("host", \.host, .string, "Whom to connect to; the pod's address when nothing is said."),
    ],
    named: "TCPSocketAction",
    finish: { action, places, reading in refer(to: action.port, places, reading) }
  ).reader(TCPSocketAction(port: .number(0)))

  /// `v1.HTTPGetAction`.
  static let httpGet = FieldTable<HTTPGetAction>(
    [
      .honoured("path", \.path, printable, default: "/", "Path and query."),
      .honoured("port", \.port, port, required: true, "A number, or the name of one of the container's ports."),
      .honoured("host", \.host, printable, "Whom to connect to; the pod's address when nothing is said."),
      .honoured(
        "scheme",
        \.scheme,
        .choice(),
        default: "HTTP",
        "With or without TLS; the certificate is not verified."
      ),
      .honoured("httpHeaders", \.httpHeaders, header.list, "Further headers; Host names another virtual host."),
    ],
    named: "HTTPGetAction",
    finish: { action, places, reading in
      if action.path.isEmpty { action.path = "/" }
      refer(to: action.port, places, reading)
    }
  ).reader(HTTPGetAction(port: .number(0)))

  private static let header = FieldTable<HTTPGetAction.Header>(
    [
      .honoured("name", \.name, .name(.httpHeader), required: true, "Letters, digits and -."),
      .honoured("value", \.value, printable, required: true, "Its value."),
    ],
    named: "HTTPHeader"
  ).reader(HTTPGetAction.Header(name: "", value: ""))

  /// What is written into a request: a line break in it would begin another header.
  private static let printable = FieldReader.string.then { text, place, reading -> String? in
    if text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control || $0 == "\t" }) { return text }
    reading.error(place, "must not contain control characters")
    return nil
  }

  private static let port = FieldReader<PortReference>(.integerOrString) { place, reading in
    if place.isInteger { return FieldReader.integer(1...65535).read(place, reading).map { .number(UInt16($0)) } }
    guard let text = FieldReader<String>.string.read(place, reading) else { return nil }
    guard let violation = NameRule.portName.violation(in: text) else { return .name(text) }
    let hint = UInt16(text).map { "write \($0) without quotes" }
    reading.error(place, "\(text.quoted) \(violation)", hint: hint)
    return nil
  }

  private static func refer(to port: PortReference, _ places: ObjectPlaces, _ reading: Reading) {
    if case .name(let name) = port, let place = places["port"] { reading.refer(to: .port, name, at: place) }
  }
}
