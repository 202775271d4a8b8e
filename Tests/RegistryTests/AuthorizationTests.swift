import Images
import Testing

@testable import Registry

private let aboutManifest = "127.0.0.1:PORT/team/app: manifest 1: "
private let manifest = FaultRegistry.Step.answer(
  "200 OK",
  ["Content-Type: application/vnd.oci.image.manifest.v1+json"],
  body: "{}"
)
private let success = "application/vnd.oci.image.manifest.v1+json {}"
private let refused =
  "unauthorized: \(aboutManifest)the registry refuses (401); the image needs credentials, or does not exist: check the name, "
  + "imagePullSecrets and images.authFile"

@Suite("Credentials go to who asks for them in the right way, and nowhere else", .serialized)
struct AuthorizationTests {
  /// A registry that wants a token from a service on the same server.
  private func tokenRegistry(
    accepts: String = "Bearer good",
    answer: FaultRegistry.Step = .answer("200 OK", body: #"{"token":"good","expires_in":300}"#)
  ) async throws -> FaultRegistry {
    try await FaultRegistry { request, _ in
      if request.path.hasPrefix("/token") { return [answer] }
      if request.headers["authorization"] == accepts { return [manifest] }
      let host = request.headers["host"] ?? ""
      let challenge = "WWW-Authenticate: Bearer realm=\"http://\(host)/token\",service=\"reg istry\",scope=\"x\""
      return [.answer("401 Unauthorized", [challenge])]
    }
  }

  private func run(_ attempt: Attempt, _ registry: FaultRegistry) async throws -> String {
    let result = try await attempt.run(registry.port)
    try await registry.stop()
    return result
  }

  @Test("anonymously, with a token for this repository alone")
  func anonymousToken() async throws {
    let registry = try await tokenRegistry()
    #expect(try await run(Attempt(), registry) == success)
    let paths = registry.requests.map(\.path)
    #expect(
      paths == [
        "/v2/team/app/manifests/1", "/token?service=reg%20istry&scope=repository%3Ateam%2Fapp%3Apull",
        "/v2/team/app/manifests/1",
      ]
    )
    #expect(registry.requests[1].headers["authorization"] == nil)
  }

  @Test("with a password, which only the token service sees")
  func passwordForToken() async throws {
    let registry = try await tokenRegistry()
    #expect(try await run(Attempt(credentials: [FixedCredential("ann", "secret")]), registry) == success)
    let token = try #require(registry.requests.first { $0.path.hasPrefix("/token") })
    #expect(token.headers["authorization"] == "Basic YW5uOnNlY3JldA==")
    #expect(token.path.hasSuffix("&account=ann"))
    #expect(registry.requests.filter { $0.headers["authorization"]?.hasPrefix("Basic") == true }.count == 1)
  }

