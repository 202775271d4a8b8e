/// A reading of a clock that only moves forward, also while the machine sleeps (`CLOCK_BOOTTIME`).
///
/// Every timer, back-off and deadline is computed with it; the wall clock, which people and NTP move, only fills status
/// fields.
public struct Instant: Hashable, Comparable, Sendable {
  /// Time since the clock's own start.
  public var sinceStart: Duration

  /// Makes a reading.
  public init(sinceStart: Duration) {
    self.sinceStart = sinceStart
  }

  /// Earlier before later.
  public static func < (a: Instant, b: Instant) -> Bool { a.sinceStart < b.sinceStart }

  /// The reading so much later.
  public static func + (a: Instant, b: Duration) -> Instant { Instant(sinceStart: a.sinceStart + b) }

  /// How much later `a` is than `b`.
  public static func - (a: Instant, b: Instant) -> Duration { a.sinceStart - b.sinceStart }
}
