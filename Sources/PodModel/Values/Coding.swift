// Kubernetes' JSON leaves out what is empty (`omitempty`) and reads what is missing as empty.

extension KeyedEncodingContainer {
  mutating func encodeUnlessEmpty<Value: Collection & Encodable>(_ value: Value, forKey key: Key) throws {
    if !value.isEmpty { try encode(value, forKey: key) }
  }

  mutating func encodeIfTrue(_ value: Bool, forKey key: Key) throws {
    if value { try encode(true, forKey: key) }
  }

  mutating func encode<Value: Encodable & Equatable>(_ value: Value, forKey key: Key, unless empty: Value) throws {
    if value != empty { try encode(value, forKey: key) }
  }
}

extension KeyedDecodingContainer {
  func decode<Value: Decodable>(_ key: Key, default value: Value) throws -> Value {
    try decodeIfPresent(Value.self, forKey: key) ?? value
  }
}

/// Any key: for fields that are kept under the names they came with.
struct FieldKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }

  init?(intValue: Int) { nil }
}

extension Decoder {
  /// Every field of this object that is not among `known`.
  func fields(except known: [String]) throws -> [String: FieldValue] {
    let container = try container(keyedBy: FieldKey.self)
    var fields: [String: FieldValue] = [:]
    for key in container.allKeys where !known.contains(key.stringValue) {
      fields[key.stringValue] = try container.decode(FieldValue.self, forKey: key)
    }
    return fields
  }
}

extension Encoder {
  func encode(fields: [String: FieldValue]) throws {
    var container = container(keyedBy: FieldKey.self)
    for (name, value) in fields { try container.encode(value, forKey: FieldKey(stringValue: name)) }
  }
}
