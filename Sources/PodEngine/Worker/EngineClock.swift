import Linux
import PodLogic
import PodModel

/// Where the engine's time comes from, so that tests can hold it.
public protocol EngineClock: Sendable {
  /// This moment.
  var now: Moment { get }
  /// Returns at `deadline`, or early when the task is cancelled.
  func sleep(until deadline: Instant) async
}

/// The kernel's clocks: CLOCK_BOOTTIME, which goes on while the machine sleeps, and CLOCK_REALTIME.
public struct SystemClock: EngineClock {
  private let start = ContinuousClock.now

  /// Starts its monotonic reading at zero.
  public init() {}

  /// This moment.
  public var now: Moment {
    let wall = Clock.wall()
    return Moment(
      instant: Instant(sinceStart: start.duration(to: .now)),
      wall: Timestamp(seconds: wall.seconds, nanoseconds: Int32(clamping: wall.nanoseconds))
    )
  }

  /// Returns at `deadline`, or early when the task is cancelled.
  public func sleep(until deadline: Instant) async {
    do {
      try await Task.sleep(until: start.advanced(by: deadline.sinceStart), clock: .continuous)
    } catch {
      // Cancelled: whoever did that does not want to know any more.
    }
  }
}
