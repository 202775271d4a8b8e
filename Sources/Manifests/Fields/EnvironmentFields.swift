import PodModel

/// `v1.EnvVar` of Kubernetes 1.36.
enum EnvironmentFields {
  static let table = FieldTable<EnvironmentVariable>(
    [
      .honoured("name", \.name, .name(.environmentVariable), required: true, "Printable ASCII without `=`."),
      .honoured(
        "value",
        \.value,
        .string,
        default: "\"\"",
        "Its value; `$(NAME)` stands for a variable before it, `$$` for `$`."
      ),
      .honoured("valueFrom", \.valueFrom, source, "Where the value comes from instead."),
    ],
    named: "EnvVar",
    finish: { variable, places, reading in
      guard let key = places.entries["valueFrom"]?.key else { return }
      if !variable.value.isEmpty {
        reading.error(key, "must not be set beside a value", hint: "choose one of them")
      }
      variable.value = ""
    }
  )

  /// `v1.EnvVarSource`.
  private struct Source: Sendable {
    var configMap: KeySelector?
    var secret: KeySelector?
    var field: String?
    var resource: ResourceField?
  }

  private static let source = FieldTable<Source>(
    [
      .honoured(
        "configMapKeyRef",
        \.configMap,
        selector(.configMap, "ConfigMapKeySelector"),
        "A value of a ConfigMap."
      ),
      .honoured("secretKeyRef", \.secret, selector(.secret, "SecretKeySelector"), "A value of a Secret."),
      .honoured("fieldRef", \.field, DownwardFields.field(of: .variable), "A field of the pod."),
      .honoured(
        "resourceFieldRef",
        \.resource,
        DownwardFields.resource(isFile: false),
        "A limit or request of a container."
      ),
      .notYet(
        "fileKeyRef",
        "read the file at the start of the container's command",
        .opaque("FileKeySelector"),
        "A variable in a file of a volume."
      ),
    ],
    named: "EnvVarSource",
    finish: { _, places, reading in
      let names = ["configMapKeyRef", "secretKeyRef", "fieldRef", "resourceFieldRef"]
      _ = places.requireOne(of: names, or: ["fileKeyRef"], "source", reading)
    }
  ).reader(Source()).then { source, _, _ -> EnvironmentVariable.Source? in
    if let selector = source.configMap { return .configMap(selector) }
    if let selector = source.secret { return .secret(selector) }
    if let path = source.field { return .pod(.field(path: path)) }
    // What is missing or refused was reported with the fields.
    return source.resource.map { .pod(.resource($0)) }
  }

  private static func selector(_ kind: Reference.Kind, _ name: String) -> FieldReader<KeySelector> {
    FieldTable<KeySelector>(
      [
        .honoured(
          "name",
          \.name,
          .name(.dnsSubdomain),
          required: true,
          "The \(kind.rawValue), of the pod's namespace."
        ),
        .honoured("key", \.key, .name(.dataKey), required: true, "Which value."),
        .honoured(
          "optional",
          \.optional,
          .bool,
          default: "false",
          "Whether it may be missing; the variable is not set then."
        ),
      ],
      named: name,
      finish: { selector, places, reading in
        guard !selector.name.isEmpty, !selector.key.isEmpty else { return }
        let key = (name: selector.key, place: places.place(of: "key"))
        let place = places.place(of: "name")
        reading.references.append(
          Reference(kind: kind, name: selector.name, place: place, key: key, optional: selector.optional)
        )
      }
    ).reader(KeySelector(name: "", key: ""))
  }
}

/// `v1.EnvFromSource` of Kubernetes 1.36.
enum EnvironmentSourceFields {
  private struct Source: Sendable {
    var prefix = ""
    var configMap: Object?
    var secret: Object?
  }

  private struct Object: Sendable {
    var name = ""
    var optional = false
  }

  static let reader = FieldTable<Source>(
    [
      .honoured("prefix", \.prefix, prefix, default: "\"\"", "Put before each key."),
      .honoured("configMapRef", \.configMap, object(.configMap, "ConfigMapEnvSource"), "The values of a ConfigMap."),
      .honoured("secretRef", \.secret, object(.secret, "SecretEnvSource"), "The values of a Secret."),
    ],
    named: "EnvFromSource",
    finish: { _, places, reading in _ = places.requireOne(of: ["configMapRef", "secretRef"], "source", reading) }
  ).reader(Source()).then { source, _, _ -> EnvironmentSource? in
    if let object = source.configMap {
      return EnvironmentSource(.configMap, name: object.name, prefix: source.prefix, optional: object.optional)
    }
    return source.secret.map {
      EnvironmentSource(.secret, name: $0.name, prefix: source.prefix, optional: $0.optional)
    }
  }

  private static let prefix = FieldReader.string.then { text, place, reading -> String? in
    guard !text.isEmpty, let violation = NameRule.environmentVariable.violation(in: text) else { return text }
    reading.error(place, "\(text.quoted) \(violation)")
    return nil
  }

  private static func object(_ kind: Reference.Kind, _ name: String) -> FieldReader<Object> {
    FieldTable<Object>(
      [
        .honoured(
          "name",
          \.name,
          .name(.dnsSubdomain),
          required: true,
          "The \(kind.rawValue), of the pod's namespace."
        ),
        .honoured("optional", \.optional, .bool, default: "false", "Whether it may be missing."),
      ],
      named: name,
      finish: { object, places, reading in
        guard !object.name.isEmpty else { return }
        let place = places.place(of: "name")
        reading.references.append(Reference(kind: kind, name: object.name, place: place, optional: object.optional))
      }
    ).reader(Object())
  }
}
