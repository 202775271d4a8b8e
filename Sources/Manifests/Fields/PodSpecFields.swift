import PodModel

/// `v1.PodSpec` of Kubernetes 1.36.
enum PodSpecFields {
  static let table = FieldTable<PodSpec>(
    honoured + withoutEffect + notYet,
    named: "PodSpec",
    finish: PodSpecChecks.finish
  )

  private static let containers = ContainerFields.table.reader(Container(name: "", image: "")).list

  private static let honoured: [Field<PodSpec>] = [
    .honoured("containers", \.containers, containers, required: true, "At least one; they run beside each other."),
    .honoured(
      "initContainers",
      \.initContainers,
      containers,
      "Run before the containers, one after the other; those with restartPolicy Always (sidecars) stay beside them."
    ),
    .honoured("volumes", \.volumes, InjectedVolumes.reader(VolumeFields.reader), "What the containers can mount."),
    .honoured("restartPolicy", \.restartPolicy, .choice(), default: "Always", "When containers are started again."),
    .honoured(
      "terminationGracePeriodSeconds",
      \.terminationGracePeriodSeconds,
      FieldReader.integer(0...Int64(Int32.max)).then { value, _, _ in Int(value) },
      default: "30",
      "Seconds between the stop signal and SIGKILL."
    ),
    .honoured(
      "activeDeadlineSeconds",
      \.activeDeadlineSeconds,
      .integer(1...Int64(Int32.max)),
      "Seconds from the pod's start after which it is ended as failed."
    ),
    .honoured(
      "dnsPolicy",
      \.dnsPolicy,
      .choice(),
      default: "ClusterFirst",
      "Where names are resolved: ClusterFirst is Default, the host's own, where no cluster has a DNS; None as dnsConfig says."
    ),
    .honoured("dnsConfig", \.dnsConfig, NameFields.dnsConfig.reader(PodDNSConfig()), "What is added to that."),
    .honoured("hostAliases", \.hostAliases, NameFields.hostAlias.list, "Lines for /etc/hosts."),
    .honoured("hostname", \.hostname, .name(.dnsLabel), default: "the pod's name", "The pod's host name."),
    .honoured("subdomain", \.subdomain, .name(.dnsLabel), "The subdomain of the pod's full name."),
    .honoured(
      "setHostnameAsFQDN",
      \.setHostnameAsFQDN,
      .bool,
      default: "false",
      "The full name as the kernel's host name."
    ),
    .honoured("hostNetwork", \.hostNetwork, .bool, default: "false", "The host's network instead of one of its own."),
    .honoured("hostPID", \.hostPID, .bool, default: "false", "The host's process ids."),
    .honoured("hostIPC", \.hostIPC, .bool, default: "false", "The host's System V IPC and POSIX message queues."),
    .honoured(
      "shareProcessNamespace",
      \.shareProcessNamespace,
      .bool,
      default: "false",
      "One pid namespace for all containers."
    ),
    .honoured(
      "imagePullSecrets",
      \.imagePullSecrets,
      SecretReference.table.reader(SecretReference()).name.list,
      "Secrets with credentials for registries."
    ),
    .honoured(
      "securityContext",
      \.securityContext,
      SecurityContextFields.pod.reader(PodSecurityContext()),
      "What holds for all containers that do not say otherwise."
    ),
    .honoured("os", \.os, OSFields.reader, "The operating system that the pod is for: linux."),
    .checked("hostUsers", .bool, default: "true", "The host's user ids; false, a user namespace, is not yet supported.")
    {
      value,
      place,
      reading in
      if !value {
        reading.error(place, "user namespaces are not yet supported by this version", hint: "leave hostUsers out")
      }
    },
  ]

