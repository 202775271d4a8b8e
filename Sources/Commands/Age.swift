import PodModel

/// How long ago a time was, for people: `3 days ago`; nil for what is no time as in RFC 3339.
///
/// - Parameter now: Seconds since 1970.
func age(of time: String, now: Int64) -> String? {
  guard let then = Timestamp(parsing: time)?.seconds else { return nil }
  let seconds = now.subtractingReportingOverflow(then).partialValue
  // Clocks differ, but not that much.
  if seconds < -86_400 { return "in the future" }
  guard seconds >= 60 else { return "just now" }
  let units: [(name: String, seconds: Int64)] = [
    ("year", 365 * 86_400), ("month", 30 * 86_400), ("week", 7 * 86_400), ("day", 86_400), ("hour", 3600),
    ("minute", 60),
  ]
  for unit in units where seconds >= unit.seconds {
    let count = seconds / unit.seconds
    return "\(count) \(unit.name)\(count == 1 ? "" : "s") ago"
  }
  return nil
}
