import Foundation
import Glibc
import Linux
import RuntimeAPI
import Testing

@testable import Privileges

/// FUZ-08 from the file on: whatever lies in the directory of profiles.
@Suite("Whatever a profile file holds, it is refused by name or compiled to what it says")
struct LocalProfileFuzzTests {
  private static let words = [
    "null", "true", "-1", "1e400", "9223372036854775807", "\"\"", "[]", "{}", "\"\\u0000\"", "[[[[[[", "0.5",
    "4294967296",
    "\"SCMP_ACT_NOTIFY\"", "\"SCMP_ACT_TRACE\"", "\"SCMP_ARCH_X32\"", "\"SCMP_ARCH_AARCH64\"", "\"SCMP_CMP_MASKED_EQ\"",
    "\"SCMP_CMP_NE\"", "\"socketcall\"", "\"clone\"", "\"SECCOMP_FILTER_FLAG_TSYNC\"", "\"no-such-call\"",
  ]

  /// Names and numbers.
  private static func words(of bytes: [UInt8]) -> [Range<Int>] {
    func isOfWord(_ byte: UInt8) -> Bool {
      UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
        || byte == UInt8(ascii: "_")
    }
    var words: [Range<Int>] = []
    for index in bytes.indices where isOfWord(bytes[index]) {
      if let last = words.last, last.upperBound == index {
        words[words.count - 1] = last.lowerBound..<(index + 1)
      } else {
        words.append(index..<(index + 1))
      }
    }
    return words
  }

  /// Valid files: Docker's own, random ones.
  private func originals(_ random: inout SeededGenerator) throws -> [[UInt8]] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var files = [Array(try encoder.encode(RuntimeDefault.profile(for: RuntimeDefaultTests.target([]))))]
    for _ in 0..<12 { files.append(Array(try encoder.encode(RandomProfile.make(&random)))) }
    return files
  }

  private func mutate(_ bytes: inout [UInt8], _ others: [[UInt8]], _ random: inout SeededGenerator) {
    func below(_ limit: Int) -> Int { Int(random.next() % UInt64(max(1, limit))) }
    let place = below(bytes.count)
    switch below(12) {
    case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
    case 1: bytes.removeSubrange(place..<min(bytes.count, place + below(24)))
    case 2: bytes.insert(contentsOf: Self.words[below(Self.words.count)].utf8, at: place)
    case 3:
      // A value replaced by another one.
      guard let colon = bytes[place...].firstIndex(of: UInt8(ascii: ":")),
        let end = bytes[colon...].firstIndex(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") })
      else { return }
      bytes.replaceSubrange((colon + 1)..<end, with: Self.words[below(Self.words.count)].utf8)
    case 4: bytes = Array(bytes.prefix(place)) + others[below(others.count)].suffix(below(400))
    case 5: bytes.swapAt(place, below(bytes.count))
    default:
      // One word in another one's place: mostly still a profile.
      let words = Self.words(of: bytes)
      guard words.count > 1 else { return }
      bytes.replaceSubrange(words[below(words.count)], with: bytes[words[below(words.count)]])
    }
    if bytes.isEmpty { bytes = [UInt8(ascii: " ")] }
  }

  @Test("two thousand mutations, each read from its file and compiled")
  func mutations() throws {
    var random = SeededGenerator()
    let files = try originals(&random)
    let directory = try TemporaryDirectory()
    let opened = try openDirectory(AT_FDCWD, directory.path)
    let profiles = LocalProfile(directory: directory.path)
    var (read, compiled) = (0, 0)
    for round in 0..<2000 {
      var bytes = files[Int(random.next() % UInt64(files.count))]
      for _ in 0...(random.next() % 3) { mutate(&bytes, files, &random) }
      try replaceFile(in: opened.raw, named: "p.json", with: bytes, durability: .untilReboot)
      let place = "seed \(random.seed), round \(round)"
      do throws(PrivilegesError) {
        let profile = try profiles.profile(named: "p.json", for: RuntimeDefaultTests.target([]))
        read += 1
        let filter = try FilterCompiler.compile(profile, for: .amd64)
        compiled += 1
        try expect(filter, profile, &random, place)
      } catch {
        #expect(!error.description.isEmpty && error.description.utf8.count < 4096, "\(place)")
      }
    }
    // Most changes hit what is a name or a number.
    #expect(read > 100 && compiled > 100, "seed \(random.seed): \(read) read, \(compiled) compiled: nothing was tested")
  }

  /// The kernel's own rules for programs, and the meaning of what was read.
  private func expect(
    _ filter: CompiledFilter,
    _ profile: SeccompProfile,
    _ random: inout SeededGenerator,
    _ place: String
  ) throws(PrivilegesError) {
    do {
      let simulator = try FilterSimulator(filter.bytes)
      let model = ProfileModel(profile: profile, platform: .amd64)
      let bounds = FilterCompilerTests.newest(model)
      for _ in 0..<40 {
        let call = RandomProfile.call(&random, profile, .amd64)
        // socketcall and ipc of i386 stand for the calls that they carry, each under its own name.
        let isI386 = call.architecture == SeccompArchitecture.x86.auditArchitecture
        if isI386 && [102, 117].contains(call.number) { continue }
        let (got, wanted) = (try simulator.verdict(call), model.verdict(call, newest: bounds))
        if got != wanted { Issue.record("\(place): \(call): \(got), not \(wanted)") }
      }
    } catch {
      Issue.record("\(place): \(error)")
    }
  }
}
