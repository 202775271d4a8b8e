import PodModel

/// The fields of a Secret's document.
enum SecretFields {
  /// What is read; `stringData` wins over `data` as it does in a server.
  struct Read: Sendable {
    var secret = Secret(metadata: ObjectMeta(name: ""))
    var strings: [String: String] = [:]
  }

  static let table = FieldTable<Read>(
    [
      .checked("apiVersion", .string, required: true, "v1."),
      .checked("kind", .string, required: true, "Secret."),
      .honoured(
        "metadata",
        \.secret.metadata,
        MetadataFields.table.reader(ObjectMeta(name: "")),
        required: true,
        "Name, namespace, labels and annotations."
      ),
      .honoured("type", \.secret.type, .string, default: "Opaque", "What kind of values it holds."),
      .honoured("data", \.secret.data, .binaryValues(textField: "stringData"), "Values in base64."),
      .honoured("stringData", \.strings, .strings(key: .dataKey), "Values as plain text, which win over data."),
      .checked("immutable", .bool, default: "false", "Whether servers refuse changes of it."),
    ],
    named: "Secret",
    finish: { read, places, reading in
      for (name, text) in read.strings { read.secret.data[name] = Array(text.utf8) }
      let size = read.secret.data.reduce(0) { $0 + $1.value.count }
      if size > Secret.greatestSize {
        reading.error(places.object, "holds \(size) bytes, more than \(Secret.greatestSize)")
      }
      require(Secret.dockerConfigKey, of: Secret.dockerConfig, in: read.secret, places, reading)
      require(Secret.dockerCfgKey, of: Secret.dockerCfg, in: read.secret, places, reading)
    }
  )

  private static func require(
    _ key: String,
    of type: String,
    in secret: Secret,
    _ places: ObjectPlaces,
    _ reading: Reading
  ) {
    guard secret.type == type, secret.data[key] == nil else { return }
    reading.error(places.place(of: "data").field(key), "required for type \(type)")
  }
}