  private static let withoutEffect: [Field<PodSpec>] = [
    .withoutEffect("nodeName", \.withoutEffect, .string, "The node that a scheduler has chosen."),
    .withoutEffect(
      "nodeSelector",
      \.withoutEffect,
      .map(.string),
      "Labels of nodes it may run on; they must hold for this one."
    ),
    .withoutEffect(
      "affinity",
      \.withoutEffect,
      SchedulingFields.affinity,
      "Where a scheduler puts it; required nodeAffinity must hold for this node."
    ),
    .withoutEffect(
      "tolerations",
      \.withoutEffect,
      .list(SchedulingFields.toleration),
      "Taints of nodes that it bears."
    ),
    .withoutEffect("schedulerName", \.withoutEffect, .string, "Who chooses its node."),
    .withoutEffect(
      "topologySpreadConstraints",
      \.withoutEffect,
      .list(SchedulingFields.spreadConstraint),
      "How pods of its kind are spread."
    ),
    .withoutEffect("schedulingGates", \.withoutEffect, .list(SchedulingFields.gate), "What a scheduler waits for."),
    .withoutEffect(
      "schedulingGroup",
      \.withoutEffect,
      SchedulingFields.group,
      "The pods that a scheduler places together."
    ),
    .withoutEffect("priority", \.withoutEffect, .integer, "How important it is."),
    .withoutEffect("priorityClassName", \.withoutEffect, .string, "The class that tells how important it is."),
    .withoutEffect("preemptionPolicy", \.withoutEffect, .string, "Whether it may displace less important pods."),
    .withoutEffect("serviceAccountName", \.withoutEffect, .string, "Whom it is to a server."),
    .withoutEffect("serviceAccount", \.withoutEffect, .string, "The old name of serviceAccountName."),
    .withoutEffect(
      "automountServiceAccountToken",
      \.withoutEffect,
      .boolean,
      "Whether it gets a token of its account."
    ),
    .withoutEffect("enableServiceLinks", \.withoutEffect, .boolean, "Whether it gets variables about Services."),
  ]

  private static let notYet: [Field<PodSpec>] = [
    .notYet(
      "ephemeralContainers",
      "remove them; they are for running pods",
      .list(.object("EphemeralContainer", ContainerFields.table.shape.fields + [target])),
      "Containers that were added to look at a running pod."
    ),
    .notYet("hostnameOverride", "use hostname", .string, "The host name, whatever the pod is called."),
    .notYet(
      "overhead",
      "it belongs to runtimeClassName; remove it",
      .map(.quantity),
      "What the runtime class itself needs."
    ),
    .notYet(
      "readinessGates",
      "remove them",
      .list(.object("PodReadinessGate", [FieldOutline("conditionType", .string, "The condition.")])),
      "Conditions that others set and readiness waits for."
    ),
    .notYet(
      "resourceClaims",
      "remove them",
      .list(.opaque("PodResourceClaim")),
      "Devices that are allocated to the pod."
    ),
    .notYet(
      "resources",
      "set resources of each container",
      ResourceFields.table.shape,
      "What all containers together are promised and allowed."
    ),
    .notYet("runtimeClassName", "remove it; the native runtime is used", .string, "What runs the containers."),
  ]

  private static let target = FieldOutline("targetContainerName", .string, "Whose processes it sees.")
}

/// `v1.PodOS`.
struct OSFields {
  private var name = PodOS.linux

  static let reader = FieldTable<OSFields>(
    [
      .honoured("name", \.name, .choice(refusing: ["windows": "this is a Linux node"]), required: true, "linux.")
    ],
    named: "PodOS"
  ).reader(OSFields()).then { fields, _, _ in fields.name }
}

/// `v1.LocalObjectReference` to a Secret.
struct SecretReference: Sendable {
  var name = ""

  static let table = FieldTable<SecretReference>(
    [.honoured("name", \.name, .name(.dnsSubdomain), required: true, "The Secret, of the pod's namespace.")],
    named: "LocalObjectReference"
  )
}

extension FieldReader where Value == SecretReference {
  /// Only the name.
  fileprivate var name: FieldReader<String> { then { reference, _, _ in reference.name } }
}
