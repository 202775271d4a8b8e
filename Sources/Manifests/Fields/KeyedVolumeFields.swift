import PodModel

/// `v1.ConfigMapVolumeSource`, `v1.SecretVolumeSource` and their forms within a projected volume.
enum KeyedVolumeFields {
  static let configMap = table(.configMap, named: "ConfigMapVolumeSource").reader(own)
  static let secret = table(.secret, nameField: "secretName", named: "SecretVolumeSource").reader(own)
  static let projectedConfigMap = table(.configMap, isPart: true, named: "ConfigMapProjection").reader(part)
  static let projectedSecret = table(.secret, isPart: true, named: "SecretProjection").reader(part)

  private static var own: KeyedVolume { KeyedVolume(name: "", defaultMode: Defaults.volumeFileMode) }
  private static var part: KeyedVolume { KeyedVolume(name: "") }

  private static func table(
    _ kind: Reference.Kind,
    nameField: String = "name",
    isPart: Bool = false,
    named name: String
  ) -> FieldTable<KeyedVolume> {
    let fields: [Field<KeyedVolume>] = [
      .honoured(
        nameField,
        \.name,
        .name(.dnsSubdomain),
        required: true,
        "The \(kind.rawValue), of the pod's namespace."
      ),
      .honoured("items", \.items, item.list, "Which values, and as which files; all of them when it is empty."),
      .honoured(
        "optional",
        \.optional,
        .bool,
        default: "false",
        "Whether it, and keys that items name, may be missing."
      ),
    ]
    return FieldTable(fields + (isPart ? [] : [.defaultMode(\.defaultMode)]), named: name) { volume, places, reading in
      let place = places.place(of: nameField)
      guard !volume.name.isEmpty else { return }
      var references = [Reference(kind: kind, name: volume.name, place: place, optional: volume.optional)]
      let items = places["items"]?.children ?? []
      // Where an item could not be read there is no telling which is which.
      if items.count == volume.items.count {
        references += zip(volume.items, items).map { item, itemPlace in
          let key = (name: item.key, place: itemPlace.field("key"))
          return Reference(
            kind: kind,
            name: volume.name,
            place: place,
            key: key,
            optional: volume.optional,
            isRepeated: true
          )
        }
      }
      reading.references += references
      if !isPart { PathCheck.report(repeated: items.map { $0.field("path") }, .warning, reading) }
    }
  }

  /// `v1.KeyToPath`.
  private static let item = FieldTable<KeyToPath>(
    [
      .honoured("key", \.key, .name(.dataKey), required: true, "Which value."),
      .honoured("path", \.path, .volumePath, required: true, "The file's path in the volume: relative, without `..`."),
      .honoured("mode", \.mode, .fileMode, "The file's permissions; the volume's defaultMode when nothing is said."),
    ],
    named: "KeyToPath"
  ).reader(KeyToPath(key: "", path: ""))
}

/// `v1.ProjectedVolumeSource`.
enum ProjectedFields {
  static let reader = FieldTable<ProjectedVolume>(
    [
      .honoured("sources", \.sources, part.list, "The parts."),
      .honoured(
        "defaultMode",
        \.defaultMode,
        .fileMode,
        default: "0644",
        "Permissions of the files that do not say otherwise."
      ),
    ],
    named: "ProjectedVolumeSource",
    finish: { _, places, reading in
      let parts = places["sources"]?.children ?? []
      let items = parts.flatMap { part in
        ["configMap", "secret", "downwardAPI"].flatMap { part.child($0)?.child("items")?.children ?? [] }
      }
      PathCheck.report(repeated: items.map { $0.field("path") }, .error, reading)
    }
  ).reader(ProjectedVolume(sources: []))

  /// `v1.VolumeProjection`.
  private struct Part: Sendable {
    var configMap: KeyedVolume?
    var secret: KeyedVolume?
    var downwardAPI: [DownwardAPIFile]?
  }

  private static let part = FieldTable<Part>(
    [
      .honoured("configMap", \.configMap, KeyedVolumeFields.projectedConfigMap, "Values of a ConfigMap."),
      .honoured("secret", \.secret, KeyedVolumeFields.projectedSecret, "Values of a Secret."),
      .honoured("downwardAPI", \.downwardAPI, DownwardFields.part, "What the pod says about itself."),
      .notYet(
        "serviceAccountToken",
        "tokens come from a control plane, which this version does not talk to",
        .opaque("ServiceAccountTokenProjection"),
        "A token of the pod's service account."
      ),
      .notYet(
        "clusterTrustBundle",
        "put the certificates into a ConfigMap",
        .opaque("ClusterTrustBundleProjection"),
        "Certificates that a cluster trusts."
      ),
      .notYet(
        "podCertificate",
        "put the certificate into a Secret",
        .opaque("PodCertificateProjection"),
        "A certificate that a cluster issues to the pod."
      ),
    ],
    named: "VolumeProjection",
    finish: { _, places, reading in
      let refused = ["serviceAccountToken", "clusterTrustBundle", "podCertificate"]
      _ = places.requireOne(of: ["configMap", "secret", "downwardAPI"], or: refused, "part", reading)
    }
  ).reader(Part()).then { part, _, _ -> ProjectedVolume.Part? in
    switch (part.configMap, part.secret, part.downwardAPI) {
    case (let volume?, _, _): .configMap(volume)
    case (_, let volume?, _): .secret(volume)
    case (_, _, let files?): .downwardAPI(files)
    // What is missing or refused was reported with the fields.
    default: nil
    }
  }
}

/// Files of one volume that would have one path.
enum PathCheck {
  static func report(repeated paths: [Place], _ severity: Diagnostic.Severity, _ reading: Reading) {
    var lines: [String: Int] = [:]
    for place in paths {
      guard let text = place.text, let line = lines.updateValue(place.line, forKey: text) else { continue }
      let hint = "it is already at line \(line)"
      switch severity {
      case .error: reading.error(place, "\(text.quoted): duplicate path", hint: hint)
      default: reading.warning(place, "\(text.quoted): duplicate path; the last one counts", hint: hint)
      }
    }
  }
}
