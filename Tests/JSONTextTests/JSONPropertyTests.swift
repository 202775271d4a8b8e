import JSONText
import Testing

/// SplitMix64: a failing run is repeated from its printed seed.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite("JSON written is JSON read, and no bytes trap the reader")
struct JSONPropertyTests {
  @Test(arguments: [
    (
      JSONValue.object([JSONMember("b", .array([.null, .bool(true)])), JSONMember("a", .integer(-7))]),
      #"{"b":[null,true],"a":-7}"#
    ),
    (.string("a\"\\/\n\r\t\u{8}\u{1F}\u{7F}é😀"), "\"a\\\"\\\\/\\n\\r\\t\\u0008\\u001f\u{7F}é😀\""),
    (.number(1), "1.0"), (.number(0.1), "0.1"), (.number(1e300), "1e+300"),
    (.number(.infinity), "null"), (.number(.nan), "null"),
    (.array([]), "[]"), (.object([]), "{}"),
  ])
  func writes(value: JSONValue, expected: String) {
    #expect(String(decoding: value.serialized(), as: UTF8.self) == expected)
  }

  @Test func readingWhatWasWrittenGivesTheSame() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(state: seed)
    for round in 0..<2000 {
      let value = Self.value(depth: 4, &random)
      let text = value.serialized()
      #expect(try JSONValue(parsing: text) == value, "seed \(seed) round \(round)")
      #expect(try JSONValue(parsing: text).serialized() == text, "seed \(seed) round \(round)")
    }
  }

  @Test func mutatedBytesNeverTrap() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("JSON mutations: seed \(seed)")
    var random = SeededGenerator(state: seed)
    let samples = (0..<50).map { _ in Self.value(depth: 4, &random).serialized() }
    var accepted = 0
    for round in 0..<20_000 {
      var bytes = samples[round % samples.count]
      for _ in 0..<Int.random(in: 1...6, using: &random) { Self.mutate(&bytes, &random) }
      // Most mutations are no JSON, which is what the reader is to say.
      if let value = try? JSONValue(parsing: bytes) {
        accepted += 1
        #expect(try JSONValue(parsing: value.serialized()) == value, "seed \(seed) round \(round)")
      }
    }
    #expect(accepted > 0 && accepted < 20_000)
  }

  @Test func randomBytesAroundStructureNeverTrap() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("JSON token soup: seed \(seed)")
    var random = SeededGenerator(state: seed)
    let tokens = [
      "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\\", "\\u", "\\ud83d", "d800", "-", "0", "9", ".", "e", "1e9",
      "null",
      "true", " ", "\u{0}", "é",
    ]
    var refused = 0
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in tokens.randomElement(using: &random) ?? "" }
      do { _ = try JSONValue(parsing: text.joined()) } catch { refused += 1 }
    }
    #expect(refused > 10_000 && refused < 20_000)
  }

  static func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    guard !bytes.isEmpty else { return bytes.append(.random(in: 0...255, using: &random)) }
    let index = Int.random(in: 0..<bytes.count, using: &random)
    let structure = Array(#"{}[]",:\u0-.eE \#n"#.utf8)
    switch Int.random(in: 0..<6, using: &random) {
    case 0: bytes[index] = .random(in: 0...255, using: &random)
    case 1: bytes.remove(at: index)
    case 2: bytes.insert(structure.randomElement(using: &random) ?? 0, at: index)
    case 3: bytes[index] = structure.randomElement(using: &random) ?? 0
    case 4: bytes.removeSubrange(index...)
    default:
      let end = Int.random(in: index..<bytes.count, using: &random)
      bytes.insert(contentsOf: Array(bytes[index...end]), at: index)
    }
  }

  static func value(depth: Int, _ random: inout SeededGenerator) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
    case 0: return .null
    case 1: return .bool(.random(using: &random))
    case 2: return .integer(Int64(truncatingIfNeeded: random.next()) >> Int64.random(in: 0..<64, using: &random))
    case 3:
      let double = Double(bitPattern: random.next())
      return double.isFinite ? .number(double) : .number(0.5)
    case 4, 5: return .string(text(&random))
    case 6: return .array((0..<Int.random(in: 0..<6, using: &random)).map { _ in value(depth: depth - 1, &random) })
    default:
      // The index and the colon keep names unique, on both sides of the 16 members at which the reader changes its method.
      let count = Int.random(in: 0..<24, using: &random)
      return .object((0..<count).map { JSONMember("\($0):" + text(&random), value(depth: depth - 2, &random)) })
    }
  }

  static func text(_ random: inout SeededGenerator) -> String {
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0..<12, using: &random) {
      let highest: UInt32 = [0x20, 0x80, 0x800, 0x11_0000].randomElement(using: &random) ?? 0x80
      text.append(Unicode.Scalar(UInt32.random(in: 0..<highest, using: &random)) ?? "?")
    }
    return String(text)
  }
}
