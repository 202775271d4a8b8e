/// What a value is made of: for whoever asks, and for looking at what is kept without being used.
indirect enum Shape: Sendable {
  case string
  case integer
  case boolean
  case quantity
  case integerOrString
  /// RFC 3339.
  case time
  case choice([String])
  case list(Shape)
  /// Values under names that nobody fixes.
  case map(Shape)
  case object(Outline)

  /// The type's name as `kubectl explain` writes it.
  var name: String {
    switch self {
    case .string, .time: "string"
    case .integer: "integer"
    case .boolean: "boolean"
    case .quantity: "Quantity"
    case .integerOrString: "IntOrString"
    case .choice: "string"
    case .list(let element): "[]" + element.name
    case .map(let value): "map[string]" + value.name
    case .object(let outline): outline.name
    }
  }

  /// The fields of the object, or of the objects in the list or map.
  var fields: [FieldOutline] {
    switch self {
    case .list(let element), .map(let element): element.fields
    case .object(let outline): outline.fields()
    default: []
    }
  }

  /// The values that are possible where only some are.
  var values: [String] {
    switch self {
    case .choice(let values): values
    case .list(let element): element.values
    default: []
    }
  }

  /// An object of which nothing but the type's name is told.
  static func opaque(_ name: String) -> Shape { .object(Outline(name: name) { [] }) }

  /// An object that no table reads.
  static func object(_ name: String, _ fields: @escaping @autoclosure @Sendable () -> [FieldOutline]) -> Shape {
    .object(Outline(name: name, fields: fields))
  }
}

/// An object's type.
struct Outline: Sendable {
  let name: String
  let fields: @Sendable () -> [FieldOutline]
}

/// A field as it is told to people.
struct FieldOutline: Sendable {
  let name: String
  let shape: Shape
  let text: String
  var fate = FieldFate.honoured
  var isRequired = false
  var defaultValue: String?

  init(_ name: String, _ shape: Shape, _ text: String) {
    self.name = name
    self.shape = shape
    self.text = text
  }
}

// Kept without being used is no reason to be read less strictly than a server would.
extension Shape {
  /// Reports what could not be such a value: unknown fields and wrong types.
  func check(_ place: Place, _ reading: Reading) {
    if place.isNull { return }
    switch self {
    case .string, .time: _ = FieldReader<String>.string.read(place, reading)
    case .integer: _ = FieldReader<Int64>.integer().read(place, reading)
    case .boolean: _ = FieldReader<Bool>.bool.read(place, reading)
    case .quantity: _ = FieldReader.quantity.read(place, reading)
    case .integerOrString where place.isInteger: break
    case .integerOrString: _ = FieldReader<String>.string.read(place, reading)
    case .choice(let values): _ = FieldReader<String>.string(oneOf: values).read(place, reading)
    case .list(let element): for part in place.elements(reading) ?? [] { element.check(part, reading) }
    case .map(let value): for entry in place.entries(reading) ?? [] { value.check(entry.value, reading) }
    case .object(let outline): outline.check(place, reading)
    }
  }
}

extension Place {
  /// Whether it is a whole number.
  var isInteger: Bool { if case .integer = scalar { true } else { false } }
}

extension Outline {
  fileprivate func check(_ place: Place, _ reading: Reading) {
    let fields = fields()
    guard let entries = place.entries(reading), !fields.isEmpty else { return }
    for entry in entries {
      if let field = fields.first(where: { $0.name == entry.name }) {
        field.shape.check(entry.value, reading)
      } else {
        let hint = Suggestion.closest(to: entry.name, among: fields.map(\.name)).map { "did you mean \($0)?" }
        reading.error(entry.key, "unknown field", hint: hint)
      }
    }
  }
}
