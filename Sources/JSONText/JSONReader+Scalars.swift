extension JSONReader {
  /// Longer than any number that a 64-bit float can tell apart from its neighbour; bounds the conversion's work.
  private static let longestNumber = 1024

  mutating func number() throws(JSONTextError) -> JSONValue {
    let start = position
    let isNegative = peek() == UInt8(ascii: "-")
    if isNegative { advance() }
    var magnitude: UInt64? = 0
    if peek() == UInt8(ascii: "0") {
      advance()
    } else {
      magnitude = try digits(accumulating: 0)
    }
    var isIntegral = true
    if peek() == UInt8(ascii: ".") {
      isIntegral = false
      advance()
      _ = try digits(accumulating: nil)
    }
    if let byte = peek(), byte | 0x20 == UInt8(ascii: "e") {
      isIntegral = false
      advance()
      if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { advance() }
      _ = try digits(accumulating: nil)
    }
    if isIntegral, let magnitude {
      if !isNegative, let value = Int64(exactly: magnitude) { return .integer(value) }
      if isNegative, magnitude <= Int64.min.magnitude { return .integer(Int64(truncatingIfNeeded: 0 &- magnitude)) }
    }
    return try fraction(from: start)
  }

  /// At least one digit; nil once the value no longer fits (or was not asked for).
  private mutating func digits(accumulating first: UInt64?) throws(JSONTextError) -> UInt64? {
    let start = position
    var value = first
    while let byte = peek(), byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
      if let known = value {
        let (tens, overflow) = known.multipliedReportingOverflow(by: 10)
        let (sum, carry) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
        value = overflow || carry ? nil : sum
      }
      advance()
    }
    guard position > start else { throw failure("expected a digit") }
    return value
  }

  private func fraction(from start: Int) throws(JSONTextError) -> JSONValue {
    guard position - start <= Self.longestNumber else { throw failure("number is too long", at: start) }
    guard let value = Double(String(decoding: text(from: start), as: UTF8.self)), value.isFinite else {
      throw failure("number is out of range", at: start)
    }
    return .number(value)
  }

  /// The position is at the opening quote. Text without escapes is taken from the input in one piece.
  mutating func string() throws(JSONTextError) -> String {
    let opening = position
    advance()
    let start = position
    if try skipPlainText(opening) == UInt8(ascii: "\"") {
      let string = try validated(text(from: start), start)
      advance()
      return string
    }
    return try escapedString(opening: opening, start: start)
  }

  private mutating func escapedString(opening: Int, start: Int) throws(JSONTextError) -> String {
    var buffer = Array(text(from: start))
    while true {
      let run = position
      let stop = try skipPlainText(opening)
      buffer.append(contentsOf: text(from: run))
      if stop == UInt8(ascii: "\"") { break }
      try appendEscape(to: &buffer)
    }
    let string = try buffer.withUnsafeBufferPointer { (unescaped) throws(JSONTextError) in
      try validated(UnsafeRawBufferPointer(unescaped), start)
    }
    advance()
    return string
  }

  /// Moves to the next quote or backslash and returns it.
  private mutating func skipPlainText(_ opening: Int) throws(JSONTextError) -> UInt8 {
    while let byte = peek() {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return byte }
      guard byte >= 0x20 else { throw failure("control character in a string") }
      advance()
    }
    throw failure("string without an end", at: opening)
  }

  private func validated(_ bytes: UnsafeRawBufferPointer, _ start: Int) throws(JSONTextError) -> String {
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw failure("string is not UTF-8", at: start)
    }
    return string
  }

  private mutating func appendEscape(to buffer: inout [UInt8]) throws(JSONTextError) {
    let start = position
    advance()
    guard let letter = peek() else { throw failure("string without an end", at: start) }
    advance()
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(letter)
    case UInt8(ascii: "b"): buffer.append(0x08)
    case UInt8(ascii: "f"): buffer.append(0x0C)
    case UInt8(ascii: "n"): buffer.append(0x0A)
    case UInt8(ascii: "r"): buffer.append(0x0D)
    case UInt8(ascii: "t"): buffer.append(0x09)
    case UInt8(ascii: "u"): try appendScalar(escapedAt: start, to: &buffer)
    default: throw failure("unknown escape", at: start)
    }
  }

  private mutating func appendScalar(escapedAt start: Int, to buffer: inout [UInt8]) throws(JSONTextError) {
    var code = try hexadecimal(start)
    if code >= 0xD800, code < 0xDC00, peek() == UInt8(ascii: "\\") {
      advance()
      guard peek() == UInt8(ascii: "u") else { throw failure("lone surrogate", at: start) }
      advance()
      let low = try hexadecimal(start)
      guard low >= 0xDC00, low < 0xE000 else { throw failure("lone surrogate", at: start) }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code), let units = UTF8.encode(scalar) else {
      throw failure("lone surrogate", at: start)
    }
    buffer.append(contentsOf: units)
  }

  private mutating func hexadecimal(_ start: Int) throws(JSONTextError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek(), let digit = Self.hexadecimalDigit(byte) else {
        throw failure("expected four hexadecimal digits", at: start)
      }
      code = code << 4 | digit
      advance()
    }
    return code
  }

  private static func hexadecimalDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}
