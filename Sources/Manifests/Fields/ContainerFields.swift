import PodModel

/// `v1.Container` of Kubernetes 1.36.
enum ContainerFields {
  static let table = FieldTable<Container>(honoured + notYet, finish: finish)

  private static let honoured: [Field<Container>] = [
    .honoured("name", \.name, .name(.dnsLabel), required: true),
    .honoured("image", \.image, image, required: true),
    .honoured("imagePullPolicy", \.imagePullPolicy, .choice()),
    .honoured("command", \.command, FieldReader.string.list),
    .honoured("args", \.args, FieldReader.string.list),
    .honoured("workingDir", \.workingDir, .absolutePath),
    .honoured("ports", \.ports, PortFields.table.reader(ContainerPort(containerPort: 0)).list),
    .honoured("env", \.env, EnvironmentFields.table.reader(EnvironmentVariable(name: "", value: "")).list),
    .honoured("resources", \.resources, ResourceFields.table.reader(ResourceRequirements())),
    .honoured("securityContext", \.securityContext, SecurityContextFields.container.reader(SecurityContext())),
    .honoured("lifecycle", \.lifecycle, LifecycleFields.table.reader(Lifecycle())),
    .honoured("tty", \.tty, .bool),
    .honoured("stdin", \.stdin, .bool),
    .honoured("stdinOnce", \.stdinOnce, .bool),
    .honoured("terminationMessagePath", \.terminationMessagePath, .absolutePath),
    .honoured("terminationMessagePolicy", \.terminationMessagePolicy, .choice()),
  ]

  private static let notYet: [Field<Container>] = [
    .notYet("envFrom", "write the variables under env"),
    .notYet("livenessProbe", "let the process end when it is broken: restartPolicy starts it again"),
    .notYet("readinessProbe", "remove it; the container is ready as soon as it runs"),
    .notYet("resizePolicy", "remove it; resources cannot be changed while the pod runs"),
    .notYet("restartPolicy", "use the pod's restartPolicy"),
    .notYet("restartPolicyRules", "use the pod's restartPolicy"),
    .notYet("startupProbe", "remove it; the container has started as soon as it runs"),
    .notYet("volumeDevices", "remove them"),
    .notYet("volumeMounts", "put files into the image, or pass settings by env"),
  ]

  private static let image = FieldReader.string.then { text, place, reading -> String? in
    guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last else {
      reading.error(place, "must not be empty")
      return nil
    }
    if !first.properties.isWhitespace, !last.properties.isWhitespace { return text }
    reading.error(place, "\(text.quoted) must not begin or end with white space")
    return nil
  }

  private static func finish(_ container: inout Container, _ places: ObjectPlaces, _ reading: Reading) {
    if places["imagePullPolicy"] == nil {
      container.imagePullPolicy = Defaults.imagePullPolicy(forImage: container.image)
    }
    var names: Set<String> = []
    for variable in places["env"]?.children ?? [] {
      guard let name = variable.child("name"), let text = name.text else { continue }
      if !names.insert(text).inserted {
        reading.warning(name, "\(text.quoted): set twice", hint: "the last one counts")
      }
    }
  }
}

/// `v1.ContainerPort`.
enum PortFields {
  static let table = FieldTable<ContainerPort>([
    .honoured("name", \.name, .name(.portName)),
    .honoured(
      "containerPort",
      \.containerPort,
      FieldReader.integer(1...65535).then { value, _, _ in UInt16(value) },
      required: true
    ),
    .honoured("protocol", \.protocol, .choice()),
    // Judged with the whole pod: on the host's network it is the container's own port.
    .checked("hostPort", .integer(0...65535)) { _, _, _ in },
    .notYet("hostIP", "use hostNetwork, or connect to the pod's address"),
  ])
}

/// `v1.EnvVar`.
enum EnvironmentFields {
  static let table = FieldTable<EnvironmentVariable>([
    .honoured("name", \.name, .name(.environmentVariable), required: true),
    .honoured("value", \.value, .string),
    .notYet("valueFrom", "write the value itself"),
  ])
}

/// `v1.Lifecycle`.
enum LifecycleFields {
  static let table = FieldTable<Lifecycle>([
    .honoured("stopSignal", \.stopSignal, signal),
    .notYet("postStart", "do its work at the start of the container's command"),
    .notYet("preStop", "do its work when the process is asked to stop by SIGTERM"),
  ])

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
