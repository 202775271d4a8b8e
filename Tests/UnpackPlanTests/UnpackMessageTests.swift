import Testing

@testable import UnpackPlan

@Suite("Parent and child understand each other, and the parent believes nothing that is not well-formed")
struct UnpackMessageTests {
  private var report: UnpackReport {
    var report = UnpackReport()
    report.diffID = String(repeating: "a", count: 64)
    report.archiveBytes = 12
    report.plainBytes = 1 << 40
    report.contentBytes = 34
    report.entries = 5
    report.impliedDirectories = [[], Array("c/d".utf8)]
    report.skipped = [.rootEntry: 2, .extendedAttribute: 7]
    report.opaqueDirectories = [[], Array("a/b".utf8), [0xFF, 0x2F, 0x01]]
    return report
  }

  @Test("What is written is read back")
  func roundTrip() throws {
    #expect(try UnpackMessage(parsing: UnpackMessage.done(report).serialized) == .done(report))
    for kind in UnpackFailure.Kind.allCases {
      let failure = UnpackFailure(kind, entry: "a\"b/ü", "because")
      #expect(try UnpackMessage(parsing: UnpackMessage.failed(failure).serialized) == .failed(failure))
    }
    var limits = UnpackLimits.standard
    limits.depth = 7
    #expect(try UnpackLimits(parsing: limits.serialized) == limits)
  }

  @Test("Text for people is shortened and free of control characters")
  func brief() throws {
    let failure = UnpackFailure(.archive, entry: String(repeating: "x", count: 5000), "\u{1B}[31mred\n")
    guard case .failed(let read) = try UnpackMessage(parsing: UnpackMessage.failed(failure).serialized) else {
      Issue.record("no failure")
      return
    }
    #expect(read.entry.count == 512)
    #expect(read.detail == "\u{FFFD}[31mred\u{FFFD}")
  }

  @Test(
    "A report is refused for every field that is missing, of the wrong kind or out of range",
    arguments: [
      ("\"version\":2", "\"version\":1"), ("\"version\":2", "\"version\":null"),
      ("\"632f64\"", "\"632f2e2e\""), ("\"632f64\"", "1"), ("\"632f64\"", "\"2f632f64\""),
      ("\"archiveBytes\":12", "\"archiveBytes\":-1"),
      ("\"archiveBytes\":12", "\"archiveBytes\":1.5"), ("\"entries\":5", "\"entries\":\"5\""),
      ("\"entries\":5", "\"other\":5"),
      ("\"entries\":5", "\"entries\":99999999999999999999"), ("aaaa\"", "aaa\""), ("aaaa\"", "aaaA\""),
      ("aaaa\"", "../a\""),
      ("\"rootEntry\":2", "\"rootEntry\":0"), ("\"rootEntry\":2", "\"unknown\":2"), ("\"612f62\"", "\"612f6\""),
      ("\"612f62\"", "\"2f62\""), ("\"612f62\"", "\"2e2e\""), ("\"612f62\"", "\"612f2e2e\""),
      ("\"612f62\"", "\"6100\""),
      ("\"612f62\"", "\"2e\""), ("\"612f62\"", "7"), ("\"612f62\"", "\"zz\""), ("\"612f62\"", "\"612f2f62\""),
      ("\"done\"", "\"failed\""), ("\"done\"", "\"neither\""), ("{\"done\"", "{\"failed\":{},\"done\""),
      ("{\"done\"", "{\"version\":2,\"done\""),
    ]
  )
  func refused(_ original: String, _ replacement: String) throws {
    let text = String(decoding: UnpackMessage.done(report).serialized, as: UTF8.self)
    let range = try #require(text.firstRange(of: original), "\(text)")
    let changed = text.replacingCharacters(in: range, with: replacement)
    #expect(throws: UnpackMessageError.self) { try UnpackMessage(parsing: Array(changed.utf8)) }
  }

  @Test("Limits are refused with a field missing, added, zero or negative")
  func limits() {
    for text in [
      "", "{}", "[]", #"{"bytes":1}"#,
      String(decoding: UnpackLimits.standard.serialized, as: UTF8.self).replacing("\"depth\":256", with: "\"depth\":0"),
      String(decoding: UnpackLimits.standard.serialized, as: UTF8.self).replacing(
        "\"depth\":256",
        with: "\"depth\":-1"
      ),
      String(decoding: UnpackLimits.standard.serialized, as: UTF8.self).replacing("\"depth\"", with: "\"deep\""),
      String(decoding: UnpackLimits.standard.serialized, as: UTF8.self).replacing("{", with: "{\"more\":1,"),
    ] {
      #expect(throws: UnpackMessageError.self, "\(text)") { try UnpackLimits(parsing: Array(text.utf8)) }
    }
  }

  @Test("Every change of one byte is either refused or read without a trap")
  func mutations() {
    let bytes = UnpackMessage.done(report).serialized
    for index in bytes.indices {
      for value: UInt8 in [0, 0x22, 0x5C, 0x7B, 0x2D, 0x39, 0xFF] {
        var changed = bytes
        changed[index] = value
        if let message = try? UnpackMessage(parsing: changed), case .done(let report) = message {
          #expect(report.diffID.utf8.count == 64 && report.entries >= 0)
        }
      }
    }
  }
}

extension String {
  /// The standard library's only: Foundation has no place in this layer's tests.
  fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
    String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
  }

  fileprivate func replacing(_ part: String, with text: String) -> String {
    guard let range = firstRange(of: part) else { return self }
    return replacingCharacters(in: range, with: text)
  }
}
