import PodModel
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

@Suite("A quantity is read and written as Kubernetes does")
struct QuantityTests {
  @Test(
    arguments: [
      // text, nanos, canonical text
      ("0", 0, "0"), ("-0", 0, "0"), ("0Mi", 0, "0"), ("0.0e9", 0, "0"), ("00012", 12_000_000_000, "12"),
      ("1", 1_000_000_000, "1"), ("+1", 1_000_000_000, "1"), ("-1", -1_000_000_000, "-1"),
      ("1.", 1_000_000_000, "1"), (".5", 500_000_000, "500m"), ("0.5", 500_000_000, "500m"),
      ("-.5", -500_000_000, "-500m"),
      ("1000m", 1_000_000_000, "1"), ("1500m", 1_500_000_000, "1500m"), ("100m", 100_000_000, "100m"),
      ("1n", 1, "1n"), ("1u", 1000, "1u"), ("1500n", 1500, "1500n"), ("2000u", 2_000_000, "2m"),
      ("0.1n", 1, "1n"), ("-0.1n", -1, "-1n"), ("1.1n", 2, "2n"), ("0.0000000001", 1, "1n"),
      ("1k", 1_000_000_000_000, "1k"), ("1M", 1_000_000_000_000_000, "1M"),
      ("1E", 1_000_000_000_000_000_000_000_000_000, "1E"),
      ("1Ki", 1_024_000_000_000, "1Ki"), ("1024Ki", 1_048_576_000_000_000, "1Mi"),
      ("64Mi", 67_108_864_000_000_000, "64Mi"),
      ("1.5Gi", 1_610_612_736_000_000_000, "1536Mi"), ("0.5Ki", 512_000_000_000, "512"),
      ("1.5Ki", 1_536_000_000_000, "1536"),
      ("7Ei", 8_070_450_532_247_928_832_000_000_000, "7Ei"),
      ("1e3", 1_000_000_000_000, "1e3"), ("1E3", 1_000_000_000_000, "1e3"), ("1e+3", 1_000_000_000_000, "1e3"),
      ("12e2", 1_200_000_000_000, "1200"), ("5e-1", 500_000_000, "500e-3"), ("1e0", 1_000_000_000, "1"),
      ("1e-30", 1, "1n"), ("0e999999", 0, "0"),
      ("9223372036854775807", 9_223_372_036_854_775_807_000_000_000, "9223372036854775807"),
      ("-9223372036854775807", -9_223_372_036_854_775_807_000_000_000, "-9223372036854775807"),
      ("1234567890123456789.123456789", 1_234_567_890_123_456_789_123_456_789, "1234567890123456789123456789n"),
      ("0.00000000000000000000000000000000000001Ei", 1, "1n"),
    ] as [(String, Int128, String)]
  )
  func reads(text: String, nanos: Int128, canonical: String) throws {
    let quantity = try Quantity(parsing: text)
    #expect(quantity.nanos == nanos)
    if text != "1e-30" { #expect(quantity.description == canonical) }
    #expect(try Quantity(parsing: quantity.description) == quantity)
  }

  @Test(arguments: [
    ("", QuantityError.malformed), (" 1", .malformed), ("-", .malformed), (".", .malformed), ("Mi", .malformed),
    ("m", .malformed), ("e3", .malformed), ("--1", .malformed), ("+-1", .malformed), ("½", .malformed),
    ("1 ", .unknownSuffix(" ")), ("1mi", .unknownSuffix("mi")), ("1MI", .unknownSuffix("MI")),
    ("1KB", .unknownSuffix("KB")),
    ("1K", .unknownSuffix("K")), ("1g", .unknownSuffix("g")), ("128MB", .unknownSuffix("MB")),
    ("1ki", .unknownSuffix("ki")),
    ("1e", .unknownSuffix("e")), ("1e3m", .unknownSuffix("e3m")), ("1e1.5", .unknownSuffix("e1.5")),
    ("1.5.5", .unknownSuffix(".5")), ("1,5", .unknownSuffix(",5")), ("0x10", .unknownSuffix("x10")),
    ("1Mi ", .unknownSuffix("Mi ")), ("1m\u{0}", .unknownSuffix("m\u{0}")), ("٣", .malformed),
    ("9223372036854775808", .overflow), ("-9223372036854775808", .overflow), ("8Ei", .overflow), ("10E", .overflow),
    ("1e19", .overflow), ("1e30", .overflow), ("1e99999999", .overflow),
    ("99999999999999999999999999999999999999Ei", .overflow),
    ("9223372036854775807.0000000001", .overflow),
    ("123456789012345678901234567890123456789", .tooManyDigits),
    (String(repeating: "1", count: 300), .tooManyDigits),
    ("0." + String(repeating: "0", count: 20) + String(repeating: "1", count: 38) + "Ei", .tooManyDigits),
  ])
  func refuses(text: String, error: QuantityError) {
    #expect(throws: error) { try Quantity(parsing: text) }
  }

  @Test(arguments: [
    ("1", 1, 1000), ("1m", 1, 1), ("1u", 1, 1), ("0.1", 1, 100), ("1.0001", 2, 1001), ("-1.5", -2, -1500), ("0", 0, 0),
    ("128Mi", 134_217_728, 134_217_728_000),
  ])
  func roundsUp(text: String, value: Int64, milliValue: Int64) throws {
    let quantity = try Quantity(parsing: text)
    #expect(quantity.value == value)
    #expect(try quantity.milliValue == milliValue)
  }

  @Test func overflowIsAnError() throws {
    #expect(throws: QuantityError.overflow) { try Quantity(parsing: "9E").milliValue }
    #expect(throws: QuantityError.overflow) { try Quantity(nanos: Int128.min) }
    #expect(throws: QuantityError.overflow) { try Quantity(nanos: Int128(Int64.max) * 1_000_000_000 + 1) }
    #expect(Quantity(Int64.min).value == -Int64.max)
    #expect(Quantity(milli: Int64.max).value == 9_223_372_036_854_776)
  }

  @Test func equalityIsOfAmounts() throws {
    #expect(try Quantity(parsing: "1000m") == Quantity(1))
    #expect(try Quantity(parsing: "1Ki").hashValue == Quantity(1024).hashValue)
    #expect(try Quantity(parsing: "1023") < Quantity(parsing: "1Ki"))
  }

  @Test func readingWhatWasWrittenGivesTheSame() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("quantities: seed \(seed)")
    var random = SeededGenerator(state: seed)
    let greatest = Int128(Int64.max) * 1_000_000_000
    for _ in 0..<5000 {
      let nanos = Int128.random(in: -greatest...greatest, using: &random) >> Int128.random(in: 0..<93, using: &random)
      let format = [Quantity.Format.decimalSI, .binarySI, .decimalExponent].randomElement(using: &random) ?? .decimalSI
      let quantity = try Quantity(nanos: nanos, format: format)
      #expect(try Quantity(parsing: quantity.description) == quantity, "seed \(seed), \(quantity)")
    }
  }

  @Test func randomTextNeverTraps() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("quantity texts: seed \(seed)")
    var random = SeededGenerator(state: seed)
    let alphabet = Array("0123456789000999..+-eEKMGTPinumk x")
    var accepted = 0
    for _ in 0..<50_000 {
      let text = String(
        (0..<Int.random(in: 0...24, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "0" }
      )
      // Most of these texts are no quantities, which the reader is to say.
      guard let quantity = try? Quantity(parsing: text) else { continue }
      accepted += 1
      #expect(try Quantity(parsing: quantity.description) == quantity, "\(text), seed \(seed)")
    }
    #expect(accepted > 100)
  }
}
