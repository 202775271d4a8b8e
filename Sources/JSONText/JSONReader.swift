extension JSONValue {
  /// Reads exactly one JSON text: no byte may follow it but white space.
  ///
  /// - Throws: `JSONTextError` for whatever RFC 8259 does not allow, for duplicate names and for more than `limits`.
  public init(parsing bytes: UnsafeRawBufferPointer, limits: JSONLimits = .standard) throws(JSONTextError) {
    guard bytes.count <= limits.bytes else {
      throw JSONTextError(offset: max(0, limits.bytes), reason: "longer than \(limits.bytes) bytes")
    }
    var reader = JSONReader(bytes: bytes, limits: limits)
    self = try reader.document()
  }

  /// Reads exactly one JSON text from an array of bytes.
  ///
  /// - Throws: `JSONTextError`, as `init(parsing:limits:)` for raw bytes does.
  public init(parsing bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONTextError) {
    self = try bytes.withUnsafeBufferPointer { (buffer) throws(JSONTextError) in
      try JSONValue(parsing: UnsafeRawBufferPointer(buffer), limits: limits)
    }
  }

  /// Reads exactly one JSON text from a string.
  ///
  /// - Throws: `JSONTextError`, as `init(parsing:limits:)` for raw bytes does.
  public init(parsing text: String, limits: JSONLimits = .standard) throws(JSONTextError) {
    self = try JSONValue(parsing: Array(text.utf8), limits: limits)
  }
}

/// A recursive descent over bytes. Every access goes through `peek`, which cannot leave the buffer.
struct JSONReader {
  private let bytes: UnsafeRawBufferPointer
  private let deepest: Int
  private var valuesLeft: Int
  private(set) var position = 0

  init(bytes: UnsafeRawBufferPointer, limits: JSONLimits) {
    self.bytes = bytes
    deepest = min(limits.depth, JSONLimits.deepest)
    valuesLeft = limits.values
  }

  mutating func document() throws(JSONTextError) -> JSONValue {
    let value = try value(depth: 0)
    skipWhitespace()
    guard position == bytes.count else { throw failure("bytes after the end of the text") }
    return value
  }

  func failure(_ reason: String, at offset: Int? = nil) -> JSONTextError {
    JSONTextError(offset: offset ?? position, reason: reason)
  }

  @inline(__always) func peek() -> UInt8? {
    position < bytes.count ? bytes[position] : nil
  }

  @inline(__always) mutating func advance() { position += 1 }

  /// The bytes from `start` to the current position.
  func text(from start: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[start..<position]) }

  mutating func skipWhitespace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { advance() }
  }

  private mutating func value(depth: Int) throws(JSONTextError) -> JSONValue {
    skipWhitespace()
    guard valuesLeft > 0 else { throw failure("too many values") }
    valuesLeft -= 1
    guard let first = peek() else { throw failure("unexpected end of the text") }
    switch first {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw failure("expected a value")
    }
  }

  private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONTextError) -> JSONValue {
    let start = position
    for index in 0..<word.utf8CodeUnitCount {
      guard peek() == word.utf8Start[index] else { throw failure("expected \(word)", at: start) }
      advance()
    }
    return value
  }

  private mutating func array(depth: Int) throws(JSONTextError) -> JSONValue {
    try enter(depth)
    var elements: [JSONValue] = []
    skipWhitespace()
    if peek() == UInt8(ascii: "]") {
      advance()
      return .array(elements)
    }
    while true {
      elements.append(try value(depth: depth + 1))
      if try !continues(until: UInt8(ascii: "]")) { return .array(elements) }
    }
  }

  private mutating func object(depth: Int) throws(JSONTextError) -> JSONValue {
    let start = position
    try enter(depth)
    var members: [JSONMember] = []
    skipWhitespace()
    if peek() == UInt8(ascii: "}") {
      advance()
      return .object(members)
    }
    while true {
      skipWhitespace()
      guard peek() == UInt8(ascii: "\"") else { throw failure("expected a member name") }
      let name = try string()
      skipWhitespace()
      guard peek() == UInt8(ascii: ":") else { throw failure("expected a colon") }
      advance()
      members.append(JSONMember(name, try value(depth: depth + 1)))
      if try !continues(until: UInt8(ascii: "}")) { break }
    }
    if let name = members.duplicateName {
      throw failure("duplicate name \(name.quotedBriefly) in this object", at: start)
    }
    return .object(members)
  }

  private mutating func enter(_ depth: Int) throws(JSONTextError) {
    guard depth < deepest else { throw failure("nested deeper than \(deepest) levels") }
    advance()
  }

  /// True after a comma, false after `end`.
  private mutating func continues(until end: UInt8) throws(JSONTextError) -> Bool {
    skipWhitespace()
    let byte = peek()
    guard byte == UInt8(ascii: ",") || byte == end else {
      throw failure(byte == nil ? "unexpected end of the text" : "expected a comma or the end")
    }
    advance()
    return byte != end
  }
}

extension [JSONMember] {
  /// A name that occurs twice. Names are compared as bytes: sorting costs no more for hostile names than for others.
  var duplicateName: String? {
    if count <= 16 {
      for index in indices {
        for earlier in 0..<index where self[earlier].name.hasSameBytes(as: self[index].name) {
          return self[index].name
        }
      }
      return nil
    }
    let names = map(\.name).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for (one, next) in zip(names, names.dropFirst()) where one.hasSameBytes(as: next) { return one }
    return nil
  }
}

extension String {
  /// At most 64 characters, quoted as JSON: what an error may repeat of untrusted text.
  var quotedBriefly: String {
    let brief = unicodeScalars.count > 64 ? String(String.UnicodeScalarView(unicodeScalars.prefix(64))) + "…" : self
    return String(decoding: JSONValue.string(brief).serialized(), as: UTF8.self)
  }
}
