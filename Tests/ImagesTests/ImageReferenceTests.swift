import Testing

@testable import Images

@Suite("A reference normalises as Docker does")
struct ImageReferenceTests {
  private static let digest = "sha256:" + String(repeating: "0123456789abcdef", count: 4)

  @Test(
    "Names become complete",
    arguments: [
      ("busybox", "docker.io/library/busybox:latest"),
      ("busybox:1.36", "docker.io/library/busybox:1.36"),
      ("library/busybox", "docker.io/library/busybox:latest"),
      ("docker.io/busybox", "docker.io/library/busybox:latest"),
      ("index.docker.io/busybox", "docker.io/library/busybox:latest"),
      ("docker.io/library/busybox:latest", "docker.io/library/busybox:latest"),
      ("docker.io/a/b", "docker.io/a/b:latest"),
      ("user/image", "docker.io/user/image:latest"),
      ("a/b/c:t", "docker.io/a/b/c:t"),
      ("localhost/image", "localhost/image:latest"),
      ("localhost:5000/image", "localhost:5000/image:latest"),
      ("localhostx/image", "docker.io/localhostx/image:latest"),
      ("registry.example.com/image:v1", "registry.example.com/image:v1"),
      ("registry.example.com:443/a/b:v1", "registry.example.com:443/a/b:v1"),
      ("127.0.0.1:5000/image", "127.0.0.1:5000/image:latest"),
      ("[fc00::1]:5000/image", "[fc00::1]:5000/image:latest"),
      ("[::1]/image", "[::1]/image:latest"),
      ("Registry.example.com/image", "Registry.example.com/image:latest"),
      ("UPPER/image", "UPPER/image:latest"),
      ("host:5000", "docker.io/library/host:5000"),
      ("busybox@" + digest, "docker.io/library/busybox@" + digest),
      ("busybox:1.36@" + digest, "docker.io/library/busybox:1.36@" + digest),
      ("r.io/a@" + digest, "r.io/a@" + digest),
      ("a__b/c.d/e-f/g---h", "docker.io/a__b/c.d/e-f/g---h:latest"),
      ("image:_tag", "docker.io/library/image:_tag"),
      ("image:A.b-C_9", "docker.io/library/image:A.b-C_9"),
      ("x", "docker.io/library/x:latest"),
      (String(repeating: "a", count: 63), "docker.io/library/" + String(repeating: "a", count: 63) + ":latest"),
    ]
  )
  func normalised(_ text: String, _ expected: String) throws {
    #expect(try ImageReference(text).description == expected)
  }

