import Synchronization

/// Lets a bounded number of pulls run at once; the others wait in the order they came.
public final class PullGate: Sendable {
  /// The process's own: two images at once.
  public static let shared = PullGate(imagesAtOnce: 2)

  private struct State {
    var free: Int
    var last: UInt64 = 0
    var waiting: [(number: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
  }

  private let state: Mutex<State>

  /// Makes a gate.
  ///
  /// - Parameter imagesAtOnce: At least 1.
  public init(imagesAtOnce: Int) { state = Mutex(State(free: max(1, imagesAtOnce))) }

  /// Whether somebody who comes now would wait.
  var isFull: Bool { state.withLock { $0.free == 0 } }

  /// Runs `body` when it is its turn.
  ///
  /// - Throws: `cancelled` if the task is cancelled while it waits, and what `body` throws.
  func pass<Value: Sendable>(
    _ body: () async throws(ImageStoreError) -> Value
  ) async throws(ImageStoreError) -> Value {
    guard await enter() else { throw .cancelled }
    do throws(ImageStoreError) {
      let value = try await body()
      leave()
      return value
    } catch {
      leave()
      throw error
    }
  }

  private func enter() async -> Bool {
    let number = state.withLock { state in
      state.last += 1
      return state.last
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let now: Bool? = state.withLock { state in
          if Task.isCancelled { return false }
          if state.free > 0 {
            state.free -= 1
            return true
          }
          state.waiting.append((number, continuation))
          return nil
        }
        if let now { continuation.resume(returning: now) }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        state.waiting.firstIndex { $0.number == number }.map { state.waiting.remove(at: $0) }
      }
      waiter?.continuation.resume(returning: false)
    }
  }

  private func leave() {
    let next = state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.free += 1
        return nil as CheckedContinuation<Bool, Never>?
      }
      return state.waiting.removeFirst().continuation
    }
    next?.resume(returning: true)
  }
}
