import PodModel
import Yams

/// Turns a node into a value, or says why it cannot: nil always means that a problem was reported.
struct FieldReader<Value>: Sendable {
  /// What the node is made of.
  let shape: Shape
  let read: @Sendable (Place, Reading) -> Value?

  init(_ shape: Shape, _ read: @escaping @Sendable (Place, Reading) -> Value?) {
    self.shape = shape
    self.read = read
  }

  /// The same value, checked or changed further.
  func then<Other>(_ next: @escaping @Sendable (Value, Place, Reading) -> Other?) -> FieldReader<Other> {
    FieldReader<Other>(shape) { [read] place, reading in read(place, reading).flatMap { next($0, place, reading) } }
  }

  /// A list of such values; elements that cannot be read are reported and left out.
  var list: FieldReader<[Value]> {
    FieldReader<[Value]>(.list(shape)) { [read] place, reading in
      place.elements(reading)?.compactMap { element in
        if element.isNull {
          reading.error(element, "expected a value")
          return nil
        }
        return read(element, reading)
      }
    }
  }
}

extension FieldReader where Value == Bool {
  /// `true` or `false`.
  static var bool: FieldReader {
    FieldReader(.boolean) { place, reading in
      if case .bool(let value) = place.scalar { return value }
      var hint: String?
      if case .string(let text) = place.scalar, case .bool(let value) = ScalarValue.resolve(text) {
        hint = "write \(value) without quotes"
      }
      reading.error(place, "expected true or false, found \(place.summary)", hint: hint)
      return nil
    }
  }
}

extension FieldReader where Value == Int64 {
  /// An integer within `range`.
  static func integer(_ range: ClosedRange<Int64> = Int64.min...Int64.max) -> FieldReader {
    FieldReader(.integer) { place, reading in
      guard case .integer(let value) = place.scalar else {
        var hint: String?
        if case .string(let text) = place.scalar, case .integer(let value) = ScalarValue.resolve(text) {
          hint = "write \(value) without quotes"
        }
        reading.error(place, "expected an integer, found \(place.summary)", hint: hint)
        return nil
      }
      guard range.contains(value) else {
        let expected =
          range.upperBound == .max ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
        reading.error(place, "must be \(expected), found \(value)")
        return nil
      }
      return value
    }
  }
}

extension FieldReader where Value == String {
  /// Any string; NUL, at which the kernel would cut it off, is refused.
  static var string: FieldReader {
    FieldReader(.string) { place, reading in
      guard case .string(let text) = place.scalar else {
        var hint: String?
        if case .scalar(let scalar) = place.node, !place.isNull { hint = "write \(scalar.string.quoted)" }
        reading.error(place, "expected a string, found \(place.summary)", hint: hint)
        return nil
      }
      guard !text.utf8.contains(0) else {
        reading.error(place, "must not contain a NUL character")
        return nil
      }
      return text
    }
  }

  /// A string that follows `rule`.
  static func name(_ rule: NameRule) -> FieldReader {
    string.then { text, place, reading in
      guard let violation = rule.violation(in: text) else { return text }
      reading.error(place, "\(text.quoted) \(violation)")
      return nil
    }
  }

  /// One of `values`; `refused` are those that Kubernetes knows and this version does not, with what to do instead.
  static func string(oneOf values: [String], refusing refused: [String: String] = [:]) -> FieldReader {
    let reader = string.then { text, place, reading -> String? in
      if values.contains(text) { return text }
      if let advice = refused[text] {
        reading.error(place, "\(text) is not yet supported", hint: advice)
        return nil
      }
      let hint = Suggestion.closest(to: text, among: values).map { "did you mean \($0)?" }
      let expected = values.map { $0.isEmpty ? "\"\"" : $0 }.joined(separator: ", ")
      reading.error(place, "expected one of \(expected), found \(text.quoted)", hint: hint)
      return nil
    }
    return FieldReader(.choice(values), reader.read)
  }