  @Test(
    "What Docker refuses is refused, and the message says what to do",
    arguments: [
      ("", "empty"), ("Busybox", "lower case: \"busybox\""), ("library/Busybox", "lower case"), (" busybox", "space"),
      ("busy box", "space"), ("büsybox", "ASCII"), ("busybox\n", "ASCII"), ("busybox:", "no tag"),
      ("busybox:-x", "tag begins"), ("busybox:a b", "space"), ("busybox:a/b", "no valid port"),
      ("busybox:a+b", "tag may only"),
      ("busybox@", "no algorithm"), ("busybox@sha256:abc", "64 digits"), ("busybox@md5:abc", "unknown algorithm"),
      ("busybox@" + digest + "@" + digest, "64 digits"), ("/busybox", "empty"), ("busybox/", "empty"),
      ("a//b", "empty"), ("-a", "begins and ends"), ("a-", "begins and ends"), ("a..b", "joined by"),
      ("a___b", "joined by"),
      ("a._b", "joined by"), ("a$b", "may not contain \"$\""), ("../etc", "empty part"), ("a/../b", "begins and ends"),
      ("host:port/image", "no valid port"), ("host:/image", "no valid port"), ("host:123456/image", "no valid port"),
      (".host/image", "empty part"), ("host./image", "empty part"), ("-host.io/image", "does not begin and end"),
      ("ho_st.io/image", "letters, digits, dots"), ("[fc00::1/image", "closing bracket"), ("[]:1/image", "IPv6"),
      ("[zz]:1/image", "IPv6"), ("[zz]/image", "begins and ends"), ("[::1]x/image", "no valid port"),
      ("http://host/image", "no valid port"),
      (String(repeating: "0123456789abcdef", count: 4), "could be an image's id"),
      (String(repeating: "a", count: 256), "at most 255"), (String(repeating: "a", count: 5000), "longer than 1024"),
      ("image:" + String(repeating: "t", count: 129), "at most 128"),
      (String(repeating: "a.", count: 140) + "io/image", "longer than 261"),
    ]
  )
  func refused(_ text: String, _ reason: String) {
    #expect { try ImageReference(text) } throws: { error in
      (error as? ImageReferenceError).map { $0.description.contains(reason) && $0.description.count < 400 } ?? false
    }
  }

  @Test("The longest parts are accepted")
  func limits() throws {
    #expect(try ImageReference("a/" + String(repeating: "b", count: 253)).path.utf8.count == 255)
    #expect(try ImageReference("image:" + String(repeating: "t", count: 128)).tag?.utf8.count == 128)
    // "library/" counts: the repository is what the registry is asked for.
    #expect(throws: ImageReferenceError.self) { try ImageReference(String(repeating: "b", count: 248)) }
  }

  @Test("The familiar form means the same image")
  func familiar() throws {
    for (text, familiar) in [
      ("busybox", "busybox:latest"), ("docker.io/library/a", "a:latest"), ("docker.io/u/i:t", "u/i:t"),
      ("r.io/x", "r.io/x:latest"), ("library/a/b", "library/a/b:latest"),
      ("docker.io/localhost/x", "docker.io/localhost/x:latest"), ("docker.io/a.b/c", "docker.io/a.b/c:latest"),
    ] {
      let reference = try ImageReference(text)
      #expect(reference.familiar == familiar)
      #expect(try ImageReference(reference.familiar) == reference)
    }
  }

  @Test("Normalising is idempotent, and no bytes make it trap")
  func property() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(state: seed)
    let pieces = [
      "a", "B", "0", ".", "..", "_", "__", "-", "/", ":", "@", "[", "]", "::", "localhost", "docker.io", "library/",
      ":5000",
      "latest", Self.digest, "é", " ", "\u{0}", "index.docker.io/",
    ]
    var accepted = 0
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 0...7, using: &generator)).map { _ in
        pieces[Int.random(in: 0..<pieces.count, using: &generator)]
      }.joined()
      // Most are refused.
      guard let reference = try? ImageReference(text) else { continue }
      accepted += 1
      #expect(try ImageReference(reference.description) == reference, "seed \(seed): \(text)")
      #expect(try ImageReference(reference.familiar) == reference, "seed \(seed): \(text)")
      #expect(reference.tag != nil || reference.digest != nil)
      #expect(!reference.repository.contains("..") && !reference.repository.hasPrefix("/"), "seed \(seed): \(text)")
    }
    #expect(accepted > 500, "seed \(seed)")
  }
}

/// A generator that a printed seed starts again.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

@Suite("What means an image of the store")
struct ImageSelectorTests {
  @Test(
    "is a name, the beginning of an id, or either",
    arguments: [
      ("busybox", "docker.io/library/busybox:latest", nil), ("cafe", "docker.io/library/cafe:latest", "cafe"),
      ("abc", "docker.io/library/abc:latest", nil), ("sha256:abcd", "docker.io/library/sha256:abcd", "abcd"),
      (String(repeating: "a", count: 64), nil, String(repeating: "a", count: 64)),
      (
        "sha256:" + String(repeating: "a", count: 64), nil,
        String(repeating: "a", count: 64)
      ),
      ("0123456789ab:x", "docker.io/library/0123456789ab:x", nil), ("cafe/babe", "docker.io/cafe/babe:latest", nil),
    ] as [(String, String?, String?)]
  )
  func read(text: String, name: String?, digits: String?) throws {
    let selector = try ImageSelector(text)
    #expect(selector.name?.description == name && selector.digits == digits && selector.description == text)
  }

  @Test("is not what is neither", arguments: ["", "CAFE", "a b", "sha256:", "../etc", "cafe@sha256:12"])
  func refused(text: String) {
    #expect(throws: ImageReferenceError.self) { try ImageSelector(text) }
  }
}
