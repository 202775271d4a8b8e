extension Quantity {
  /// Reads the text of a quantity.
  ///
  /// - Throws: `QuantityError`; unlike Kubernetes, which caps it, also for an amount beyond 2^63-1.
  public init(parsing text: String) throws(QuantityError) {
    var number = try DecimalText(text)
    let scale = try Scale(suffix: number.suffix)
    number.power += scale.powerOfTen
    let magnitude = try number.nanos(timesPowerOfTwo: scale.powerOfTwo)
    let nanos = Int128(magnitude)
    try self.init(nanos: number.isNegative ? -nanos : nanos, format: scale.format)
  }

  private struct Scale {
    var powerOfTen = 0
    var powerOfTwo = 0
    var format = Format.decimalSI

    init(suffix: Substring) throws(QuantityError) {
      if suffix.isEmpty { return }
      if let index = Quantity.binarySuffixes.firstIndex(of: String(suffix)) {
        powerOfTwo = 10 * index
        format = .binarySI
      } else if let index = Quantity.decimalSuffixes.firstIndex(of: String(suffix)) {
        powerOfTen = 3 * index - 9
      } else if let first = suffix.utf8.first, first | 0x20 == UInt8(ascii: "e") {
        // Exponents beyond the four digits cannot give an amount that is neither zero, a nano nor an overflow.
        guard let power = Int(suffix.dropFirst()) else { throw .unknownSuffix(suffix.briefly) }
        powerOfTen = min(max(power, -9999), 9999)
        format = .decimalExponent
      } else {
        throw .unknownSuffix(suffix.briefly)
      }
    }
  }

  static let decimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]
  static let binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
}

/// `<sign><digits>.<digits><rest>`, with the digits as one integer and the power of ten that it is to be multiplied by.
private struct DecimalText {
  var isNegative = false
  var digits: UInt128 = 0
  var power = 0
  var suffix: Substring

  init(_ text: String) throws(QuantityError) {
    suffix = text[...]
    guard suffix.utf8.count <= 256 else { throw .tooManyDigits }
    if let sign = suffix.utf8.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      suffix = suffix.dropFirst()
    }
    let whole = takeDigits()
    var fraction: Substring = ""
    if suffix.utf8.first == UInt8(ascii: ".") {
      suffix = suffix.dropFirst()
      fraction = takeDigits()
    }
    guard !whole.isEmpty || !fraction.isEmpty else { throw .malformed }
    try append(whole.drop { $0 == "0" })
    while fraction.last == "0" { fraction.removeLast() }
    power = -fraction.utf8.count
    try append(fraction)
  }

  private mutating func takeDigits() -> Substring {
    let taken = suffix.prefix { $0 >= "0" && $0 <= "9" && $0.isASCII }
    suffix = suffix[taken.endIndex...]
    return taken
  }

  private mutating func append(_ text: Substring) throws(QuantityError) {
    for byte in text.utf8 {
      // 38 digits stay below 10^38 < 2^127.
      guard digits < Self.powersOfTen[37] else { throw .tooManyDigits }
      digits = digits * 10 + UInt128(byte - UInt8(ascii: "0"))
    }
  }

  /// digits × 10^(power+9) × 2^powerOfTwo, rounded up.
  func nanos(timesPowerOfTwo powerOfTwo: Int) throws(QuantityError) -> UInt128 {
    if digits == 0 { return 0 }
    let power = power + 9
    var (high, low) = digits.multipliedFullWidth(by: 1 << UInt128(powerOfTwo))
    if power >= 0 {
      guard high == 0, power < Self.powersOfTen.count else { throw .overflow }
      let (product, overflow) = low.multipliedReportingOverflow(by: Self.powersOfTen[power])
      guard !overflow else { throw .overflow }
      low = product
    } else if -power < Self.powersOfTen.count {
      let divisor = Self.powersOfTen[-power]
      guard high < divisor else { throw .overflow }
      let (quotient, remainder) = divisor.dividingFullWidth((high, low))
      low = remainder == 0 ? quotient : quotient &+ 1
    } else {
      // Fewer than 10^38 of at most 10^-39 nanos; a power of two beside so many digits cannot be kept exactly.
      guard powerOfTwo == 0 else { throw .tooManyDigits }
      low = 1
    }
    guard low <= Quantity.greatestNanos.magnitude else { throw .overflow }
    return low
  }

  /// 10^0 to 10^38, the last one that fits.
  private static let powersOfTen: [UInt128] = {
    var powers: [UInt128] = [1]
    for _ in 0..<38 { powers.append((powers.last ?? 1) * 10) }
    return powers
  }()
}

extension Quantity: CustomStringConvertible {
  /// The canonical text: no fraction, the greatest suffix that leaves a whole number (`0.5` is `500m`, `1024Ki` is `1Mi`).
  ///
  /// As in Kubernetes, an amount below 1024 and one with a fraction are written with decimal suffixes.
  public var description: String {
    if nanos == 0 { return "0" }
    if format == .binarySI, nanos.magnitude >= UInt128(1024) * Self.nanosPerUnit.magnitude,
      nanos % Self.nanosPerUnit == 0
    {
      let (number, index) = Self.reduced(nanos / Self.nanosPerUnit, by: 1024, steps: Self.binarySuffixes.count - 1)
      return "\(number)\(Self.binarySuffixes[index])"
    }
    let (number, index) = Self.reduced(nanos, by: 1000, steps: Self.decimalSuffixes.count - 1)
    if format == .decimalExponent { return index == 3 ? "\(number)" : "\(number)e\(3 * index - 9)" }
    return "\(number)\(Self.decimalSuffixes[index])"
  }

  private static func reduced(_ number: Int128, by base: Int128, steps: Int) -> (Int128, Int) {
    var number = number
    var index = 0
    while index < steps, number % base == 0 {
      number /= base
      index += 1
    }
    return (number, index)
  }
}

extension Quantity: Codable {
  /// Reads the text of a quantity.
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    try self.init(parsing: text)
  }

  /// Writes the canonical text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension Substring {
  /// What an error may repeat of untrusted text.
  fileprivate var briefly: String { count > 16 ? "\(prefix(16))…" : String(self) }
}
