import Testing

@testable import Privileges

@Suite("An image's user string is read strictly, and never means root by accident (SEC-06)")
struct UserStringTests {
  static let accepted: [(text: String, user: UserString.Account, group: UserString.Account?)] = [
    ("", .id(0), nil), ("0", .id(0), nil), ("00", .id(0), nil), ("007", .id(7), nil), ("1000", .id(1000), nil),
    ("0:0", .id(0), .id(0)), ("1:2", .id(1), .id(2)), ("www", .name("www"), nil),
    ("www:staff", .name("www"), .name("staff")),
    ("33:staff", .id(33), .name("staff")), ("www:10", .name("www"), .id(10)), ("2147483647", .id(2_147_483_647), nil),
    ("1.5", .name("1.5"), nil), ("1x", .name("1x"), nil), ("0x0", .name("0x0"), nil),
    ("user@domain", .name("user@domain"), nil),
    // Digits of another script are a name, which no image has.
    ("\u{0661}", .name("\u{0661}"), nil), ("\u{ff10}", .name("\u{ff10}"), nil),
  ]

  @Test("Accepted", arguments: accepted)
  func accepts(row: (text: String, user: UserString.Account, group: UserString.Account?)) throws {
    let parsed = try UserString(row.text)
    #expect(parsed.user == row.user && parsed.group == row.group)
  }

  static let refused: [String] = [
    "+1", "-1", "-0", "+0", "1:", ":1", ":", "1:2:3", "::", "4294967295", "4294967296", "2147483648",
    "18446744073709551616", "4294967295:0", "1:4294967296", "1:-1", " 1", "1 ", "1\n", "\n", "www\0", "\0", "0\0",
    "a b",
    "a,b", "www: ", "\t", "1\u{7f}", String(repeating: "9", count: 100_000), String(repeating: "a", count: 257),
  ]

  @Test("Refused", arguments: refused)
  func refuses(text: String) {
    let error = #expect(throws: PrivilegesError.self) { try UserString(text) }
    #expect(error?.place == "image user" && error?.kind == .invalid)
    #expect(error?.description.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f } == true)
    #expect((error?.description.utf8.count ?? .max) < 400)
  }

  @Test("Random bytes: an id only from plain digits")
  func random() {
    var random = SeededGenerator()
    let alphabet = Array("0019:+- \nax\0\u{0660}".unicodeScalars)
    for _ in 0..<5_000 {
      var text = ""
      for _ in 0..<random.next() % 6 {
        text.unicodeScalars.append(alphabet[Int(random.next() % UInt64(alphabet.count))])
      }
      guard let parsed = try? UserString(text) else { continue }
      let first = text.utf8.prefix { $0 != UInt8(ascii: ":") }
      let isNumber = !first.isEmpty && first.allSatisfy { (0x30...0x39).contains($0) }
      switch parsed.user {
      case .id(let id): #expect(isNumber || (text.isEmpty && id == 0), "seed \(random.seed): \(text.debugDescription)")
      case .name: #expect(!isNumber, "seed \(random.seed): \(text.debugDescription)")
      }
    }
  }
}

@Suite("runAsNonRoot refuses in the kubelet's words")
struct RunAsNonRootTests {
  static let table: [(image: String, runAsUser: Int64?, message: String?)] = [
    ("1000", nil, nil), ("1000:0", nil, nil), ("0", 1000, nil), ("root", 1000, nil), ("2147483647", nil, nil),
    ("1000", 0, "container's runAsUser breaks non-root policy"),
    ("", nil, "container has runAsNonRoot and image will run as root"),
    ("0", nil, "container has runAsNonRoot and image will run as root"),
    ("0:1000", nil, "container has runAsNonRoot and image will run as root"),
    ("00", nil, "container has runAsNonRoot and image will run as root"),
    (":1000", nil, "container has runAsNonRoot and image will run as root"),
    (
      "www", nil,
      "container has runAsNonRoot and image has non-numeric user (www), cannot verify user is non-root"
    ),
    (
      "ro\not:1", nil,
      "container has runAsNonRoot and image has non-numeric user (\"ro\\x0aot\"), cannot verify user is non-root"
    ),
    (
      "4294967296", nil,
      "container has runAsNonRoot and image has an invalid user id (4294967296). (Must be 1-(2147483647)): must be "
        + "between 0 and 2147483647, inclusive"
    ),
    (
      "-1", nil,
      "container has runAsNonRoot and image has an invalid user id (-1). (Must be 1-(2147483647)): must be between 0 and "
        + "2147483647, inclusive"
    ),
  ]

  @Test("Texts", arguments: table)
  func texts(row: (image: String, runAsUser: Int64?, message: String?)) throws {
    var request = UserRequest(imageUser: row.image, runAsUser: row.runAsUser, runAsNonRoot: true)
    if let message = row.message {
      let error = #expect(throws: PrivilegesError.self) {
        try request.verifyRunAsNonRoot(pod: "web_default(1-2)", container: "main")
      }
      #expect(error?.description == message + " (pod: \"web_default(1-2)\", container: main)")
    } else {
      try request.verifyRunAsNonRoot(pod: "web_default(1-2)", container: "main")
    }
    request.runAsNonRoot = false
    try request.verifyRunAsNonRoot(pod: "p", container: "c")
  }
}
