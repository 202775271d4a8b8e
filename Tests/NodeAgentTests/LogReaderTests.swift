import Glibc
import Linux
import Testing

@testable import NodeAgent

@Suite("A log is read whole, through every rotation")
struct LogReaderTests {
  /// A directory with a log file, written and rotated as the supervisor does it.
  private final class Log {
    let directory: String
    var path: String { directory + "/0.log" }

    init() throws {
      var template = Array("/tmp/swiftlet-log.XXXXXX".utf8CString)
      directory = String(cString: try #require(mkdtemp(&template)))
    }

    func append(_ text: String) throws {
      let file = try openAt(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND)
      try writeAll(file.raw, Array(text.utf8))
    }

    func line(_ text: String, stream: String = "stdout", tag: String = "F") throws {
      try append("2026-01-02T03:04:05.000000006Z \(stream) \(tag) \(text)\n")
    }

    func rotate(keeping files: Int = 5) {
      for number in stride(from: files - 2, through: 1, by: -1) {
        rename("\(path).\(number)", "\(path).\(number + 1)")
      }
      rename(path, "\(path).1")
    }

    deinit {
      for name in ["0.log"] + (1...9).map({ "0.log.\($0)" }) { unlink("\(directory)/\(name)") }
      rmdir(directory)
    }
  }

  private func read(_ reader: inout LogReader) throws -> [String] {
    var lines: [String] = []
    try reader.read { lines.append(($0.isError ? "!" : "") + String(decoding: $0.text, as: UTF8.self)) }
    return lines
  }

  @Test("Lines come once, as soon as they are whole")
  func lines() throws {
    let log = try Log()
    var reader = LogReader(path: log.path)
    #expect(try read(&reader) == [])
    try log.line("one")
    try log.line("two", stream: "stderr")
    #expect(try read(&reader) == ["one", "!two"])
    try log.append("2026-01-02T03:04:05Z stdout F thr")
    #expect(try read(&reader) == [])
    try log.append("ee\n")
    #expect(try read(&reader) == ["three"])
    #expect(try read(&reader) == [])
  }

  @Test("Parts of a line are joined per stream; what has no end is told at the end")
  func partial() throws {
    let log = try Log()
    var reader = LogReader(path: log.path)
    try log.line("a", tag: "P")
    try log.line("x", stream: "stderr", tag: "P")
    try log.line("b")
    try log.line("rest", tag: "P")
    #expect(try read(&reader) == ["ab"])
    var rest: [String] = []
    reader.finish { rest.append(String(decoding: $0.text, as: UTF8.self)) }
    #expect(rest == ["rest", "x"])
  }

  @Test("A record that the supervisor takes back is not shown")
  func withdrawn() throws {
    let log = try Log()
    var reader = LogReader(path: log.path)
    try log.line("one")
    try log.append("2026-01-02T03:04:05Z stdout F to")
    #expect(try read(&reader) == ["one"])
    #expect(truncate(log.path, off_t("2026-01-02T03:04:05.000000006Z stdout F one\n".utf8.count)) == 0)
    try log.line("two")
    #expect(try read(&reader) == ["two"])
  }

  @Test("A reader that falls behind by more files than are kept says where lines are missing, once")
  func gap() throws {
    let log = try Log()
    var reader = LogReader(path: log.path)
    try log.line("0")
    try log.line("begun", tag: "P")
    #expect(try read(&reader) == ["0"])
    for number in 1...7 {
      log.rotate()
      try log.line("\(number)")
    }
    let lines = try read(&reader)
    #expect(
      lines.count == 7 && lines.first == "begun" && Array(lines.dropFirst(2)) == (3...7).map(String.init),
      "\(lines)"
    )
    #expect(lines.dropFirst().first?.hasPrefix("!swiftlet: lines are missing here") == true, "\(lines)")
    try log.line("8")
    #expect(try read(&reader) == ["8"])
  }

  @Test("Random writes, rotations and reads lose and repeat nothing", arguments: [UInt64](0..<20))
  func rotations(seed: UInt64) throws {
    let log = try Log()
    var random = SeededGenerator(seed: seed)
    var reader = LogReader(path: log.path)
    var written = 0
    var lines: [String] = []
    // The supervisor keeps five files: a reader may fall behind by four.
    var rotationsSinceRead = 0
    for _ in 0..<300 {
      switch random.next() % 5 {
      case 0 where rotationsSinceRead < 4 && access(log.path, F_OK) == 0:
        log.rotate()
        rotationsSinceRead += 1
        // The supervisor opens the new file at once.
        try log.append("")
      case 1, 2:
        lines += try read(&reader)
        rotationsSinceRead = 0
      default:
        try log.line("\(written)")
        written += 1
      }
    }
    lines += try read(&reader)
    #expect(lines == (0..<written).map(String.init), "seed \(seed)")
  }
}

struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
