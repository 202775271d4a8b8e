import Dispatch
import Glibc
import Linux
import Synchronization

/// Runs something and gives up on it after a time: what it waits for is then ended by the clean-up that follows.
func withDeadline<T: Sendable>(
  seconds: Int,
  _ what: String,
  _ body: @escaping @Sendable () async throws -> T
) async throws -> T {
  let first = Once()
  return try await withCheckedThrowingContinuation { continuation in
    Task {
      let result: Result<T, any Error>
      do { result = .success(try await body()) } catch { result = .failure(error) }
      if first.isFirst { continuation.resume(with: result) }
    }
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds)) {
      if first.isFirst {
        continuation.resume(throwing: ConformanceFailure(expected: "\(what) to end in \(seconds) s", seen: "no end"))
      }
    }
  }
}

private final class Once: Sendable {
  private let isTaken = Atomic<Bool>(false)
  var isFirst: Bool { !isTaken.exchange(true, ordering: .relaxed) }
}

/// Asks again and again until it is so; throws with what was seen last.
func eventually(
  _ expected: String,
  seconds: Int = 10,
  seen: () throws -> String = { "not so" },
  _ condition: () async throws -> Bool
) async throws {
  let deadline = Clock.monotonicNanoseconds() + Int64(seconds) * 1_000_000_000
  while true {
    if try await condition() { return }
    if Clock.monotonicNanoseconds() > deadline { throw ConformanceFailure(expected: expected, seen: try seen()) }
    try await Task.sleep(nanoseconds: 5_000_000)
  }
}
