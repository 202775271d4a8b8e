/// One JSON value (RFC 8259). An object keeps its members in the order of the text.
public enum JSONValue: Equatable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number written without fraction and exponent that fits 64 bits.
  case integer(Int64)
  /// Any other number; always finite when it was read.
  case number(Double)
  /// A string, already unescaped.
  case string(String)
  /// The elements of an array.
  case array([JSONValue])
  /// The members of an object; their names are unique when they were read.
  case object([JSONMember])
}

/// One name and value of an object.
public struct JSONMember: Equatable, Sendable {
  /// The member's name.
  public var name: String
  /// The member's value.
  public var value: JSONValue

  /// A member called `name` that holds `value`.
  public init(_ name: String, _ value: JSONValue) {
    self.name = name
    self.value = value
  }
}

extension JSONValue {
  /// The value of the member called `name`; nil when there is none or this is no object.
  ///
  /// Names are equal when their bytes are: Unicode normalisation has no place in a protocol.
  public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    for member in members where member.name.hasSameBytes(as: name) { return member.value }
    return nil
  }

  /// The text of a string; nil for every other kind of value.
  public var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The value of an `.integer`; nil for every other kind, `.number` included.
  public var integer: Int64? {
    if case .integer(let value) = self { value } else { nil }
  }

  /// The value of a boolean; nil for every other kind of value.
  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The elements of an array; nil for every other kind of value.
  public var array: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The members of an object; nil for every other kind of value.
  public var members: [JSONMember]? {
    if case .object(let members) = self { members } else { nil }
  }
}

extension String {
  /// True when both strings are the same UTF-8 bytes; `==` would also take canonically equivalent ones.
  func hasSameBytes(as other: String) -> Bool {
    utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
  }
}
