import PodModel

/// Every field of one type of the Pod API, and what becomes of it. All fields go through such a table: a field that is
/// in none is unknown. `swiftlet explain` and the list in the README are made from the same tables.
struct FieldTable<Model>: Sendable {
  /// The type's name in the API; empty for what is no part of it.
  let name: String
  let fields: [Field<Model>]
  /// What only several fields together can violate, and defaults that depend on other fields.
  let finish: @Sendable (inout Model, ObjectPlaces, Reading) -> Void
  private let indices: [String: Int]

  init(
    _ fields: [Field<Model>],
    named name: String = "",
    finish: @escaping @Sendable (inout Model, ObjectPlaces, Reading) -> Void = { _, _, _ in }
  ) {
    self.name = name
    self.fields = fields
    self.finish = finish
    indices = Dictionary(fields.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The type as it is told to people.
  var shape: Shape { .object(Outline(name: name) { fields.map(\.outline) }) }

  /// Reads an object onto `model`, which holds the defaults.
  func reader(_ model: @escaping @autoclosure @Sendable () -> Model) -> FieldReader<Model> {
    FieldReader(shape) { place, reading in
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
    let names = fields.map(\.name)
    if let field = Suggestion.closest(to: name, among: names) ?? Suggestion.sharingEnd(with: name, among: names) {
      return "did you mean \(field)?"
    }
    return self.name.isEmpty ? nil : FieldIndex.owners[name].map { "it is a field of \($0)" }
  }
}

/// Where the fields of an object are; those without a value are not there.
struct ObjectPlaces {
  let object: Place
  var entries: [String: Entry] = [:]

  subscript(name: String) -> Place? { entries[name]?.value }

  /// The place of a field, or of the object that lacks it.
  func place(of name: String) -> Place { self[name] ?? object.part(name, object.node) }

  /// Reports unless exactly one of `names` is there, or of `refused`, which are reported as such.
  ///
  /// - Returns: Whether it is.
  func requireOne(of names: [String], or refused: [String] = [], _ what: String, _ reading: Reading) -> Bool {
    let present = (names + refused).filter { self[$0] != nil }
    if present.count == 1 { return true }
    if let second = present.dropFirst().first, let key = entries[second]?.key {
      reading.error(key, "must not be set beside \(present[0])", hint: "one \(what) is possible")
    } else {
      reading.error(object, "expected one of \(names.joined(separator: ", "))")
    }
    return false
  }
}
