import JSONText
import Testing

@Suite("The JSON reader takes what RFC 8259 allows")
struct JSONReaderAcceptanceTests {
  @Test(arguments: [
    ("null", JSONValue.null),
    (" true\n", .bool(true)),
    ("\tfalse\r", .bool(false)),
    ("0", .integer(0)),
    ("-0", .integer(0)),
    ("9223372036854775807", .integer(.max)),
    ("-9223372036854775808", .integer(.min)),
    ("9223372036854775808", .number(9_223_372_036_854_775_808)),
    ("-9223372036854775809", .number(-9_223_372_036_854_775_808)),
    ("184467440737095516160", .number(184_467_440_737_095_516_160)),
    ("1.0", .number(1)),
    ("1e2", .number(100)),
    ("1E+2", .number(100)),
    ("-2.5e-1", .number(-0.25)),
    ("1e-400", .number(0)),
    (#""""#, .string("")),
    (#""héllo 😀""#, .string("héllo 😀")),
    (#""a\"\\\/\b\f\n\r\tz""#, .string("a\"\\/\u{8}\u{C}\n\r\tz")),
    (#""\u0041\u00e9\u20AC\ud83d\ude00\u0000""#, .string("Aé€😀\u{0}")),
    ("\"\u{7F}\u{2028}\"", .string("\u{7F}\u{2028}")),
    ("[]", .array([])),
    ("[ ]", .array([])),
    ("{}", .object([])),
    ("{ }", .object([])),
    ("[1,[2], {\"a\" : null }]", .array([.integer(1), .array([.integer(2)]), .object([JSONMember("a", .null)])])),
    (
      #"{"b":1,"a":2,"":3}"#,
      .object([JSONMember("b", .integer(1)), JSONMember("a", .integer(2)), JSONMember("", .integer(3))])
    ),
    // Canonically equivalent names are different bytes, hence different names.
    (
      "{\"\u{E9}\":1,\"e\u{301}\":2}",
      .object([JSONMember("\u{E9}", .integer(1)), JSONMember("e\u{301}", .integer(2))])
    ),
  ])
  func accepts(text: String, expected: JSONValue) throws {
    #expect(try JSONValue(parsing: text) == expected)
  }

  @Test func findsMembersByName() throws {
    let value = try JSONValue(parsing: #"{"a":"x","b":[true],"c":7,"e":1.5}"#)
    #expect(value["a"]?.string == "x")
    #expect(value["b"]?.array?.first?.bool == true)
    #expect(value["c"]?.integer == 7)
    #expect(value["e"]?.integer == nil)
    #expect(value["d"] == nil)
    #expect(value.members?.map(\.name) == ["a", "b", "c", "e"])
    #expect(JSONValue.null["a"] == nil)
    #expect(JSONValue.integer(1).string == nil)
  }
}

@Suite("The JSON reader refuses everything else, and says where")
struct JSONReaderRefusalTests {
  @Test(arguments: [
    ("", 0, "unexpected end"), ("  ", 2, "unexpected end"),
    ("nul", 0, "expected null"), ("nulL", 0, "expected null"), ("tru", 0, "expected true"), ("True", 0, "a value"),
    ("null null", 5, "bytes after"), ("1 ,", 2, "bytes after"), ("{}\u{0}", 2, "bytes after"),
    ("\u{FEFF}1", 0, "a value"), ("'a'", 0, "a value"), ("NaN", 0, "a value"), ("+1", 0, "a value"),
    ("01", 1, "bytes after"), ("-", 1, "digit"), ("-a", 1, "digit"), ("1.", 2, "digit"), (".5", 0, "a value"),
    ("1e", 2, "digit"), ("1e+", 3, "digit"), ("1e400", 0, "out of range"), ("-1e400", 0, "out of range"),
    ("0x1", 1, "bytes after"), ("1.5.5", 3, "bytes after"), ("- 1", 1, "digit"),
    ("[", 1, "unexpected end"), ("[1", 2, "unexpected end"), ("[1,", 3, "unexpected end"), ("[1,]", 3, "a value"),
    ("[,1]", 1, "a value"), ("[1 2]", 3, "comma"), ("[1}", 2, "comma"), ("]", 0, "a value"),
    ("{", 1, "member name"), ("{\"a\"", 4, "colon"), ("{\"a\":", 5, "unexpected end"),
    ("{\"a\":1", 6, "unexpected end"),
    ("{\"a\":1,}", 7, "member name"), ("{a:1}", 1, "member name"), ("{1:1}", 1, "member name"),
    ("{\"a\" 1}", 5, "colon"), ("{\"a\":1 \"b\":2}", 7, "comma"),
    (#"{"a":1,"a":1}"#, 0, #"duplicate name "a""#), (#"[{"x":{"a":1,"\u0061":2}}]"#, 6, "duplicate name"),
    ("\"", 0, "without an end"), ("\"abc", 0, "without an end"), ("\"abc\\", 4, "without an end"),
    ("\"abc\\\"", 0, "without an end"),
    ("\"a\nb\"", 2, "control"), ("\"a\u{0}b\"", 2, "control"), ("\"\\n\u{1F}\"", 3, "control"),
    (#""\x41""#, 1, "escape"), (#""\U0041""#, 1, "escape"), (#""\u004""#, 1, "hexadecimal"),
    (#""\u00g0""#, 1, "hexadecimal"), (#""\u+041""#, 1, "hexadecimal"),
    (#""\ud800""#, 1, "surrogate"), (#""\udc00""#, 1, "surrogate"), (#""\ud800\ud800""#, 1, "surrogate"),
    (#""\ud800\n""#, 1, "surrogate"), (#""\ud800x""#, 1, "surrogate"), (#""\udc00\ud800""#, 1, "surrogate"),
    ("/* */1", 0, "a value"), ("1 // x", 2, "bytes after"),
  ])
  func refuses(text: String, offset: Int, reason: String) throws {
    let error = try #require(throws: JSONTextError.self) { try JSONValue(parsing: text) }
    #expect(error.offset == offset)
    #expect(error.reason.contains(reason), "\(error)")
  }

  @Test(arguments: [
    [0x80], [0xC0, 0x80], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
    [0xF4, 0x90, 0x80, 0x80],
  ])
  func refusesInvalidUTF8(bytes: [UInt8]) {
    for prefix in [[], Array("\\n".utf8)] {
      let text: [UInt8] = [0x22] + prefix + bytes + [0x22]
      #expect(throws: JSONTextError(offset: 1, reason: "string is not UTF-8")) { try JSONValue(parsing: text) }
    }
    #expect(throws: JSONTextError.self) { try JSONValue(parsing: bytes) }
  }

  @Test func refusesDuplicatesInLargeObjects() throws {
    let names = (0..<1000).map { "\"n\($0)\":0" }
    #expect(try JSONValue(parsing: "{" + names.joined(separator: ",") + "}").members?.count == 1000)
    let error = try #require(throws: JSONTextError.self) {
      try JSONValue(parsing: "{" + (names + ["\"n500\":1"]).joined(separator: ",") + "}")
    }
    #expect(error.reason.contains("\"n500\""))
  }

  @Test func repeatsLittleOfUntrustedText() throws {
    let name = String(repeating: "é", count: 5000)
    let error = try #require(throws: JSONTextError.self) { try JSONValue(parsing: "{\"\(name)\":1,\"\(name)\":1}") }
    #expect(error.reason.utf8.count < 200)
  }
}

@Suite("The JSON reader stops at its limits")
struct JSONReaderLimitTests {
  @Test func depth() throws {
    let limits = JSONLimits(depth: 3)
    #expect(try JSONValue(parsing: "[[{}]]", limits: limits) == .array([.array([.object([])])]))
    #expect(throws: JSONTextError(offset: 3, reason: "nested deeper than 3 levels")) {
      try JSONValue(parsing: "[[[[]]]]", limits: limits)
    }
    let deep = String(repeating: "[", count: 100_000)
    let error = try #require(throws: JSONTextError.self) {
      try JSONValue(parsing: deep, limits: JSONLimits(depth: .max))
    }
    #expect(error.offset == JSONLimits.deepest)
    #expect(throws: JSONTextError(offset: 0, reason: "nested deeper than 0 levels")) {
      try JSONValue(parsing: "[]", limits: JSONLimits(depth: 0))
    }
  }

  @Test func standardDepthIs32() throws {
    let text = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
    _ = try JSONValue(parsing: text(32))
    #expect(throws: JSONTextError.self) { try JSONValue(parsing: text(33)) }
  }

  @Test func values() throws {
    #expect(try JSONValue(parsing: "[1,2]", limits: JSONLimits(values: 3)).array?.count == 2)
    #expect(throws: JSONTextError(offset: 5, reason: "too many values")) {
      try JSONValue(parsing: "[1,2,3]", limits: JSONLimits(values: 3))
    }
  }

  @Test func bytes() throws {
    #expect(try JSONValue(parsing: "1234", limits: JSONLimits(bytes: 4)) == .integer(1234))
    #expect(throws: JSONTextError(offset: 4, reason: "longer than 4 bytes")) {
      try JSONValue(parsing: "12345", limits: JSONLimits(bytes: 4))
    }
    #expect(throws: JSONTextError.self) { try JSONValue(parsing: "1", limits: JSONLimits(bytes: -1)) }
  }

  @Test func longNumbers() throws {
    #expect(throws: JSONTextError(offset: 0, reason: "number is too long")) {
      try JSONValue(parsing: "0." + String(repeating: "1", count: 5000))
    }
  }
}
