import Foundation
import PodModel

/// The fields of a ConfigMap's document.
enum ConfigMapFields {
  static let table = FieldTable<ConfigMap>(
    [
      .checked("apiVersion", .string, required: true, "v1."),
      .checked("kind", .string, required: true, "ConfigMap."),
      .honoured(
        "metadata",
        \.metadata,
        MetadataFields.table.reader(ObjectMeta(name: "")),
        required: true,
        "Name, namespace, labels and annotations."
      ),
      .honoured("data", \.data, .strings(key: .dataKey), "Values as plain text."),
      .honoured("binaryData", \.binaryData, .binaryValues(textField: "data"), "Values in base64; no key is in both."),
      .checked("immutable", .bool, default: "false", "Whether servers refuse changes of it."),
    ],
    named: "ConfigMap",
    finish: { map, places, reading in
      for name in map.binaryData.keys.filter({ map.data[$0] != nil }).sorted() {
        reading.error(
          places.place(of: "binaryData").field(name),
          "\(name.quoted): duplicate key",
          hint: "it is already in data"
        )
      }
      let size =
        map.data.reduce(0) { $0 + $1.value.utf8.count } + map.binaryData.reduce(0) { $0 + $1.value.count }
      if size > ConfigMap.greatestSize {
        reading.error(places.object, "holds \(size) bytes, more than \(ConfigMap.greatestSize)")
      }
    }
  )

  static var empty: ConfigMap { ConfigMap(metadata: ObjectMeta(name: "")) }
}

extension FieldReader where Value == [String: [UInt8]] {
  /// Values in base64; plain text has a field of its own.
  static func binaryValues(textField: String) -> FieldReader {
    FieldReader(.map(.string)) { place, reading in
      guard let texts = FieldReader<[String: String]>.strings(key: .dataKey).read(place, reading) else { return nil }
      var values: [String: [UInt8]] = [:]
      for (name, text) in texts {
        // Lines may be broken, as base64(1) does.
        guard let data = Data(base64Encoded: text.filter { !$0.isNewline && $0 != " " }) else {
          reading.error(place.field(name), "expected base64", hint: "plain text goes under \(textField)")
          continue
        }
        values[name] = Array(data)
      }
      return values
    }
  }
}
