import PodModel

/// `v1.PodSecurityContext` and `v1.SecurityContext` of Kubernetes 1.36.
enum SecurityContextFields {
  static let pod = FieldTable<PodSecurityContext>(
    [
      .honoured("runAsUser", \.runAsUser, id, "The user; the image's when nothing is said."),
      .honoured("runAsGroup", \.runAsGroup, id, "The primary group; the image's when nothing is said, else 0."),
      .honoured("runAsNonRoot", \.runAsNonRoot, .bool, "Refuses to start containers as user 0."),
      .honoured("supplementalGroups", \.supplementalGroups, id.list, "Groups beside the primary one."),
      .honoured(
        "supplementalGroupsPolicy",
        \.supplementalGroupsPolicy,
        .choice(),
        default: "Merge",
        "Whether the image's own group file adds to them."
      ),
      .honoured("fsGroup", \.fsGroup, id, "A group of all containers that also owns the pod's volumes."),
      .honoured(
        "fsGroupChangePolicy",
        \.fsGroupChangePolicy,
        .choice(),
        default: "Always",
        "When the ownership of volumes is changed."
      ),
      .honoured("sysctls", \.sysctls, sysctl.list, "Kernel parameters of the pod's namespaces."),
      .honoured(
        "seccompProfile",
        \.seccompProfile,
        SeccompFields.reader,
        "The system calls that the containers may use."
      ),
    ] + notYet() + [
      .notYet("seLinuxChangePolicy", "remove it; volumes are not relabelled", .string, "How volumes are relabelled.")
    ],
    named: "PodSecurityContext",
    finish: { context, places, reading in checkRoot(context.runAsNonRoot, context.runAsUser, places, reading) }
  )

  static let container = FieldTable<SecurityContext>(
    [
      .honoured(
        "privileged",
        \.privileged,
        .bool,
        default: "false",
        "All capabilities and devices, no seccomp, nothing masked."
      ),
      .honoured(
        "allowPrivilegeEscalation",
        \.allowPrivilegeEscalation,
        .bool,
        default: "true",
        "false sets no_new_privs."
      ),
      .honoured("capabilities", \.capabilities, capabilities.reader(Capabilities()), "Changes of the default set."),
      .honoured(
        "readOnlyRootFilesystem",
        \.readOnlyRootFilesystem,
        .bool,
        default: "false",
        "A root filesystem that nothing can be written to."
      ),
      .honoured("runAsUser", \.runAsUser, id, "The user; overrides the pod's."),
      .honoured("runAsGroup", \.runAsGroup, id, "The primary group; overrides the pod's."),
      .honoured("runAsNonRoot", \.runAsNonRoot, .bool, "Refuses to start as user 0; overrides the pod's."),
      .honoured(
        "procMount",
        \.procMount,
        procMount,
        default: "Default",
        "What of /proc is masked; Unmasked is not yet supported."
      ),
      .honoured("seccompProfile", \.seccompProfile, SeccompFields.reader, "Overrides the pod's."),
    ] + notYet(),
    named: "SecurityContext",
    finish: { context, places, reading in
      checkRoot(context.runAsNonRoot, context.runAsUser, places, reading)
      checkEscalation(context, places, reading)
    }
  )

  /// Confinement that this version cannot give is refused, never dropped.
  private static func notYet<Model>() -> [Field<Model>] {
    [
      .notYet(
        "seLinuxOptions",
        "remove them; SELinux labels are not set",
        .object("SELinuxOptions", seLinux),
        "SELinux labels."
      ),
      .notYet(
        "appArmorProfile",
        "remove it; AppArmor profiles are not loaded",
        .object("AppArmorProfile", profile),
        "An AppArmor profile."
      ),
      .notYet(
        "windowsOptions",
        "remove them; this is a Linux node",
        .opaque("WindowsSecurityContextOptions"),
        "Settings of Windows."
      ),
    ]
  }

  private static let seLinux = ["user", "role", "type", "level"].map { FieldOutline($0, .string, "Part of the label.") }

  private static let profile = [
    FieldOutline("type", .string, "RuntimeDefault, Unconfined or Localhost."),
    FieldOutline("localhostProfile", .string, "A profile that the node has loaded."),
  ]

