import PodModel

/// One moment on both clocks.
public struct Moment: Hashable, Sendable {
  /// For timers.
  public var instant: Instant
  /// For status fields.
  public var wall: Timestamp

  /// Makes a moment.
  public init(instant: Instant, wall: Timestamp) {
    self.instant = instant
    self.wall = wall
  }
}
