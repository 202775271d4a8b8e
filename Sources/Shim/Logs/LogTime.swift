/// A time as log files have it: RFC 3339 in UTC with nine digits, always the same length.
enum LogTime {
  /// `2026-11-20T23:43:53.123456789Z`.
  static func text(seconds: Int64, nanoseconds: Int64) -> [UInt8] {
    let days = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
    let rest = seconds - days * 86400
    let (year, month, day) = civil(fromDays: days)
    var text: [UInt8] = []
    text.reserveCapacity(30)
    append(year, 4, to: &text)
    text.append(UInt8(ascii: "-"))
    append(month, 2, to: &text)
    text.append(UInt8(ascii: "-"))
    append(day, 2, to: &text)
    text.append(UInt8(ascii: "T"))
    append(rest / 3600, 2, to: &text)
    text.append(UInt8(ascii: ":"))
    append(rest / 60 % 60, 2, to: &text)
    text.append(UInt8(ascii: ":"))
    append(rest % 60, 2, to: &text)
    text.append(UInt8(ascii: "."))
    append(nanoseconds, 9, to: &text)
    text.append(UInt8(ascii: "Z"))
    return text
  }

  /// The Gregorian date of a day counted from 1970-01-01, by counting in eras of 400 years that begin on 1 March.
  static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  private static func append(_ value: Int64, _ digits: Int, to text: inout [UInt8]) {
    var divisor: Int64 = 1
    for _ in 1..<digits { divisor *= 10 }
    for _ in 0..<digits {
      text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
      divisor /= 10
    }
  }
}
