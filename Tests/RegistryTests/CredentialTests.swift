import Images
import Testing

@testable import Registry

@Suite("Credentials are found as docker and the kubelet find them")
struct CredentialTests {
  @Test(
    "which images a key is for",
    arguments: [
      ("registry.example", "registry.example", "a/b", true), ("registry.example", "registry.example:5000", "a", false),
      ("registry.example:5000", "registry.example:5000", "a", true),
      ("https://registry.example/v2/", "registry.example", "a", true),
      ("registry.example/team", "registry.example", "team/app", true),
      ("registry.example/team", "registry.example", "team", true),
      ("registry.example/team", "registry.example", "teams/app", false), ("*.example", "registry.example", "a", true),
      ("*.example", "a.registry.example", "a", false), ("*.*.example", "a.registry.example", "a", true),
      ("reg*.example", "registry.example", "a", true), ("r*g*y.example", "registry.example", "a", true),
      ("r*x.example", "registry.example", "a", false),
      ("https://index.docker.io/v1/", "docker.io", "library/busybox", true),
      ("docker.io", "docker.io", "library/busybox", true), ("index.docker.io", "registry.example", "a", false),
      ("[::1]:5000", "[::1]:5000", "a", true), ("", "registry.example", "a", false), ("*", "localhost", "a", true),
    ]
  )
  func patterns(pattern: String, registry: String, path: String, expected: Bool) {
    #expect(CredentialPattern(pattern).matches(registry: registry, path: path) == expected)
  }

  @Test("the longest key wins, and every form of an entry is read")
  func file() async throws {
    let text = #"""
      {"auths": {
        "registry.example": {"auth": "YW5uOnNlOmNyZXQ="},
        "registry.example/team": {"username": "bob", "password": "pw"},
        "registry.example/team/app": {"identitytoken": "id", "auth": "eDp5"},
        "other.example": {"registrytoken": "tok"}, "helper.example": {}
      }, "credsStore": "desktop", "HttpHeaders": {"a": "b"}}
      """#
    let file = try DockerConfig(parsing: Array(text.utf8), origin: "f")
    func found(_ registry: String, _ path: String) async throws -> [RegistryCredential] {
      try await file.credentials(registry: registry, path: path).map(\.credential)
    }
    #expect(try await found("registry.example", "x") == [.password(user: "ann", password: "se:cret")])
    #expect(
      try await found("registry.example", "team/app") == [
        .identityToken("id"), .password(user: "bob", password: "pw"), .password(user: "ann", password: "se:cret"),
      ]
    )
    #expect(try await found("other.example", "x") == [.registryToken("tok")])
    #expect(try await found("helper.example", "x") == [.anonymous])
    let note = try await file.credentials(registry: "helper.example", path: "x").first?.note
    #expect(
      note
        == "f leaves the credentials to docker-credential-desktop, and such helpers are not run: write them into the file, or "
        + "configure a credential provider"
    )
    let helpers = try DockerConfig(parsing: Array(#"{"credHelpers":{"a.example":"gcloud"}}"#.utf8), origin: "f")
    #expect(try await helpers.credentials(registry: "a.example", path: "x").first?.note?.contains("gcloud") == true)
    #expect(try await helpers.credentials(registry: "b.example", path: "x") == [])
    let legacy = try DockerConfig(parsing: Array(#"{"a.example":{"auth":"eDp5"}}"#.utf8), origin: "f", isLegacy: true)
    #expect(try await legacy.credentials(registry: "a.example", path: "x").count == 1)
  }

  @Test(
    "what is wrong is told without any secret",
    arguments: [
      ("x", "f: not JSON: byte 0: "), ("[]", "f: expected an object"),
      (#"{"auths":[]}"#, "f: auths: expected an object"),
      (#"{"auths":{"a":1}}"#, #"f: auths["a"]: expected an object"#),
      (#"{"auths":{"a":{"auth":"c2VjcmV0"}}}"#, #"f: auths["a"].auth: expected the base64 of user:password"#),
      (#"{"auths":{"a":{"auth":"*"}}}"#, #"f: auths["a"].auth: expected the base64 of user:password"#),
      (#"{"auths":{"a":{"username":7}}}"#, #"f: auths["a"].username: expected a string"#),
      (
        #"{"auths":{"a":{"username":"u","password":"x\r\ny"}}}"#,
        #"f: auths["a"].password: must not contain control characters"#
      ),
    ]
  )
  func broken(text: String, expected: String) {
    let error = #expect(throws: CredentialError.self) { try DockerConfig(parsing: Array(text.utf8), origin: "f") }
    #expect(error?.description.hasPrefix(expected) == true, "\(String(describing: error))")
    #expect(error?.description.contains("secret") == false)
  }

  @Test("random bytes are refused or read, and nothing else happens")
  func random() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      let bytes = (0..<Int.random(in: 0..<60, using: &generator)).map { _ in
        Array(#"{}[]":,a1\ "#.utf8).randomElement(using: &generator) ?? 0
      }
      _ = try? DockerConfig(parsing: bytes, origin: "f")
      _ = Challenge.parse(String(decoding: bytes, as: UTF8.self))
    }
  }

  @Test(
    "challenges",
    arguments: [
      ("Basic realm=\"x\"", [Challenge(scheme: "basic", parameters: ["realm": "x"])]),
      (
        "Bearer realm=\"https://a/t\",service=\"s\" , scope=\"a,b\"",
        [Challenge(scheme: "bearer", parameters: ["realm": "https://a/t", "service": "s", "scope": "a,b"])]
      ),
      (
        "Negotiate, Basic realm=\"a \\\"b\\\"\", charset=UTF-8, Bearer realm=r",
        [
          Challenge(scheme: "negotiate", parameters: [:]),
          Challenge(scheme: "basic", parameters: ["realm": "a \"b\"", "charset": "UTF-8"]),
          Challenge(scheme: "bearer", parameters: ["realm": "r"]),
        ]
      ),
      ("", []), ("Basic realm=\"open", [Challenge(scheme: "basic", parameters: [:])]), ("=,=", []),
    ]
  )
  func challenge(header: String, expected: [Challenge]) {
    #expect(Challenge.parse(header) == expected)
  }

  @Test(
    "hosts that only this machine or its network reaches",
    arguments: [
      ("localhost:5000", HostKind.loopback), ("LOCALHOST", .loopback), ("a.localhost", .loopback),
      ("127.0.0.1", .loopback),
      ("127.1:80", .loopback), ("2130706433", .loopback), ("0x7f000001:443", .loopback), ("[::1]:5000", .loopback),
      ("[::ffff:127.0.0.1]:1", .loopback), ("169.254.169.254", .local), ("0.0.0.0:80", .local), ("[fe80::1]", .local),
      ("[::]", .local), ("10.1.2.3:5000", .privateNetwork), ("192.168.0.1", .privateNetwork),
      ("172.20.0.1", .privateNetwork), ("[fd00::1]:443", .privateNetwork), ("172.32.0.1", .other),
      ("registry.example:5000", .other), ("8.8.8.8", .other), ("localhost.example", .other),
    ]
  )
  func hosts(authority: String, expected: HostKind) {
    #expect(HostKind(authority: authority) == expected)
  }
}
