/// A point in time: seconds since 1970-01-01T00:00:00Z, without leap seconds, and nanoseconds within the second.
public struct Timestamp: Hashable, Sendable {
  /// Whole seconds since the epoch, rounded down.
  public var seconds: Int64
  /// Nanoseconds after `seconds`: 0 to 999,999,999.
  public var nanoseconds: Int32

  /// A time at `seconds` and `nanoseconds`; nanoseconds outside of a second are clamped into it.
  public init(seconds: Int64, nanoseconds: Int32 = 0) {
    self.seconds = seconds
    self.nanoseconds = min(max(nanoseconds, 0), 999_999_999)
  }
}

extension Timestamp: Comparable {
  /// Earlier comes first.
  public static func < (one: Timestamp, other: Timestamp) -> Bool {
    (one.seconds, one.nanoseconds) < (other.seconds, other.nanoseconds)
  }

  /// The time between two timestamps.
  public static func - (end: Timestamp, start: Timestamp) -> Duration {
    .seconds(end.seconds) - .seconds(start.seconds) + .nanoseconds(Int64(end.nanoseconds) - Int64(start.nanoseconds))
  }

  /// The time `duration` after `start`, to the nanosecond, as far as 64 bits of seconds go.
  public static func + (start: Timestamp, duration: Duration) -> Timestamp {
    let (seconds, attoseconds) = duration.components
    let nanoseconds = Int64(start.nanoseconds) + attoseconds / 1_000_000_000
    let carry: Int64 = nanoseconds < 0 ? -1 : (nanoseconds >= 1_000_000_000 ? 1 : 0)
    let (sum, overflow) = start.seconds.addingReportingOverflow(seconds)
    let (total, overflowOfCarry) = sum.addingReportingOverflow(carry)
    let limit: Int64 = seconds < 0 ? .min : .max
    return Timestamp(
      seconds: overflow || overflowOfCarry ? limit : total,
      nanoseconds: Int32(nanoseconds - carry * 1_000_000_000)
    )
  }
}

extension Timestamp: CustomStringConvertible {
  /// RFC 3339 in UTC, to the second, as Kubernetes' `metav1.Time` is written: `2026-01-02T03:04:05Z`.
  public var description: String { formatted(fractionDigits: 0) }

  /// RFC 3339 in UTC with up to nine digits of the second's fraction, cut off, not rounded.
  public func formatted(fractionDigits: Int) -> String {
    let (days, second) = seconds.dividedRoundingDown(by: 86_400)
    let (year, month, day) = Self.civil(fromDays: days)
    let date = "\(year.padded(4))-\(month.padded(2))-\(day.padded(2))"
    let time = "\((second / 3600).padded(2)):\((second / 60 % 60).padded(2)):\((second % 60).padded(2))"
    let digits = min(max(fractionDigits, 0), 9)
    let fraction = digits == 0 ? "" : "." + Int64(nanoseconds).padded(9).prefix(digits)
    return "\(date)T\(time)\(fraction)Z"
  }

  /// Reads RFC 3339: `2026-01-02T03:04:05Z`, with an optional fraction (cut off after nine digits) and any offset.
  ///
  /// Nil for anything else, for impossible dates and for the leap second 60, which no clock of Linux shows.
  public init?(parsing text: String) {
    var scanner = DigitScanner(text)
    guard let year = scanner.digits(4), scanner.take("-"), let month = scanner.digits(2), scanner.take("-"),
      let day = scanner.digits(2), scanner.take("T") || scanner.take("t"),
      let hour = scanner.digits(2), scanner.take(":"), let minute = scanner.digits(2), scanner.take(":"),
      let second = scanner.digits(2), (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year),
      hour < 24, minute < 60, second < 60
    else { return nil }
    var nanoseconds: Int64 = 0
    if scanner.take(".") {
      guard let fraction = scanner.fraction() else { return nil }
      nanoseconds = fraction
    }
    guard let offset = scanner.offset(), scanner.isAtEnd else { return nil }
    let days = Self.days(fromYear: year, month: month, day: day)
    self.init(
      seconds: days * 86_400 + hour * 3600 + minute * 60 + second - offset,
      nanoseconds: Int32(nanoseconds)
    )
  }
}

extension Timestamp: Codable {
  /// Reads RFC 3339.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let time = Timestamp(parsing: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected a time as in RFC 3339")
    }
    self = time
  }

  /// Writes RFC 3339 to the second.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

// The proleptic Gregorian calendar counted in eras of 400 years, each beginning on the first of March.
extension Timestamp {
  private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (days + 719_468).dividedRoundingDown(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func days(fromYear year: Int64, month: Int64, day: Int64) -> Int64 {
    let (era, yearOfEra) = (month <= 2 ? year - 1 : year).dividedRoundingDown(by: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func days(in month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// Reads fixed numbers of ASCII digits.
private struct DigitScanner {
  private var rest: Substring.UTF8View

  init(_ text: String) { rest = text[...].utf8 }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard let byte = rest.first, UInt32(byte) == character.value else { return false }
    rest.removeFirst()
    return true
  }

  mutating func digit() -> Int64? {
    guard let byte = rest.first, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
    rest.removeFirst()
    return Int64(byte - UInt8(ascii: "0"))
  }

  mutating func digits(_ count: Int) -> Int64? {
    var value: Int64 = 0
    for _ in 0..<count {
      guard let digit = digit() else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  /// At least one digit, as nanoseconds.
  mutating func fraction() -> Int64? {
    guard var value = digit() else { return nil }
    var count = 1
    while let digit = digit() {
      if count < 9 { value = value * 10 + digit }
      count += 1
    }
    while count < 9 {
      value *= 10
      count += 1
    }
    return value
  }

  /// `Z`, or `+hh:mm` in seconds.
  mutating func offset() -> Int64? {
    if take("Z") || take("z") { return 0 }
    let isNegative = take("-")
    guard isNegative || take("+"), let hours = digits(2), take(":"), let minutes = digits(2), hours < 24, minutes < 60
    else { return nil }
    return (isNegative ? -1 : 1) * (hours * 3600 + minutes * 60)
  }
}

extension Int64 {
  fileprivate func dividedRoundingDown(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  fileprivate func padded(_ width: Int) -> String {
    let text = "\(magnitude)"
    let zeros = String(repeating: "0", count: Swift.max(0, width - text.utf8.count))
    return (self < 0 ? "-" : "") + zeros + text
  }
}
