import Linux

/// Judges whether a test left anything behind.
public enum LeakOracle {
  /// Waits at most `milliseconds` for everything to be as it was, then throws with what is left.
  public static func expectNothingLeft(since before: LeakSnapshot, milliseconds: Int = 5000) async throws {
    let deadline = Clock.monotonicNanoseconds() + Int64(milliseconds) * 1_000_000
    while true {
      let added = try LeakSnapshot.ofThisProcess().added(since: before)
      if added.isEmpty { return }
      if Clock.monotonicNanoseconds() > deadline {
        let text = added.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: "\n  ")
        throw ConformanceFailure(expected: "nothing to be left after \(milliseconds) ms", seen: "\n  " + text)
      }
      try await Task.sleep(nanoseconds: 20_000_000)
    }
  }
}
