import Dispatch

/// Until when requests are to be answered, and when to look whether they were.
///
/// A look is ordered once for many requests: each order wakes a thread of Dispatch's, and most requests are answered
/// long before.
struct Deadlines {
  private var due: [Int64: DispatchTime] = [:]
  private var nextLook: DispatchTime?

  /// Adds one; the time of a look to order, unless one comes early enough.
  mutating func add(_ number: Int64, at deadline: DispatchTime) -> DispatchTime? {
    due[number] = deadline
    return order()
  }

  /// Forgets one that was answered.
  mutating func remove(_ number: Int64) {
    due[number] = nil
  }

  /// Forgets all.
  mutating func removeAll() {
    due = [:]
  }

  /// What is late now, and the time of the next look to order.
  mutating func look(at now: DispatchTime) -> (late: [Int64], next: DispatchTime?) {
    let late = due.filter { $0.value <= now }.map(\.key)
    for number in late { due[number] = nil }
    if let look = nextLook, look <= now { nextLook = nil }
    return (late, order())
  }

  private mutating func order() -> DispatchTime? {
    guard let first = due.values.min(), nextLook.map({ first < $0 }) ?? true else { return nil }
    nextLook = first
    return first
  }
}