  @Test("with an identity token, by POST")
  func identityToken() async throws {
    let registry = try await tokenRegistry(answer: .answer("200 OK", body: #"{"access_token":"good"}"#))
    #expect(try await run(Attempt(credentials: [FixedCredential(.identityToken("a+b"))]), registry) == success)
    let token = try #require(registry.requests.first { $0.path.hasPrefix("/token") })
    #expect(token.method == "POST")
    #expect(
      token.body
        == "grant_type=refresh_token&client_id=swiftlet&refresh_token=a%2Bb&service=reg%20istry&scope=repository%3Ateam%2Fapp%3Apull"
    )
  }

  @Test("with a token that the registry gave")
  func registryToken() async throws {
    let registry = try await tokenRegistry()
    #expect(try await run(Attempt(credentials: [FixedCredential(.registryToken("good"))]), registry) == success)
    #expect(!registry.requests.contains { $0.path.hasPrefix("/token") })
  }

  @Test("a password that is refused is followed by the next credential")
  func second() async throws {
    let registry = try await FaultRegistry { request, _ in
      request.headers["authorization"] == "Basic Ym9iOnJpZ2h0"
        ? [manifest] : [.answer("401 Unauthorized", ["WWW-Authenticate: Basic realm=\"here, there\""])]
    }
    let attempt = Attempt(credentials: [FixedCredential("ann", "wrong"), FixedCredential("bob", "right")])
    #expect(try await run(attempt, registry) == success)
    #expect(registry.requests.count == 3)
  }

  @Test("refused with every credential: it is told, without any of them")
  func allRefused() async throws {
    let registry = try await FaultRegistry { _, _ in
      [.answer("401 Unauthorized", ["WWW-Authenticate: Basic realm=\"x\""])]
    }
    let result = try await run(Attempt(credentials: [FixedCredential("ann", "secret")]), registry)
    #expect(result == refused.replacing("credentials, or", with: "other credentials than those of test, or"))
  }

  @Test("a file that leaves its credentials to a helper is named when the registry refuses")
  func helper() async throws {
    let registry = try await FaultRegistry { _, _ in
      [.answer("401 Unauthorized", ["WWW-Authenticate: Basic realm=\"x\""])]
    }
    let file = try DockerConfig(parsing: Array(#"{"auths":{},"credsStore":"pass"}"#.utf8), origin: "config.json")
    #expect(
      try await run(Attempt(credentials: [file]), registry) == refused
        + "; config.json leaves the credentials to docker-credential-pass, and such helpers are not run: write them into the "
        + "file, or configure a credential provider"
    )
  }

  @Test(
    "what the token service may answer",
    arguments: [
      (
        FaultRegistry.Step.answer("403 Forbidden", body: #"{"details":"incorrect username or password"}"#),
        "unauthorized: \(aboutManifest)token service 127.0.0.1:PORT: answers 403: incorrect username or password (test)"
      ),
      (.answer("404 Not Found"), "invalid: \(aboutManifest)token service 127.0.0.1:PORT: answers 404"),
      (
        .answer("200 OK", body: "{}"),
        "invalid: \(aboutManifest)token service 127.0.0.1:PORT: its answer holds no token"
      ),
      (
        .answer("200 OK", body: #"{"token":"a\r\nHost: evil"}"#),
        "invalid: \(aboutManifest)token service 127.0.0.1:PORT: its answer holds no token"
      ),
      (
        .answer("200 OK", body: "not json"),
        "invalid: \(aboutManifest)token service 127.0.0.1:PORT: its answer holds no token"
      ),
      (
        .answer("200 OK", body: String(repeating: " ", count: 300_000)),
        "transient: \(aboutManifest)token service 127.0.0.1:PORT: its answer breaks off or has more than 262144 bytes"
      ),
      (
        .answer("503 Busy"),
        "transient: \(aboutManifest)token service 127.0.0.1:PORT: the registry is in trouble (503)"
      ),
    ]
  )
  func tokenService(answer: FaultRegistry.Step, expected: String) async throws {
    let registry = try await tokenRegistry(answer: answer)
    #expect(try await run(Attempt(credentials: [FixedCredential("ann", "secret")]), registry) == expected)
  }

  @Test("a password that the token service does not know is told, though the registry was asked without it too")
  func wrongPassword() async throws {
    let registry = try await FaultRegistry { request, _ in
      if request.path.hasPrefix("/token") {
        return request.headers["authorization"] == nil
          ? [.answer("200 OK", body: #"{"token":"nobody"}"#)]
          : [.answer("401 Unauthorized", body: #"{"details":"incorrect username or password"}"#)]
      }
      let host = request.headers["host"] ?? ""
      return [.answer("401 Unauthorized", ["WWW-Authenticate: Bearer realm=\"http://\(host)/token\""])]
    }
    #expect(
      try await run(Attempt(credentials: [FixedCredential("ann", "secret")]), registry)
        == "unauthorized: \(aboutManifest)token service 127.0.0.1:PORT: answers 401: incorrect username or password (test)"
    )
    #expect(registry.requests.last?.headers["authorization"] == "Bearer nobody")
  }

  @Test("a password does not go to another host without TLS")
  func plainTokenService() async throws {
    let registry = try await FaultRegistry { _, _ in
      [.answer("401 Unauthorized", ["WWW-Authenticate: Bearer realm=\"http://192.0.2.1:9/token\""])]
    }
    let result = try await run(Attempt(credentials: [FixedCredential("ann", "secret")]), registry)
    #expect(
      result == "invalid: \(aboutManifest)it wants the credentials sent to 192.0.2.1:9 without TLS, refused"
    )
    #expect(registry.requests.count == 1)
  }

  @Test("a token that expired is renewed once, and a token that never works is given up")
  func expired() async throws {
    let registry = try await tokenRegistry(accepts: "Bearer never")
    let result = try await run(Attempt(), registry)
    #expect(result == refused)
    #expect(registry.requests.count == 3)
  }

  @Test("another host does not see the credentials, the same host does")
  func redirect() async throws {
    let other = try await FaultRegistry { _, _ in [manifest] }
    let port = other.port
    let registry = try await FaultRegistry { request, _ in
      if request.headers["authorization"] == nil {
        return [.answer("401 Unauthorized", ["WWW-Authenticate: Basic realm=\"x\""])]
      }
      if request.path == "/same" { return [.answer("307 Moved", ["Location: http://127.0.0.1:\(port)/other"])] }
      return [.answer("307 Moved", ["Location: /same"])]
    }
    #expect(try await run(Attempt(credentials: [FixedCredential("ann", "secret")]), registry) == success)
    #expect(registry.requests.last?.headers["authorization"] != nil)
    #expect(other.requests.map(\.path) == ["/other"] && other.requests[0].headers["authorization"] == nil)
    try await other.stop()
  }

  @Test("mirrors are asked first, with their own credentials, and what they lack comes from the registry")
  func mirrors() async throws {
    let empty = try await FaultRegistry { _, _ in [.answer("404 Not Found")] }
    let full = try await FaultRegistry { _, _ in [manifest] }
    var attempt = Attempt(options: RegistryOptions(mirrors: ["127.0.0.1:\(empty.port)"]))
    #expect(try await attempt.run(full.port) == success)
    #expect(empty.requests.count == 1 && full.requests.count == 1)
    attempt.options.mirrors = ["127.0.0.1:\(full.port)", "127.0.0.1:\(empty.port)"]
    #expect(try await attempt.run(empty.port).hasSuffix("manifest+json {}") == false)
    #expect(full.requests.count == 2 && empty.requests.count == 1)
    try await empty.stop()
    try await full.stop()
  }
}
