import PodModel
import Testing

@Suite("A timestamp is RFC 3339 in UTC")
struct TimestampTests {
  @Test(arguments: [
    (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
    (951_868_800, "2000-03-01T00:00:00Z"), (1_767_323_045, "2026-01-02T03:04:05Z"),
    (4_107_542_400, "2100-03-01T00:00:00Z"), (-62_167_219_200, "0000-01-01T00:00:00Z"),
    (253_402_300_799, "9999-12-31T23:59:59Z"),
  ])
  func writesAndReads(seconds: Int64, text: String) {
    #expect(Timestamp(seconds: seconds, nanoseconds: 999_999_999).description == text)
    #expect(Timestamp(parsing: text) == Timestamp(seconds: seconds))
  }

  @Test(arguments: [
    ("2026-01-02T03:04:05.5Z", 1_767_323_045, 500_000_000),
    ("2026-01-02t03:04:05.123456789123z", 1_767_323_045, 123_456_789),
    ("2026-01-02T05:04:05+02:00", 1_767_323_045, 0), ("2026-01-01T23:34:05-03:30", 1_767_323_045, 0),
  ])
  func readsFractionsAndOffsets(text: String, seconds: Int64, nanoseconds: Int32) {
    #expect(Timestamp(parsing: text) == Timestamp(seconds: seconds, nanoseconds: nanoseconds))
  }

  @Test(arguments: [
    "", "2026", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02 03:04:05Z", "2026-13-02T03:04:05Z",
    "2026-00-02T03:04:05Z",
    "2026-02-29T03:04:05Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z",
    "2026-01-02T24:00:00Z",
    "2026-01-02T03:60:05Z", "2026-01-02T03:04:60Z", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05Z ",
    "26-01-02T03:04:05Z",
    "2026-1-02T03:04:05Z", "2026-01-02T03:04:05+0200", "2026-01-02T03:04:05+24:00", "-026-01-02T03:04:05Z",
    "２026-01-02T03:04:05Z",
  ])
  func refuses(text: String) { #expect(Timestamp(parsing: text) == nil) }

  @Test func fractionsAreCutOff() {
    let time = Timestamp(seconds: 1, nanoseconds: 123_456_789)
    #expect(time.formatted(fractionDigits: 9) == "1970-01-01T00:00:01.123456789Z")
    #expect(time.formatted(fractionDigits: 3) == "1970-01-01T00:00:01.123Z")
    #expect(Timestamp(seconds: 1, nanoseconds: 5).formatted(fractionDigits: 99) == "1970-01-01T00:00:01.000000005Z")
    #expect(Timestamp(seconds: 1, nanoseconds: -5).nanoseconds == 0)
  }

  @Test func arithmetic() {
    let seed = UInt64.random(in: 0 ... .max)
    print("timestamps: seed \(seed)")
    var random = SeededGenerator(state: seed)
    for _ in 0..<5000 {
      let one = Self.time(&random)
      let other = Self.time(&random)
      #expect(one + (other - one) == other, "seed \(seed)")
      #expect((one < other) == (other - one > .zero), "seed \(seed)")
      #expect(Timestamp(parsing: one.formatted(fractionDigits: 9)) == one, "seed \(seed)")
    }
    #expect(Timestamp(seconds: .max) + .seconds(5) == Timestamp(seconds: .max))
    #expect(Timestamp(seconds: .min) + .seconds(-5) == Timestamp(seconds: .min))
  }

  static func time(_ random: inout SeededGenerator) -> Timestamp {
    Timestamp(
      seconds: .random(in: -62_167_219_200...253_402_300_799, using: &random),
      nanoseconds: .random(in: 0...999_999_999, using: &random)
    )
  }
}
