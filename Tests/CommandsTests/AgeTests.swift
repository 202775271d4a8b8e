import Testing

@testable import Commands
@testable import Images

@Suite("How long ago an image was made")
struct AgeTests {
  @Test(
    "is told in its greatest unit",
    arguments: [
      (0, "just now"), (59, "just now"), (60, "1 minute ago"), (7199, "1 hour ago"), (86_400, "1 day ago"),
      (13 * 86_400, "1 week ago"), (61 * 86_400, "2 months ago"), (800 * 86_400, "2 years ago"), (-3600, "just now"),
      (-90_000, "in the future"),
    ] as [(Int64, String)]
  )
  func words(seconds: Int64, expected: String) {
    #expect(age(of: "2026-01-02T03:04:05.123456789Z", now: 1_767_323_045 + seconds) == expected)
  }

  @Test("is not told of what is no time")
  func none() { #expect(age(of: "yesterday", now: 0) == nil) }
}

@Suite("What a terminal shows of a pull")
struct PullDisplayTests {
  private func row(_ number: UInt8, _ state: LayerProgress.State) -> PullDisplay.Row {
    PullDisplay.Row(digest: .sha256(of: [number]), state: state, bytes: 50, total: 100)
  }

  @Test("A line for each layer while there is room; else those that are busy, and a count")
  func lines() {
    let size = PullDisplay.Size(columns: 70, rows: 6)
    let few = PullDisplay.lines([row(1, .done), row(2, .downloading), row(3, .waiting)], size)
    #expect(few.count == 3 && few[0].hasSuffix("  done, 100 B") && few[2].hasSuffix("  waiting"))
    #expect(few[1].hasSuffix("  [==========          ] 50 B / 100 B"))
    let many = (0..<40).map { row($0, $0 < 10 ? .present : $0 < 30 ? .downloading : .waiting) }
    let shown = PullDisplay.lines(many, size)
    #expect(shown.count == 5 && shown[4] == "10 of 40 layers done")
    #expect(shown.dropLast().allSatisfy { $0.hasSuffix("50 B / 100 B") })
  }
}
