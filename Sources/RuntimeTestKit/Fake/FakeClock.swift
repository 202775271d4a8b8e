import RuntimeAPI
import Synchronization

/// A clock that stands still until a test moves it. Its monotonic reading and its wall time are independent, so that a
/// test can set the wall clock back an hour and nothing else.
public final class FakeClock: Sendable {
  private struct Sleeper {
    var deadline: Duration
    var wake: CheckedContinuation<Void, Never>
  }

  private struct State {
    var now: Duration = .zero
    var wallOffset: Int64 = 1_800_000_000
    var sleepers: [UInt64: Sleeper] = [:]
    var cancelled: Set<UInt64> = []
    var nextSleeper: UInt64 = 0
  }

  private let state = Mutex(State())

  /// Starts at zero, at 2027-01-15T08:00:00Z.
  public init() {}

  /// Monotonic reading since the clock was made.
  public var now: Duration { state.withLock { $0.now } }

  /// The wall clock.
  public var wallTime: WallTime {
    state.withLock { state in
      let parts = state.now.components
      return WallTime(
        seconds: state.wallOffset + parts.seconds,
        nanoseconds: parts.attoseconds / 1_000_000_000
      )
    }
  }

  /// How many tasks sleep now.
  public var sleepers: Int { state.withLock { $0.sleepers.count } }

  /// Sets the wall clock forward or back; the monotonic reading stays.
  public func shiftWallTime(seconds: Int64) {
    state.withLock { $0.wallOffset += seconds }
  }

  /// Moves on and wakes whoever is due.
  public func advance(by duration: Duration) {
    wake { state in state.now += duration }
  }

  /// Moves to the next deadline that somebody sleeps for; false if nobody does.
  @discardableResult
  public func advanceToNextSleeper() -> Bool {
    var found = false
    wake { state in
      guard let next = state.sleepers.values.map(\.deadline).min() else { return }
      state.now = max(state.now, next)
      found = true
    }
    return found
  }

  /// Returns when the clock has reached `deadline`, or at once when the task is cancelled.
  public func sleep(until deadline: Duration) async {
    let number = state.withLock { state in
      state.nextSleeper += 1
      return state.nextSleeper
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let due = state.withLock { state in
          if state.now >= deadline || state.cancelled.remove(number) != nil { return true }
          state.sleepers[number] = Sleeper(deadline: deadline, wake: continuation)
          return false
        }
        if due { continuation.resume() }
      }
      _ = state.withLock { $0.cancelled.remove(number) }
    } onCancel: {
      let sleeper = state.withLock { state in
        let sleeper = state.sleepers.removeValue(forKey: number)
        // Cancellation can come before the continuation is there; the sleeper finds the mark then.
        if sleeper == nil { state.cancelled.insert(number) }
        return sleeper
      }
      sleeper?.wake.resume()
    }
  }

  private func wake(after change: (inout State) -> Void) {
    let due = state.withLock { state in
      change(&state)
      let now = state.now
      let due = state.sleepers.filter { $0.value.deadline <= now }
      for number in due.keys { state.sleepers[number] = nil }
      return due.sorted { ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key) }.map(\.value.wake)
    }
    for continuation in due { continuation.resume() }
  }
}
