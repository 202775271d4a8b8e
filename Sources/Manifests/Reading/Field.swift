import PodModel

/// One field of a type.
struct Field<Model>: Sendable {
  /// What becomes of a field.
  enum State: Sendable {
    /// It is read into the model, and acted upon.
    case honoured(@Sendable (inout Model, Place, Reading) -> Void)
    /// Nothing on a single node could come of it; kept to be shown again.
    case withoutEffect(@Sendable (inout Model, String, FieldValue) -> Void)
    /// Servers write it; not even kept.
    case ignored
    /// Kubernetes has it, this version does not; with what to do instead. Some values say as much as nothing.
    case notYet(String, accepts: @Sendable (Place) -> Bool)
  }

  let name: String
  let state: State
  let shape: Shape
  let text: String
  var isRequired = false
  var defaultValue: String?

  /// The field as it is told to people.
  var outline: FieldOutline {
    var outline = FieldOutline(name, shape, text)
    outline.isRequired = isRequired
    outline.defaultValue = defaultValue
    outline.fate =
      switch state {
      case .honoured: .honoured
      case .withoutEffect, .ignored: .withoutEffect
      case .notYet(let advice, _): .notYet(advice)
      }
    return outline
  }

  func take(_ entry: Entry, _ reading: Reading, into model: inout Model) {
    if entry.value.isNull { return }
    switch state {
    case .honoured(let assign): assign(&model, entry.value, reading)
    case .withoutEffect(let keep):
      shape.check(entry.value, reading)
      guard let value = FieldReader<FieldValue>.anything.read(entry.value, reading) else { return }
      reading.note(entry.key, "without effect on a single node")
      keep(&model, name, value)
    case .ignored: reading.note(entry.key, "set by a server; not read")
    case .notYet(let advice, let accepts):
      if !accepts(entry.value) { reading.error(entry.key, "not yet supported by this version", hint: advice) }
    }
  }
}

extension Field {
  /// A field that is acted upon.
  static func honoured<Value>(
    _ name: String,
    _ path: any WritableKeyPath<Model, Value> & Sendable,
    _ reader: FieldReader<Value>,
    required: Bool = false,
    default defaultValue: String? = nil,
    _ text: String = ""
  ) -> Field {
    honoured(name, reader, required, defaultValue, text) { model, value in model[keyPath: path] = value }
  }

  /// A field that is acted upon when it is there.
  static func honoured<Value>(
    _ name: String,
    _ path: any WritableKeyPath<Model, Value?> & Sendable,
    _ reader: FieldReader<Value>,
    required: Bool = false,
    default defaultValue: String? = nil,
    _ text: String = ""
  ) -> Field {
    honoured(name, reader, required, defaultValue, text) { model, value in model[keyPath: path] = value }
  }

  private static func honoured<Value>(
    _ name: String,
    _ reader: FieldReader<Value>,
    _ isRequired: Bool,
    _ defaultValue: String?,
    _ text: String,
    set: @escaping @Sendable (inout Model, Value) -> Void
  ) -> Field {
    let assign: @Sendable (inout Model, Place, Reading) -> Void = { model, place, reading in
      if let value = reader.read(place, reading) { set(&model, value) }
    }
    return Field(
      name: name,
      state: .honoured(assign),
      shape: reader.shape,
      text: text,
      isRequired: isRequired,
      defaultValue: defaultValue
    )
  }

  /// A field of which only some values are possible here, and those mean nothing.
  static func checked<Value>(
    _ name: String,
    _ reader: FieldReader<Value>,
    required: Bool = false,
    default defaultValue: String? = nil,
    _ text: String = "",
    _ check: @escaping @Sendable (Value, Place, Reading) -> Void = { _, _, _ in }
  ) -> Field {
    let assign: @Sendable (inout Model, Place, Reading) -> Void = { _, place, reading in
      if let value = reader.read(place, reading) { check(value, place, reading) }
    }
    return Field(
      name: name,
      state: .honoured(assign),
      shape: reader.shape,
      text: text,
      isRequired: required,
      defaultValue: defaultValue
    )
  }

  /// A field that Kubernetes has and this version does not. What `accepts` takes says as much as a missing field.
  static func notYet(
    _ name: String,
    _ advice: String,
    _ shape: Shape = .string,
    _ text: String = "",
    accepts: @escaping @Sendable (Place) -> Bool = \.isEmpty
  ) -> Field {
    Field(name: name, state: .notYet(advice, accepts: accepts), shape: shape, text: text)
  }

  /// A field that servers write.
  static func ignored(_ name: String, _ shape: Shape, _ text: String) -> Field {
    Field(name: name, state: .ignored, shape: shape, text: text)
  }

  /// A field that nothing on a single node could come of.
  static func withoutEffect(
    _ name: String,
    _ path: any WritableKeyPath<Model, [String: FieldValue]> & Sendable,
    _ shape: Shape,
    _ text: String
  ) -> Field {
    let keep: @Sendable (inout Model, String, FieldValue) -> Void = { model, name, value in
      model[keyPath: path][name] = value
    }
    return Field(name: name, state: .withoutEffect(keep), shape: shape, text: text)
  }
}
