/// A part of a manifest that Swiftlet keeps as it is, to show it again, and does nothing with.
public enum FieldValue: Hashable, Sendable {
  /// `null`.
  case null
  /// A boolean.
  case bool(Bool)
  /// A whole number of 64 bits.
  case integer(Int64)
  /// Any other number.
  case number(Double)
  /// A string.
  case string(String)
  /// A list.
  case list([FieldValue])
  /// A map; the order of its keys is not kept.
  case map([String: FieldValue])
}

extension FieldValue: Codable {
  /// Reads whatever is there.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = Self.attempt(Bool.self, container) {
      self = .bool(value)
    } else if let value = Self.attempt(Int64.self, container) {
      self = .integer(value)
    } else if let value = Self.attempt(Double.self, container) {
      self = .number(value)
    } else if let value = Self.attempt(String.self, container) {
      self = .string(value)
    } else if let value = Self.attempt([FieldValue].self, container) {
      self = .list(value)
    } else {
      self = .map(try container.decode([String: FieldValue].self))
    }
  }

  private static func attempt<T: Decodable>(_ type: T.Type, _ container: any SingleValueDecodingContainer) -> T? {
    // The decoder tells a value's kind only by refusing the others; the last attempt above reports its error.
    try? container.decode(type)
  }

  /// Writes the value as it was read.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .list(let values): try container.encode(values)
    case .map(let values): try container.encode(values)
    }
  }
}
