import Glibc
import RuntimeTestKit
import Testing

@testable import Shim

@Suite("Output becomes records of the CRI log format, and no byte is lost")
struct LogLinesTests {
  private let time = Array("T".utf8)

  /// Cuts a whole stream at once: each line in pieces of 16 KiB, all but the last of them partial.
  private func model(_ bytes: [UInt8]) -> [String] {
    var records: [String] = []
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    // What follows the last newline is a line only if there is something in it.
    if lines.last?.isEmpty == true { lines.removeLast() }
    for line in lines {
      var rest = line
      while rest.count >= LogLines.longest {
        records.append("T stdout P " + String(decoding: rest.prefix(LogLines.longest), as: UTF8.self))
        rest = rest.dropFirst(LogLines.longest)
      }
      records.append("T stdout F " + String(decoding: rest, as: UTF8.self))
    }
    return records
  }

  private func records(_ chunks: [[UInt8]]) -> [String] {
    var lines = LogLines(stream: "stdout")
    var records: [UInt8] = []
    for chunk in chunks { lines.add(chunk[...], time: time, to: &records) }
    lines.finish(time: time, to: &records)
    return String(decoding: records, as: UTF8.self).utf8.split(separator: 0x0A).map { String($0) ?? "" }
  }

  @Test("random streams in random pieces against the model")
  func model() {
    var generator = SeededGenerator()
    for round in 0..<200 {
      var bytes: [UInt8] = []
      for _ in 0...generator.below(6) {
        let length = generator.pick([0, 1, 5, 100, 16_383, 16_384, 16_385, 32_767, 32_768, 40_000])
        bytes += [UInt8](repeating: UInt8(0x61 + generator.below(26)), count: length)
        if !generator.oneIn(4) { bytes.append(0x0A) }
      }
      var chunks: [[UInt8]] = []
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = rest.prefix(1 + generator.below(generator.oneIn(2) ? 50 : 65_536))
        chunks.append(Array(piece))
        rest = rest.dropFirst(piece.count)
      }
      #expect(records(chunks) == model(bytes), "seed \(generator.seed), round \(round)")
    }
  }

  @Test(
    "the ends of lines",
    arguments: [
      (0, ["T stdout F "]), (16_383, ["F"]), (16_384, ["P", "F"]), (16_385, ["P", "F"]), (32_768, ["P", "P", "F"]),
    ]
  )
  func ends(_ length: Int, _ tags: [String]) {
    let line = [UInt8](repeating: 0x78, count: length)
    // A line that fills its last piece is closed by an empty one, with a newline and without.
    for bytes in length == 0 ? [[0x0A]] : [line, line + [0x0A]] {
      let seen = records([bytes]).map { length == 0 ? $0 : String($0.dropFirst("T stdout ".count).prefix(1)) }
      #expect(seen == tags)
    }
  }

  @Test("nothing was written, nothing is recorded")
  func empty() {
    #expect(records([]) == [])
    #expect(records([[], []]) == [])
  }
}

@Suite("Times in logs are RFC 3339 with nine digits")
struct LogTimeTests {
  @Test(
    "known dates",
    arguments: [
      (0, 0, "1970-01-01T00:00:00.000000000Z"), (951_782_400, 1, "2000-02-29T00:00:00.000000001Z"),
      (1_709_164_799, 999_999_999, "2024-02-28T23:59:59.999999999Z"),
      (1_709_164_800, 0, "2024-02-29T00:00:00.000000000Z"),
      (4_102_444_799, 0, "2099-12-31T23:59:59.000000000Z"), (4_107_542_400, 0, "2100-03-01T00:00:00.000000000Z"),
      (-1, 0, "1969-12-31T23:59:59.000000000Z"), (1_763_682_233, 123_456_789, "2025-11-20T23:43:53.123456789Z"),
    ] as [(Int64, Int64, String)]
  )
  func known(_ seconds: Int64, _ nanoseconds: Int64, _ text: String) {
    #expect(String(decoding: LogTime.text(seconds: seconds, nanoseconds: nanoseconds), as: UTF8.self) == text)
  }

  @Test("random times as the C library writes them")
  func library() {
    var generator = SeededGenerator()
    for _ in 0..<2000 {
      let seconds = Int64(generator.below(253_402_300_800))
      var time = time_t(seconds)
      var parts = tm()
      gmtime_r(&time, &parts)
      var buffer = [CChar](repeating: 0, count: 64)
      strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S", &parts)
      let expected = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      #expect(LogTime.text(seconds: seconds, nanoseconds: 0).prefix(19).elementsEqual(expected.utf8), "\(seconds)")
    }
  }
}
