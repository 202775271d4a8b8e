import PodModel

/// `v1.PodSecurityContext` and `v1.SecurityContext` of Kubernetes 1.36.
enum SecurityContextFields {
  static let pod = FieldTable<PodSecurityContext>(
    [
      .honoured("runAsUser", \.runAsUser, id),
      .honoured("runAsGroup", \.runAsGroup, id),
      .honoured("runAsNonRoot", \.runAsNonRoot, .bool),
      .honoured("supplementalGroups", \.supplementalGroups, id.list),
      .honoured("supplementalGroupsPolicy", \.supplementalGroupsPolicy, .choice()),
      .honoured("fsGroup", \.fsGroup, id),
      .honoured("fsGroupChangePolicy", \.fsGroupChangePolicy, .choice()),
      .honoured("sysctls", \.sysctls, sysctl.list),
      .honoured("seccompProfile", \.seccompProfile, SeccompFields.reader),
    ] + notYet() + [.notYet("seLinuxChangePolicy", "remove it; volumes are not relabelled")],
    finish: { context, places, reading in checkRoot(context.runAsNonRoot, context.runAsUser, places, reading) }
  )

  static let container = FieldTable<SecurityContext>(
    [
      .honoured("privileged", \.privileged, .bool),
      .honoured("allowPrivilegeEscalation", \.allowPrivilegeEscalation, .bool),
      .honoured("capabilities", \.capabilities, capabilities.reader(Capabilities())),
      .honoured("readOnlyRootFilesystem", \.readOnlyRootFilesystem, .bool),
      .honoured("runAsUser", \.runAsUser, id),
      .honoured("runAsGroup", \.runAsGroup, id),
      .honoured("runAsNonRoot", \.runAsNonRoot, .bool),
      .honoured("procMount", \.procMount, procMount),
      .honoured("seccompProfile", \.seccompProfile, SeccompFields.reader),
    ] + notYet(),
    finish: { context, places, reading in
      checkRoot(context.runAsNonRoot, context.runAsUser, places, reading)
      checkEscalation(context, places, reading)
    }
  )

  /// Confinement that this version cannot give is refused, never dropped.
  private static func notYet<Model>() -> [Field<Model>] {
    [
      .notYet("seLinuxOptions", "remove them; SELinux labels are not set"),
      .notYet("appArmorProfile", "remove it; AppArmor profiles are not loaded"),
      .notYet("windowsOptions", "remove them; this is a Linux node"),
    ]
  }

  /// User and group ids: Kubernetes ends at 2^31-1.
  private static let id = FieldReader.integer(0...Int64(Int32.max)).then { value, _, _ in UInt32(value) }

  private static let sysctl = FieldTable<Sysctl>([
    .honoured("name", \.name, .name(.sysctl), required: true),
    .honoured("value", \.value, .string, required: true),
  ]).reader(Sysctl(name: "", value: ""))

  private static let capabilities = FieldTable<Capabilities>([
    .honoured("add", \.add, capability.list),
    .honoured("drop", \.drop, capability.list),
  ])

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
    [.honoured("type", \.type, .choice(), required: true), .honoured("localhostProfile", \.localhostProfile, profile)],
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
