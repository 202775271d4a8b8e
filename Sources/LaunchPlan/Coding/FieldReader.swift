import JSONText

/// A plan or a message that is not in the agreed form. Both sides treat the other's bytes as untrusted.
public struct MalformedMessage: Error, Hashable, Sendable, CustomStringConvertible {
  /// Path of the field.
  public let path: String
  /// What was expected there.
  public let expected: String

  /// Makes an error.
  public init(path: String, expected: String) {
    self.path = path
    self.expected = expected
  }

  /// `mounts.3.target: expected a string`.
  public var description: String { "\(path): expected \(expected)" }
}

/// Reads the members of one JSON object, each of the type that it must have.
struct FieldReader {
  let path: String
  private let value: JSONValue

  init(_ value: JSONValue, at path: String) throws(MalformedMessage) {
    guard value.members != nil else { throw MalformedMessage(path: path, expected: "an object") }
    self.value = value
    self.path = path
  }

  func string(_ name: String) throws(MalformedMessage) -> String {
    guard let string = value[name]?.string, !string.utf8.contains(0) else { throw error(name, "a string without NUL") }
    return string
  }

  func integer<I: FixedWidthInteger>(_ name: String, as type: I.Type = I.self) throws(MalformedMessage) -> I {
    guard let integer = value[name]?.integer, let exact = I(exactly: integer) else {
      throw error(name, "an integer of \(I.bitWidth) bits")
    }
    return exact
  }

  /// 64 bits without a sign do not fit a JSON integer of ours; they travel as hexadecimal text.
  func mask(_ name: String) throws(MalformedMessage) -> UInt64 {
    guard let text = value[name]?.string, let mask = UInt64(text, radix: 16) else {
      throw error(name, "a hexadecimal number")
    }
    return mask
  }

  func bool(_ name: String) throws(MalformedMessage) -> Bool {
    guard let bool = value[name]?.bool else { throw error(name, "true or false") }
    return bool
  }

  func strings(_ name: String) throws(MalformedMessage) -> [String] {
    try list(name) { (element, path) throws(MalformedMessage) in
      guard let string = element.string, !string.utf8.contains(0) else {
        throw MalformedMessage(path: path, expected: "a string without NUL")
      }
      return string
    }
  }

  func list<T>(
    _ name: String,
    _ read: (JSONValue, String) throws(MalformedMessage) -> T
  ) throws(MalformedMessage) -> [T] {
    guard let elements = value[name]?.array else { throw error(name, "a list") }
    var result: [T] = []
    result.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() { result.append(try read(element, "\(path).\(name).\(index)")) }
    return result
  }

  func object(_ name: String) throws(MalformedMessage) -> FieldReader {
    guard let member = value[name] else { throw error(name, "an object") }
    return try FieldReader(member, at: "\(path).\(name)")
  }

  func has(_ name: String) -> Bool { value[name] != nil }

  func choice<E: RawRepresentable>(_ name: String, as type: E.Type = E.self) throws(MalformedMessage) -> E
  where E.RawValue == String {
    guard let choice = E(rawValue: try string(name)) else { throw error(name, "one of the words of \(E.self)") }
    return choice
  }

  func error(_ name: String, _ expected: String) -> MalformedMessage {
    MalformedMessage(path: "\(path).\(name)", expected: expected)
  }
}

extension JSONValue {
  static func strings(_ strings: [String]) -> JSONValue { .array(strings.map { .string($0) }) }
  static func number(_ integer: some FixedWidthInteger) -> JSONValue { .integer(Int64(clamping: integer)) }
  static func mask(_ mask: UInt64) -> JSONValue { .string(String(mask, radix: 16)) }

  static func parse(_ bytes: [UInt8]) throws(MalformedMessage) -> JSONValue {
    do { return try JSONValue(parsing: bytes) } catch {
      throw MalformedMessage(path: "message", expected: "JSON (\(error))")
    }
  }
}
