import JSONText
import LaunchPlan
import RuntimeTestKit
import Testing

@Suite("Plans and messages arrive as they were sent, and nothing that arrives traps")
struct MessageTests {
  @Test("random plans, requests and answers come back equal")
  func roundTrips() throws {
    var generator = SeededGenerator()
    for round in 0..<400 {
      let plan = generator.plan()
      #expect(try LaunchPlan(parsing: plan.serialized()) == plan, "seed \(generator.seed), round \(round)")
      let process = generator.process()
      #expect(try ProcessStep(parsing: process.serialized()) == process, "seed \(generator.seed), round \(round)")
      let request = generator.request()
      #expect(try ShimRequest(parsing: request.serialized()) == request, "seed \(generator.seed), round \(round)")
      let message = generator.message()
      #expect(try ShimMessage(parsing: message.serialized()) == message, "seed \(generator.seed), round \(round)")
      let end = generator.end()
      #expect(try ProcessEnd(parsing: end.serialized()) == end, "seed \(generator.seed), round \(round)")
    }
  }

  /// Runs every parser; what is accepted must be something that can be sent again.
  private func parse(_ bytes: [UInt8]) throws {
    if let plan = try? LaunchPlan(parsing: bytes) { #expect(try LaunchPlan(parsing: plan.serialized()) == plan) }
    if let step = try? ProcessStep(parsing: bytes) { #expect(try ProcessStep(parsing: step.serialized()) == step) }
    if let request = try? ShimRequest(parsing: bytes) {
      #expect(try ShimRequest(parsing: request.serialized()) == request)
    }
    if let message = try? ShimMessage(parsing: bytes) {
      #expect(try ShimMessage(parsing: message.serialized()) == message)
    }
    if let end = try? ProcessEnd(parsing: bytes) { #expect(try ProcessEnd(parsing: end.serialized()) == end) }
  }

  @Test("twenty thousand mutations of messages are refused or understood, never more")
  func mutations() throws {
    var generator = SeededGenerator()
    var originals: [[UInt8]] = []
    for _ in 0..<20 {
      originals += [
        generator.plan().serialized(), generator.request().serialized(), generator.message().serialized(),
        generator.end().serialized(), generator.process().serialized(),
      ]
    }
    // A failure to come back is told with the seed by the comment of the issue's context; a trap ends the run.
    print("mutations: SEED=\(generator.seed)")
    for _ in 0..<20_000 {
      var bytes = generator.pick(originals)
      for _ in 0...generator.below(4) { mutate(&bytes, &generator, originals) }
      try parse(bytes)
    }
  }

  private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator, _ others: [[UInt8]]) {
    let words = [
      "null", "true", "-1", "1e400", "9223372036854775808", "\"\\u0000\"", "[]", "{}", "\"\"", "[[[[", "0.5",
    ]
    let place = generator.below(bytes.count)
    switch generator.below(6) {
    case 0: if !bytes.isEmpty { bytes[place] = UInt8(truncatingIfNeeded: generator.next()) }
    case 1: bytes.removeSubrange(place..<min(bytes.count, place + generator.below(20)))
    case 2: bytes.insert(contentsOf: generator.pick(words).utf8, at: place)
    case 3:
      // A value replaced by something of another type.
      if let colon = bytes[place...].firstIndex(of: 0x3A), let end = bytes[colon...].firstIndex(of: 0x2C) {
        bytes.replaceSubrange((colon + 1)..<end, with: generator.pick(words).utf8)
      }
    case 4: bytes = Array(bytes.prefix(place)) + generator.pick(others).suffix(generator.below(200))
    default: if bytes.count > 1 { bytes.swapAt(place, generator.below(bytes.count)) }
    }
  }

  @Test("an error names the place and what was expected there")
  func errors() throws {
    var plan = try JSONValue(parsing: SeededGenerator(seed: 1).samplePlan)
    plan = plan.replacing("mounts", by: .array([.object([JSONMember("bind", .string("/x"))])]))
    let error = #expect(throws: MalformedMessage.self) { try LaunchPlan(parsing: plan.serialized()) }
    #expect(error?.path == "plan.mounts.0.recursive")
    #expect("\(try #require(error))".contains("expected true or false"))
  }

  @Test("another version, no version, and NUL bytes in texts are refused")
  func refused() throws {
    let plan = try JSONValue(parsing: SeededGenerator(seed: 2).samplePlan)
    for version in [JSONValue.integer(2), .integer(0), .null, .string("1")] {
      #expect(throws: MalformedMessage.self) {
        try LaunchPlan(parsing: plan.replacing("version", by: version).serialized())
      }
    }
    for text in [#"{"version":1,"number":1,"operation":"start","container":"a\u0000b"}"#, "", "[]", "1", "null"] {
      #expect(throws: MalformedMessage.self) { try ShimRequest(parsing: Array(text.utf8)) }
    }
  }
}

extension SeededGenerator {
  fileprivate var samplePlan: [UInt8] {
    var copy = self
    return copy.plan().serialized()
  }
}

extension JSONValue {
  fileprivate func replacing(_ name: String, by value: JSONValue) -> JSONValue {
    .object((members ?? []).map { $0.name == name ? JSONMember(name, value) : $0 })
  }
}