  /// User and group ids: Kubernetes ends at 2^31-1.
  private static let id = FieldReader.integer(0...Int64(Int32.max)).then { value, _, _ in UInt32(value) }

  private static let sysctl = FieldTable<Sysctl>(
    [
      .honoured(
        "name",
        \.name,
        .name(.sysctl),
        required: true,
        "Its name, such as net.ipv4.ip_unprivileged_port_start."
      ),
      .honoured("value", \.value, .string, required: true, "What is written to it."),
    ],
    named: "Sysctl"
  ).reader(Sysctl(name: "", value: ""))

  private static let capabilities = FieldTable<Capabilities>(
    [
      .honoured(
        "add",
        \.add,
        capability.list,
        "Given beside the default set; what is both added and dropped is there."
      ),
      .honoured("drop", \.drop, capability.list, "Taken away; ALL takes away the whole set."),
    ],
    named: "Capabilities"
  )

  private static let capability = FieldReader.string.then { text, place, reading -> String? in
    if let name = Capabilities.canonicalName(text) { return name }
    let hint = Suggestion.closest(to: text, among: Capabilities.known + ["ALL"]).map { "did you mean \($0)?" }
    reading.error(place, "\(text.quoted) is no capability of Linux", hint: hint)
    return nil
  }

  private static let procMount = FieldReader<ProcMount>.choice().then { value, place, reading -> ProcMount? in
    if value == .default { return value }
    let message = "Unmasked needs a user namespace, which is not yet supported by this version"
    reading.error(place, message, hint: "remove it; privileged containers see all of /proc")
    return nil
  }

  private static func checkRoot(_ nonRoot: Bool?, _ user: UInt32?, _ places: ObjectPlaces, _ reading: Reading) {
    guard nonRoot == true, user == 0 else { return }
    reading.warning(
      places.place(of: "runAsUser"),
      "0 is root, and runAsNonRoot is true",
      hint: "the container will not start"
    )
  }

  private static func checkEscalation(_ context: SecurityContext, _ places: ObjectPlaces, _ reading: Reading) {
    guard context.allowPrivilegeEscalation == false else { return }
    let place = places.place(of: "allowPrivilegeEscalation")
    if context.privileged == true { reading.error(place, "must not be false beside privileged: true") }
    if context.capabilities.add.contains("SYS_ADMIN") {
      reading.error(place, "must not be false when the capability SYS_ADMIN is added")
    }
  }
}

/// `v1.SeccompProfile`.
struct SeccompFields {
  private enum Kind: String, CaseIterable, Sendable {
    case runtimeDefault = "RuntimeDefault"
    case unconfined = "Unconfined"
    case localhost = "Localhost"
  }

  private var type: Kind?
  private var localhostProfile: String?

  private static let table = FieldTable<SeccompFields>(
    [
      .honoured(
        "type",
        \.type,
        .choice(),
        required: true,
        "The node's default, none, or a profile of the administrator's."
      ),
      .honoured(
        "localhostProfile",
        \.localhostProfile,
        profile,
        "A path below the node's directory of profiles, without `..`."
      ),
    ],
    named: "SeccompProfile",
    finish: { fields, places, reading in
      if fields.type == .localhost, places["localhostProfile"] == nil {
        reading.error(places.place(of: "localhostProfile"), "required when type is Localhost")
      }
      if let type = fields.type, type != .localhost, let place = places["localhostProfile"] {
        reading.error(place, "must not be set when type is \(type.rawValue)", hint: "set type to Localhost")
      }
    }
  )

  static let reader = table.reader(SeccompFields()).then { fields, _, _ -> SeccompProfile? in
    switch (fields.type, fields.localhostProfile) {
    case (.runtimeDefault, _): .runtimeDefault
    case (.unconfined, _): .unconfined
    case (.localhost, let profile?): .localhost(profile)
    // What is missing was reported with the fields.
    default: nil
    }
  }

  /// CVE-2023-2431: an empty profile once meant no profile at all.
  private static let profile = FieldReader.string.then { text, place, reading -> String? in
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    if text.isEmpty {
      reading.error(place, "must not be empty")
    } else if text.hasPrefix("/") {
      reading.error(place, "\(text.quoted) must be a path below the node's directory of profiles")
    } else if parts.contains("..") {
      reading.error(place, "\(text.quoted) must not contain ..")
    } else {
      return text
    }
    return nil
  }
}
