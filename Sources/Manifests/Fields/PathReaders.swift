import PodModel
import Yams

extension FieldReader where Value == String {
  /// A path in a volume where a file is made: relative, without `..`, and not beginning with it either, which is what the
  /// directories that are swapped behind such files are called.
  static var volumePath: FieldReader {
    descendingPath.then { text, place, reading in
      if text.isEmpty {
        reading.error(place, "must not be empty")
      } else if text.hasPrefix("..") {
        reading.error(place, "\(text.quoted) must not begin with ..")
      } else {
        return text
      }
      return nil
    }
  }

  /// A path that does not lead out of where it begins; empty for that place itself.
  static var descendingPath: FieldReader {
    string.then { text, place, reading in
      if text.hasPrefix("/") {
        reading.error(place, "\(text.quoted) must be relative", hint: "leave out the / at its beginning")
      } else if text.hasParentComponent {
        reading.error(place, "\(text.quoted) must not contain ..")
      } else {
        return text
      }
      return nil
    }
  }

  /// A path from the root, without `..`.
  static var straightPath: FieldReader {
    absolutePath.then { text, place, reading in
      if !text.hasParentComponent { return text }
      reading.error(place, "\(text.quoted) must not contain ..")
      return nil
    }
  }
}

extension FieldReader where Value == String {
  /// A path at which something can be mounted.
  var placeOfMount: FieldReader {
    then { text, place, reading in
      guard let obstacle = MountPath.obstacle(at: MountPath.normalised(text)) else { return text }
      reading.error(place, "\(text.quoted) \(obstacle.problem)", hint: obstacle.advice)
      return nil
    }
  }
}

extension String {
  fileprivate var hasParentComponent: Bool { split(separator: "/").contains("..") }
}

extension FieldReader where Value == UInt16 {
  /// Permissions, 0 to 0777. YAML has octal numbers, JSON has not: `0644` is 420.
  static var fileMode: FieldReader {
    FieldReader<Int64>.integer().then { value, place, reading -> UInt16? in
      let octal = place.decimalDigitsAsOctal
      let hint = octal.map { "write 0\(value), in JSON \($0)" }
      guard let mode = UInt16(exactly: value), mode <= 0o777 else {
        reading.error(place, "must be 0 to 0777, in decimal 511, found \(value)", hint: hint)
        return nil
      }
      if let hint, [400, 440, 444, 500].contains(value) {
        reading.warning(
          place,
          "\(value) is 0\(String(value, radix: 8)) in octal, probably not what is meant",
          hint: hint
        )
      }
      return mode
    }
  }
}

extension Place {
  /// What a number of three decimal digits would be if they were octal.
  fileprivate var decimalDigitsAsOctal: Int? {
    guard case .scalar(let scalar) = node, scalar.string.utf8.count == 3, !scalar.string.hasPrefix("0") else {
      return nil
    }
    return Int(scalar.string, radix: 8)
  }
}

extension Field where Model == KeyedVolume {
  static func defaultMode(_ path: any WritableKeyPath<KeyedVolume, UInt16?> & Sendable) -> Field {
    honoured("defaultMode", path, .fileMode, default: "0644", "Permissions of the files that do not say otherwise.")
  }
}
