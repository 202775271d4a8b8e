import Foundation
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
      .checked("apiVersion", .string) { _, _, _ in },
      .checked("kind", .string) { _, _, _ in },
      .honoured("metadata", \.secret.metadata, MetadataFields.table.reader(ObjectMeta(name: "")), required: true),
      .honoured("type", \.secret.type, .string),
      .honoured("data", \.secret.data, values),
      .honoured("stringData", \.strings, .strings(key: .dataKey)),
      .checked("immutable", .bool) { _, _, _ in },
    ],
    finish: { read, places, reading in
      for (name, text) in read.strings { read.secret.data[name] = Array(text.utf8) }
      let size = read.secret.data.reduce(0) { $0 + $1.key.utf8.count + $1.value.count }
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

  private static let values = FieldReader<[String: [UInt8]]> { place, reading in
    FieldReader.strings(key: .dataKey).read(place, reading).map { texts in
      var values: [String: [UInt8]] = [:]
      for (name, text) in texts {
        // Lines may be broken, as base64(1) does.
        guard let data = Data(base64Encoded: text.filter { !$0.isNewline && $0 != " " }) else {
          reading.error(place.field(name), "expected base64", hint: "plain text goes under stringData")
          continue
        }
        values[name] = Array(data)
      }
      return values
    }
  }
}
