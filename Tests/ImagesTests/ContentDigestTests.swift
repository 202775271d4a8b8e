import Testing

@testable import Images

@Suite("A digest is checked before it can be part of a path (SEC-46)")
struct ContentDigestTests {
  private static let hex = String(repeating: "0123456789abcdef", count: 4)
  private static let short = String(hex.dropLast())
  private static let malformed: [String] = [
    "", ":", "sha256", "sha256:", hex, "sha256:../../../../../../etc/passwd", "sha256:\(short)", "sha256:\(hex)0",
    "sha256:\(hex.uppercased())", "SHA256:\(hex)", "sha512:\(hex)", "md5:\(hex.prefix(32))",
    "sha384:\(hex)\(hex.prefix(32))", "sha256:%2e%2e%2f\(hex.dropFirst(9))", "sha256:\(short)/", "sha256:\(short)\u{0}",
    "sha256:\(short)\u{FF11}", "sha256:\(hex)\n", " sha256:\(hex)", "sha256 :\(hex)", "sha256::\(short)",
    "sha256:\(short)g",
    "sha256+b64:\(hex)", "sha256:\(String(repeating: "é", count: 32))",
  ]

  @Test("Both registered algorithms are read")
  func accepted() throws {
    let digest = try ContentDigest("sha256:" + Self.hex)
    #expect(digest.algorithm == .sha256 && digest.hex == Self.hex && digest.description == "sha256:" + Self.hex)
    #expect(try ContentDigest("sha512:" + Self.hex + Self.hex).algorithm == .sha512)
  }

  @Test(
    "Everything else is refused with its reason",
    arguments: malformed
  )
  func refused(_ text: String) {
    #expect(throws: ContentDigestError.self) { try ContentDigest(text) }
  }

  @Test("A message repeats no control characters and no endless text")
  func message() {
    do {
      _ = try ContentDigest("sha256:\u{1B}[2J" + String(repeating: "x", count: 10_000))
      Issue.record("accepted")
    } catch {
      #expect(error.description.count < 300 && !error.description.contains("\u{1B}"))
    }
  }

  @Test("The hash of bytes is SHA-256, and a layer's short name is 20 letters and digits that depend on all its bits")
  func computed() throws {
    let empty = ContentDigest.sha256(of: [])
    #expect(empty.hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    let zero = try ContentDigest("sha256:" + String(repeating: "0", count: 64))
    #expect(LayerRecord.shortName(zero) == String(repeating: "a", count: 20))
    let ones = try ContentDigest("sha256:" + String(repeating: "f", count: 64))
    #expect(LayerRecord.shortName(ones) == String(repeating: "7", count: 20))
    var names = Set<String>()
    for position in 0..<25 {
      for digit in "123456789abcdef" {
        var digits = Array(String(repeating: "0", count: 64))
        digits[position] = digit
        names.insert(LayerRecord.shortName(try ContentDigest("sha256:" + String(digits))))
      }
    }
    #expect(names.count == 25 * 15)
    #expect(names.allSatisfy { $0.utf8.count == 20 && $0.utf8.allSatisfy { $0.isLowercase || $0.isDigit } })
  }
}
