import Yams

/// What a scalar means, by the rules of the reader that Kubernetes uses (YAML 1.1 as in go-yaml).
enum ScalarValue: Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// Any number that is no 64-bit integer, infinities and NaN included.
  case number(Double)
  case string(String)
  /// Tagged with something that a manifest cannot hold.
  case foreign(tag: String)

  init(_ scalar: Node.Scalar) {
    switch scalar.tag.rawValue {
    case "": self = scalar.style == .plain ? Self.resolve(scalar.string) : .string(scalar.string)
    case "!", Tag.Name.str.rawValue: self = .string(scalar.string)
    case Tag.Name.int.rawValue, Tag.Name.float.rawValue, Tag.Name.bool.rawValue, Tag.Name.null.rawValue:
      self = Self.resolve(scalar.string)
    case let other: self = .foreign(tag: other)
    }
  }

  static func resolve(_ text: String) -> ScalarValue {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return .bool(true)
    case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": return .bool(false)
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .number(.infinity)
    case "-.inf", "-.Inf", "-.INF": return .number(-.infinity)
    case ".nan", ".NaN", ".NAN": return .number(.nan)
    default: break
    }
    guard let first = text.utf8.first, text.utf8.count <= 64,
      (0x30...0x39).contains(first) || [UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains(first)
    else { return .string(text) }
    if let integer = integer(text) { return .integer(integer) }
    if isFloat(text), let number = Double(text) { return .number(number) }
    return .string(text)
  }

  /// Decimal, `0x`, `0b`, `0o` and, as in C, octal after a leading zero; underscores between the digits.
  private static func integer(_ text: String) -> Int64? {
    var digits = text[...]
    let isNegative = digits.first == "-"
    if isNegative || digits.first == "+" { digits = digits.dropFirst() }
    var radix = 10
    for (prefix, base) in [("0x", 16), ("0X", 16), ("0b", 2), ("0o", 8)] where digits.hasPrefix(prefix) {
      radix = base
      digits = digits.dropFirst(2)
    }
    if radix == 10, digits.hasPrefix("0"), digits.utf8.count > 1 {
      radix = 8
      digits = digits.dropFirst()
    }
    guard let start = digits.utf8.first, start != UInt8(ascii: "+"), start != UInt8(ascii: "-") else { return nil }
    let number = digits.filter { $0 != "_" }
    return Int64((isNegative ? "-" : "") + number, radix: radix)
  }

  /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
  private static func isFloat(_ text: String) -> Bool {
    var rest = text[...].utf8
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    func takeDigits() -> Int {
      let count = rest.prefix(while: isDigit).count
      rest = rest.dropFirst(count)
      return count
    }
    func takeSign() {
      if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest = rest.dropFirst() }
    }
    takeSign()
    let whole = takeDigits()
    var fraction = 0
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      fraction = takeDigits()
    }
    guard whole + fraction > 0 else { return false }
    if let letter = rest.first, letter | 0x20 == UInt8(ascii: "e") {
      rest = rest.dropFirst()
      takeSign()
      guard takeDigits() > 0 else { return false }
    }
    return rest.isEmpty
  }

  /// What the scalar is, for people.
  var summary: String {
    switch self {
    case .null: "nothing"
    case .bool(let value): "the boolean \(value)"
    case .integer(let value): "the integer \(value)"
    case .number(let value): "the number \(value)"
    case .string(let value): "the string \(value.quoted)"
    case .foreign(let tag): "a value tagged \(tag.quoted)"
    }
  }
}
