import PodModel

/// Every field of one type of the Pod API, and what becomes of it. All fields go through such a table: a field that is
/// in none is unknown.
struct FieldTable<Model>: Sendable {
  let fields: [Field<Model>]
  /// What only several fields together can violate, and defaults that depend on other fields.
  let finish: @Sendable (inout Model, ObjectPlaces, Reading) -> Void
  private let indices: [String: Int]

  init(
    _ fields: [Field<Model>],
    finish: @escaping @Sendable (inout Model, ObjectPlaces, Reading) -> Void = { _, _, _ in }
  ) {
    self.fields = fields
    self.finish = finish
    indices = Dictionary(fields.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Reads an object onto `model`, which holds the defaults.
  func reader(_ model: @escaping @autoclosure @Sendable () -> Model) -> FieldReader<Model> {
    FieldReader { place, reading in
      var model = model()
      return read(place, reading, into: &model) ? model : nil
    }
  }

  /// False when the place is no mapping. Problems within fields are only reported: the others are still worth checking.
  func read(_ place: Place, _ reading: Reading, into model: inout Model) -> Bool {
    guard let entries = place.entries(reading) else { return false }
    var places = ObjectPlaces(object: place)
    for entry in entries {
      guard let index = indices[entry.name] else {
        reading.error(entry.key, "unknown field", hint: hint(for: entry.name))
        continue
      }
      if !entry.value.isNull { places.entries[entry.name] = entry }
      fields[index].take(entry, reading, into: &model)
    }
    for field in fields where field.isRequired && places[field.name] == nil {
      reading.error(place.part(field.name, place.node), "required")
    }
    finish(&model, places, reading)
    return true
  }

  private func hint(for name: String) -> String? {
    if let field = Suggestion.closest(to: name, among: fields.map(\.name)) { return "did you mean \(field)?" }
    return FieldIndex.owners[name].map { "it is a field of \($0)" }
  }
}

/// Where the fields of an object are; those without a value are not there.
struct ObjectPlaces {
  let object: Place
  var entries: [String: Entry] = [:]

  subscript(name: String) -> Place? { entries[name]?.value }

  /// The place of a field, or of the object that lacks it.
  func place(of name: String) -> Place { self[name] ?? object.part(name, object.node) }
}

/// One field of a type.
struct Field<Model>: Sendable {
  /// What becomes of a field.
  enum State: Sendable {
    /// It is read into the model, and acted upon.
    case honoured(@Sendable (inout Model, Place, Reading) -> Void)
    /// Nothing on a single node could come of it; kept to be shown again, with a warning where one may expect more.
    case withoutEffect(@Sendable (inout Model, String, FieldValue) -> Void, warning: String?)
    /// Servers write it; not even kept.
    case ignored
    /// Kubernetes has it, this version does not; with what to do instead.
    case notYet(String)
  }

  let name: String
  let state: State
  var isRequired = false

  fileprivate func take(_ entry: Entry, _ reading: Reading, into model: inout Model) {
    if entry.value.isNull { return }
    switch state {
    case .honoured(let assign): assign(&model, entry.value, reading)
    case .withoutEffect(let keep, let warning):
      guard let value = FieldReader<FieldValue>.anything.read(entry.value, reading) else { return }
      if let warning, !entry.value.isEmpty {
        reading.warning(entry.key, "without effect on a single node", hint: warning)
      }
      keep(&model, name, value)
    case .ignored: break
    case .notYet(let advice):
      if !entry.value.isEmpty { reading.error(entry.key, "not yet supported by this version", hint: advice) }
    }
  }
}

extension Field {
  /// A field that is acted upon.
  static func honoured<Value>(
    _ name: String,
    _ path: any WritableKeyPath<Model, Value> & Sendable,
    _ reader: FieldReader<Value>,
    required: Bool = false
  ) -> Field {
    let assign: @Sendable (inout Model, Place, Reading) -> Void = { model, place, reading in
      if let value = reader.read(place, reading) { model[keyPath: path] = value }
    }
    return Field(name: name, state: .honoured(assign), isRequired: required)
  }

  /// A field that is acted upon when it is there.
  static func honoured<Value>(
    _ name: String,
    _ path: any WritableKeyPath<Model, Value?> & Sendable,
    _ reader: FieldReader<Value>,
    required: Bool = false
  ) -> Field {
    let assign: @Sendable (inout Model, Place, Reading) -> Void = { model, place, reading in
      if let value = reader.read(place, reading) { model[keyPath: path] = value }
    }
    return Field(name: name, state: .honoured(assign), isRequired: required)
  }

  /// A field of which only some values are possible here, and those mean nothing.
  static func checked<Value>(
    _ name: String,
    _ reader: FieldReader<Value>,
    _ check: @escaping @Sendable (Value, Place, Reading) -> Void
  ) -> Field {
    let assign: @Sendable (inout Model, Place, Reading) -> Void = { _, place, reading in
      if let value = reader.read(place, reading) { check(value, place, reading) }
    }
    return Field(name: name, state: .honoured(assign))
  }

  /// Fields that Kubernetes has and this version does not.
  static func notYet(_ name: String, _ advice: String) -> Field { Field(name: name, state: .notYet(advice)) }

  /// A field that servers write.
  static func ignored(_ name: String) -> Field { Field(name: name, state: .ignored) }

  /// A field that nothing on a single node could come of.
  static func withoutEffect(
    _ name: String,
    _ path: any WritableKeyPath<Model, [String: FieldValue]> & Sendable,
    warning: String? = nil
  ) -> Field {
    let keep: @Sendable (inout Model, String, FieldValue) -> Void = { model, name, value in
      model[keyPath: path][name] = value
    }
    return Field(name: name, state: .withoutEffect(keep, warning: warning))
  }
}
