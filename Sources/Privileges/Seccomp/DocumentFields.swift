import JSONText

/// One JSON object of an untrusted file, read strictly: a field that nobody asked for is an error, because a misspelt
/// `args` would make a rule unconditional.
struct DocumentFields {
  let place: String
  private var members: [String: JSONValue] = [:]
  private var known: Set<String> = []

  init(_ value: JSONValue, place: String) throws(PrivilegesError) {
    guard let members = value.members else {
      throw PrivilegesError(.invalid, place, "expected an object, found \(Self.kind(value))")
    }
    self.place = place
    // null means absent, as in the files that Docker writes.
    for member in members where member.value != .null { self.members[member.name] = member.value }
  }

  /// The path of a field.
  func path(_ name: String) -> String { place.isEmpty ? name : "\(place).\(name)" }

  mutating func value(_ name: String) -> JSONValue? {
    known.insert(name)
    return members[name]
  }

  mutating func string(_ name: String) throws(PrivilegesError) -> String? {
    guard let value = value(name) else { return nil }
    guard let text = value.string else { throw mismatch(name, "a string", value) }
    return text
  }

  /// A number from 0 to `maximum`.
  mutating func number(_ name: String, maximum: UInt64) throws(PrivilegesError) -> UInt64? {
    guard let value = value(name) else { return nil }
    guard let number = value.integer.flatMap({ UInt64(exactly: $0) }), number <= maximum else {
      throw mismatch(name, "a whole number from 0 to \(min(maximum, UInt64(Int64.max)))", value)
    }
    return number
  }

  mutating func array(_ name: String) throws(PrivilegesError) -> [JSONValue]? {
    guard let value = value(name) else { return nil }
    guard let elements = value.array else { throw mismatch(name, "an array", value) }
    return elements
  }

  mutating func strings(_ name: String) throws(PrivilegesError) -> [String]? {
    guard let elements = try array(name) else { return nil }
    var texts: [String] = []
    for (index, element) in elements.enumerated() {
      guard let text = element.string else { throw mismatch("\(name)[\(index)]", "a string", element) }
      texts.append(text)
    }
    return texts
  }

  /// A value of a fixed vocabulary.
  mutating func choice<Value: RawRepresentable>(
    _ name: String,
    _ vocabulary: [Value]
  ) throws(PrivilegesError) -> Value? where Value.RawValue == String {
    guard let text = try string(name) else { return nil }
    guard let choice = vocabulary.first(where: { $0.rawValue == text }) else {
      let advice = NearestName.of(text, in: vocabulary.map(\.rawValue)).map { "; did you mean \($0)?" } ?? ""
      throw PrivilegesError(.invalid, path(name), "unknown value \(quoted(text))\(advice)")
    }
    return choice
  }

  /// Refuses what nobody asked for.
  func finish() throws(PrivilegesError) {
    guard let name = members.keys.filter({ !known.contains($0) }).min() else { return }
    let advice = NearestName.of(name, in: known.sorted()).map { "; did you mean \($0)?" } ?? ""
    throw PrivilegesError(.invalid, place, "unknown field \(quoted(name))\(advice)")
  }

  func missing(_ name: String) -> PrivilegesError { PrivilegesError(.invalid, path(name), "is missing") }

  private func mismatch(_ name: String, _ expected: String, _ value: JSONValue) -> PrivilegesError {
    PrivilegesError(.invalid, path(name), "expected \(expected), found \(Self.kind(value))")
  }

  private static func kind(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool: "a boolean"
    case .integer(let number): "\(number)"
    case .number: "a number that is not whole or too large"
    case .string(let text): quoted(text)
    case .array: "an array"
    case .object: "an object"
    }
  }
}
