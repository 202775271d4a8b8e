import LaunchPlan
import Linux
import RuntimeAPI

extension WallTime {
  /// A supervisor's time.
  public init(_ time: EventTime) { self.init(seconds: time.seconds, nanoseconds: time.nanoseconds) }

  /// The wall clock's.
  public static func now() -> WallTime {
    let (seconds, nanoseconds) = Clock.wall()
    return WallTime(seconds: seconds, nanoseconds: nanoseconds)
  }
}

extension ContainerExit {
  /// A supervisor's record.
  public init(_ end: ProcessEnd) {
    self.init(
      outcome: end.signaled ? .signaled(end.code) : .exited(code: end.code),
      oomKilled: end.oomKilled,
      startedAt: end.startedAt.map(WallTime.init),
      finishedAt: WallTime(end.finishedAt)
    )
  }
}
