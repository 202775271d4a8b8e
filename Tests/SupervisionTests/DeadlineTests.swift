import Dispatch
import Testing

@testable import ShimClient

@Suite("Requests that nobody answers are late at their deadline, and few looks find them")
struct DeadlineTests {
  private let start = DispatchTime.now()
  private func after(_ seconds: Int) -> DispatchTime { start + .seconds(seconds) }

  @Test("One look serves every later deadline, and an earlier one orders its own")
  func looks() {
    var deadlines = Deadlines()
    #expect(deadlines.add(1, at: after(10)) == after(10))
    #expect(deadlines.add(2, at: after(10)) == nil)
    #expect(deadlines.add(3, at: after(30)) == nil)
    #expect(deadlines.add(4, at: after(5)) == after(5))
    let first = deadlines.look(at: after(5))
    #expect(first.late == [4])
    #expect(first.next == after(10))
    let second = deadlines.look(at: after(10))
    #expect(second.late.sorted() == [1, 2])
    #expect(second.next == after(30))
    #expect(deadlines.look(at: after(30)).late == [3])
  }

  @Test("What was answered is never late, and no look is ordered for nothing")
  func answered() {
    var deadlines = Deadlines()
    _ = deadlines.add(1, at: after(10))
    deadlines.remove(1)
    let look = deadlines.look(at: after(10))
    #expect(look.late == [])
    #expect(look.next == nil)
    #expect(deadlines.add(2, at: after(20)) == after(20))
    deadlines.removeAll()
    #expect(deadlines.look(at: after(20)).late == [])
  }

  @Test("Whatever is added and answered, each is late once, not before its time and at the first look after it")
  func chance() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      var deadlines = Deadlines()
      var open: [Int64: Int] = [:]
      var orders: Set<Int> = []
      func note(_ order: DispatchTime?) {
        if let order { orders.insert(Int((order.uptimeNanoseconds - start.uptimeNanoseconds) / 1_000_000_000)) }
      }
      for second in 0..<60 {
        let number = Int64(second)
        let due = second + Int.random(in: 1...9, using: &generator)
        open[number] = due
        note(deadlines.add(number, at: after(due)))
        if let answered = open.keys.randomElement(using: &generator), Bool.random(using: &generator) {
          open[answered] = nil
          deadlines.remove(answered)
        }
        guard orders.remove(second + 1) != nil else { continue }
        let look = deadlines.look(at: after(second + 1))
        #expect(look.late.sorted() == open.filter { $0.value <= second + 1 }.map(\.key).sorted())
        for late in look.late { open[late] = nil }
        note(look.next)
      }
      #expect(open.values.allSatisfy { $0 > 60 }, "late for ever: \(open)")
    }
  }
}