  /// A path from the root.
  static var absolutePath: FieldReader {
    string.then { text, place, reading in
      if text.utf8.first == UInt8(ascii: "/") { return text }
      reading.error(place, "\(text.quoted) must be an absolute path")
      return nil
    }
  }
}

extension FieldReader where Value: RawRepresentable<String> & CaseIterable & Sendable {
  /// One of the cases; `refused` are values that Kubernetes knows and this version does not, with what to do instead.
  static func choice(refusing refused: [String: String] = [:]) -> FieldReader {
    let values = Dictionary(Value.allCases.map { ($0.rawValue, $0) }, uniquingKeysWith: { first, _ in first })
    return FieldReader<String>.string(oneOf: Value.allCases.map(\.rawValue), refusing: refused)
      .then { text, _, _ in values[text] }
  }
}

extension FieldReader where Value == Quantity {
  /// An amount of a resource; numbers may be written without quotes.
  static var quantity: FieldReader {
    FieldReader(.quantity) { place, reading in
      let text: String
      switch (place.scalar, place.node) {
      case (.string(let string), _): text = string
      case (.integer(let value), _): text = "\(value)"
      case (.number, .scalar(let scalar)): text = scalar.string
      default:
        reading.error(place, "expected a quantity such as 500m or 64Mi, found \(place.summary)")
        return nil
      }
      do throws(QuantityError) {
        return try Quantity(parsing: text)
      } catch {
        reading.error(place, "\(text.quoted) is no quantity: \(error)", hint: Self.hint(for: error))
        return nil
      }
    }
  }

  private static func hint(for error: QuantityError) -> String? {
    guard case .unknownSuffix(let suffix) = error else { return nil }
    return switch suffix.lowercased() {
    case "kb", "kib", "ki": "did you mean Ki?"
    case "k": "did you mean k (1000) or Ki (1024)?"
    case "mb", "mib", "mi": "did you mean Mi?"
    case "gb", "gib", "gi", "g": "did you mean Gi?"
    case "tb", "tib", "ti", "t": "did you mean Ti?"
    default: nil
    }
  }
}

extension FieldReader where Value == [String: String] {
  /// A mapping of strings.
  static func strings(key: NameRule, value: NameRule? = nil) -> FieldReader {
    FieldReader(.map(.string)) { place, reading in
      guard let entries = place.entries(reading) else { return nil }
      let text = value.map(FieldReader<String>.name) ?? .string
      var strings: [String: String] = [:]
      for entry in entries {
        if let violation = key.violation(in: entry.name) {
          reading.error(entry.key, "\(entry.name.quoted) \(violation)")
        } else if let text = text.read(entry.value, reading) {
          strings[entry.name] = text
        }
      }
      return strings
    }
  }
}

extension FieldReader where Value == FieldValue {
  /// The deepest nesting of what is kept without being understood.
  private static var deepest: Int { 64 }

  /// Whatever is there.
  static var anything: FieldReader { FieldReader(.opaque("any")) { place, reading in value(place, reading, depth: 0) } }

  private static func value(_ place: Place, _ reading: Reading, depth: Int) -> FieldValue? {
    guard depth <= deepest else {
      reading.error(place, "nested deeper than \(deepest) levels")
      return nil
    }
    switch place.node {
    case .mapping:
      guard let entries = place.entries(reading) else { return nil }
      var map: [String: FieldValue] = [:]
      for entry in entries { map[entry.name] = value(entry.value, reading, depth: depth + 1) }
      return .map(map)
    case .sequence:
      return place.elements(reading).map { .list($0.compactMap { value($0, reading, depth: depth + 1) }) }
    default: return scalar(place, reading)
    }
  }

  private static func scalar(_ place: Place, _ reading: Reading) -> FieldValue? {
    switch place.scalar {
    case .null: return .null
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .number(let value) where value.isFinite: return .number(value)
    case .string(let text): return .string(text)
    default:
      reading.error(place, "expected a value that JSON can hold, found \(place.summary)")
      return nil
    }
  }
}
