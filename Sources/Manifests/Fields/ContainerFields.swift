import PodModel

/// `v1.Container` of Kubernetes 1.36.
enum ContainerFields {
  static let table = FieldTable<Container>(honoured + notYet, named: "Container", finish: ContainerChecks.finish)

  private static let honoured: [Field<Container>] = [
    .honoured("name", \.name, .name(.dnsLabel), required: true, "A DNS label, unique in the pod."),
    .honoured("image", \.image, image, required: true, "The image, named as docker names it."),
    .honoured(
      "imagePullPolicy",
      \.imagePullPolicy,
      .choice(),
      default: "Always for the tag latest, else IfNotPresent",
      "When the image is fetched although it is there."
    ),
    .honoured("command", \.command, FieldReader.string.list, "Replaces the image's entrypoint; `$(NAME)` is expanded."),
    .honoured("args", \.args, FieldReader.string.list, "Replaces the image's arguments; `$(NAME)` is expanded."),
    .honoured("workingDir", \.workingDir, .absolutePath, "An absolute path; the image's own when nothing is said."),
    .honoured(
      "ports",
      \.ports,
      PortFields.table.reader(ContainerPort(containerPort: 0)).list,
      "Ports that it listens on: documentation, and names for hooks and probes."
    ),
    .honoured("envFrom", \.envFrom, EnvironmentSourceFields.reader.list, "Objects whose values become variables."),
    .honoured(
      "env",
      \.env,
      EnvironmentFields.table.reader(EnvironmentVariable(name: "", value: "")).list,
      "Variables; they win over those of envFrom."
    ),
    .honoured(
      "resources",
      \.resources,
      ResourceFields.table.reader(ResourceRequirements()),
      "What it is promised and allowed."
    ),
    .honoured(
      "volumeMounts",
      \.volumeMounts,
      VolumeMountFields.table.reader(VolumeMount(name: "", mountPath: "")).list,
      "Where it sees the pod's volumes."
    ),
    .honoured(
      "restartPolicy",
      \.restartPolicy,
      .choice(),
      "When it is started again; as the pod says when nothing is said. Always makes an init container a sidecar."
    ),
    .honoured(
      "lifecycle",
      \.lifecycle,
      LifecycleFields.table.reader(Lifecycle()),
      "What happens around start and stop."
    ),
    .honoured("livenessProbe", \.livenessProbe, ProbeFields.ending, "Ends the container when it fails."),
    .honoured(
      "readinessProbe",
      \.readinessProbe,
      ProbeFields.readiness,
      "Tells whether the container is ready for others."
    ),
    .honoured(
      "startupProbe",
      \.startupProbe,
      ProbeFields.ending,
      "Tells when the container has started; other probes wait for it."
    ),
    .honoured(
      "securityContext",
      \.securityContext,
      SecurityContextFields.container.reader(SecurityContext()),
      "User, capabilities, seccomp and so on; overrides the pod's."
    ),
    .honoured("tty", \.tty, .bool, default: "false", "A terminal instead of pipes."),
    .honoured("stdin", \.stdin, .bool, default: "false", "A standard input instead of /dev/null."),
    .honoured("stdinOnce", \.stdinOnce, .bool, default: "false", "Closes it when the first one who attached has gone."),
    .honoured(
      "terminationMessagePath",
      \.terminationMessagePath,
      FieldReader<String>.absolutePath.placeOfMount,
      default: Defaults.terminationMessagePath,
      "Where the container may leave its last words."
    ),
    .honoured(
      "terminationMessagePolicy",
      \.terminationMessagePolicy,
      .choice(),
      default: "File",
      "What counts as last words when that file is empty."
    ),
  ]

  private static let notYet: [Field<Container>] = [
    .notYet(
      "resizePolicy",
      "remove it; resources cannot be changed while the pod runs",
      .list(.object("ContainerResizePolicy", resizePolicy)),
      "What a change of resources does to the container.",
      accepts: isUsualResizePolicy
    ),
    .notYet(
      "restartPolicyRules",
      "use restartPolicy",
      .list(.opaque("ContainerRestartRule")),
      "Exit codes after which it is started again."
    ),
    .notYet(
      "volumeDevices",
      "remove them; devices of the host come by hostPath",
      .list(.object("VolumeDevice", volumeDevice)),
      "Block devices of volumes."
    ),
  ]

  private static let resizePolicy = [
    FieldOutline("resourceName", .string, "Which resource."),
    FieldOutline("restartPolicy", .string, "What its change does."),
  ]

  private static let volumeDevice = [
    FieldOutline("name", .string, "The claim's volume."),
    FieldOutline("devicePath", .string, "Where the device appears."),
  ]

  /// Servers add such a policy to every container with resources.
  @Sendable
  private static func isUsualResizePolicy(_ place: Place) -> Bool {
    place.isEmpty
      || !place.children.isEmpty && place.children.allSatisfy { $0.child("restartPolicy")?.text == "NotRequired" }
  }

  private static let image = FieldReader.string.then { text, place, reading -> String? in
    guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last else {
      reading.error(place, "must not be empty")
      return nil
    }
    if !first.properties.isWhitespace, !last.properties.isWhitespace { return text }
    reading.error(place, "\(text.quoted) must not begin or end with white space")
    return nil
  }
}

/// `v1.ContainerPort`.
enum PortFields {
  static let table = FieldTable<ContainerPort>(
    [
      .honoured("name", \.name, .name(.portName), "A name for others to refer to, unique in the container."),
      .honoured(
        "containerPort",
        \.containerPort,
        FieldReader.integer(1...65535).then { value, _, _ in UInt16(value) },
        required: true,
        "The port's number."
      ),
      .honoured("protocol", \.protocol, .choice(), default: "TCP", "The protocol."),
      // Judged with the whole pod: on the host's network it is the container's own port.
      .checked("hostPort", .integer(0...65535), "With hostNetwork the same as containerPort; else not yet supported."),
      .notYet("hostIP", "use hostNetwork, or connect to the pod's address", .string, "The host's address of hostPort."),
    ],
    named: "ContainerPort"
  )
}
