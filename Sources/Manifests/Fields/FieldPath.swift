import PodModel

/// The fields that a pod may tell about itself (`pkg/apis/core/validation`): some only in variables, some only in files.
enum FieldPath {
  /// Where the field is told.
  enum Use: Sendable {
    case variable, file
  }

  static func paths(_ use: Use) -> [String] {
    let both = ["metadata.name", "metadata.namespace", "metadata.uid"]
    return switch use {
    case .variable:
      both + [
        "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
      ]
    case .file: both + ["metadata.labels", "metadata.annotations"]
    }
  }

  private static let subscripted = ["metadata.labels['key']", "metadata.annotations['key']"]

  static func text(_ use: Use) -> String {
    "Which field: \((paths(use) + subscripted).joined(separator: ", "))."
  }

  static func reader(_ use: Use) -> FieldReader<String> {
    FieldReader.string.then { text, place, reading -> String? in
      if paths(use).contains(text) { return text }
      if let (map, key) = parts(text) {
        let rule = map == "metadata.labels" ? NameRule.qualifiedName : .annotationName
        guard let violation = rule.violation(in: key) else { return text }
        reading.error(place, "the key \(key.quoted) \(violation)")
      } else {
        reading.error(
          place,
          "\(text.quoted) is no field that a \(use == .file ? "file" : "variable") can tell",
          hint: hint(text, use)
        )
      }
      return nil
    }
  }

  /// `metadata.labels` and `a` of `metadata.labels['a']`.
  static func parts(_ text: String) -> (map: String, key: String)? {
    for map in ["metadata.labels", "metadata.annotations"] where text.hasPrefix(map + "['") && text.hasSuffix("']") {
      let key = text.dropFirst(map.count + 2)
      return key.count < 2 ? nil : (map, String(key.dropLast(2)))
    }
    return nil
  }

  private static func hint(_ text: String, _ use: Use) -> String {
    let other: Use = use == .file ? .variable : .file
    if paths(other).contains(text) {
      return use == .file
        ? "a variable can tell it" : "take one key, such as \(text)['app'], or a file of a downwardAPI volume"
    }
    if let meant = Suggestion.closest(to: text, among: paths(use)) { return "did you mean \(meant)?" }
    return "expected one of \((paths(use) + subscripted).joined(separator: ", "))"
  }
}
