import Foundation
import Images
import Testing

@testable import Registry

@Suite("Credential providers are run as the kubelet runs them, and bounded")
struct CredentialProviderTests {
  private static func provider(
    _ script: String,
    cache: Int64 = 0,
    milliseconds: Int64 = 5_000,
    _ body: (CredentialProvider, URL) async throws -> Void
  ) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "swiftlet-provider-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let file = directory.appending(path: "provider")
    try "#!/bin/sh\ncd \(directory.path)\n\(script)\n".write(to: file, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    let settings = CredentialProvider.Settings(
      name: "provider",
      matchImages: ["*.example", "exact.example/team"],
      defaultCacheSeconds: cache,
      arguments: ["get", "it"],
      environment: ["EXTRA=yes"]
    )
    let provider = CredentialProvider(
      settings,
      directory: directory.path,
      inherited: ["PATH=/usr/bin:/bin"],
      milliseconds: milliseconds
    )
    try await body(provider, directory)
    try FileManager.default.removeItem(at: directory)
  }

  private static func answer(_ key: String, _ duration: String) -> String {
    #"""
    echo '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1",
    "cacheKeyType":"\#(key)","cacheDuration":"\#(duration)","auth":{"*.example":{"username":"ann","password":"pw"}}}'
    """#
  }

  @Test("question, arguments, variables and answer")
  func protocolKept() async throws {
    let script = "cat > question; echo \"$1 $2 $EXTRA\" > asked\n" + Self.answer("Image", "1h")
    try await Self.provider(script) { provider, directory in
      let offers = try await provider.credentials(registry: "registry.example", path: "team/app")
      #expect(offers.map(\.credential) == [.password(user: "ann", password: "pw")])
      let question = try String(contentsOf: directory.appending(path: "question"), encoding: .utf8)
      #expect(
        question
          == #"{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"registry.example/team/app","kind":"CredentialProviderRequest"}"#
      )
      let asked = try String(contentsOf: directory.appending(path: "asked"), encoding: .utf8)
      #expect(asked == "get it yes\n")
    }
  }

  @Test("images that it is not for do not run it")
  func otherImages() async throws {
    try await Self.provider("touch ran") { provider, directory in
      let none = try await provider.credentials(registry: "registry.other", path: "a")
      #expect(none.isEmpty)
      let deeper = try await provider.credentials(registry: "a.b.example", path: "a")
      #expect(deeper.isEmpty)
      #expect(!FileManager.default.fileExists(atPath: directory.appending(path: "ran").path))
    }
  }

  @Test("an answer is kept for what it says", arguments: [("Image", 3), ("Registry", 2), ("Global", 1)])
  func cached(key: String, runs: Int) async throws {
    try await Self.provider("echo x >> runs\n" + Self.answer(key, "1h")) { provider, directory in
      for (registry, path) in [("a.example", "x"), ("a.example", "x"), ("a.example", "y"), ("b.example", "x")] {
        _ = try await provider.credentials(registry: registry, path: path)
      }
      let text = try String(contentsOf: directory.appending(path: "runs"), encoding: .utf8)
      #expect(text.split(separator: "\n").count == runs)
    }
  }

  @Test("and not at all where it says 0")
  func notCached() async throws {
    try await Self.provider("echo x >> runs\n" + Self.answer("Global", "0"), cache: 100) { provider, directory in
      for _ in 0..<2 { _ = try await provider.credentials(registry: "a.example", path: "x") }
      let runs = try String(contentsOf: directory.appending(path: "runs"), encoding: .utf8)
      #expect(runs == "x\nx\n")
    }
  }

  @Test(
    "what is wrong is told, without the answer",
    arguments: [
      ("exit 3", "failed (exit code 3)"), ("echo no credentials >&2; exit 1", "failed (exit code 1): no credentials "),
      ("kill -9 $$", "failed (signal 9)"), ("echo secret", "its answer is not JSON"),
      ("echo '{\"secret\":1}'", "its answer is no CredentialProviderResponse of credentialprovider.kubelet.k8s.io/v1"),
      (answer("Pod", "1h"), "cacheKeyType: expected Image, Registry or Global"),
      (answer("Image", "soon"), "cacheDuration: expected a duration such as 12h"),
      ("sleep 100", "did not answer within 1 s, or with more than 1048576 bytes"),
      ("exec >&- 2>&-; sleep 100", "did not answer within 1 s, or with more than 1048576 bytes"),
      ("yes", "did not answer within 1 s, or with more than 1048576 bytes"),
    ]
  )
  func failures(script: String, expected: String) async throws {
    try await Self.provider(script, milliseconds: 1_000) { provider, directory in
      let error = await #expect(throws: CredentialError.self) {
        try await provider.credentials(registry: "a.example", path: "x")
      }
      #expect(error?.description == "\(directory.path)/provider: \(expected)")
    }
  }

  @Test("a program that is not there is named")
  func missing() async throws {
    let settings = CredentialProvider.Settings(name: "none", matchImages: ["a.example"], defaultCacheSeconds: 0)
    let provider = CredentialProvider(settings, directory: "/no/such", inherited: [])
    let error = await #expect(throws: CredentialError.self) {
      try await provider.credentials(registry: "a.example", path: "x")
    }
    #expect(error?.description.hasPrefix("/no/such/none: cannot be run: ") == true, "\(String(describing: error))")
  }

  @Test(
    "durations",
    arguments: [
      ("12h", 43_200), ("1h30m", 5_400), ("1.5s", 1), ("1500ms", 1), ("0", 0), ("0s", 0), ("", nil), ("5", nil),
      ("-1h", nil), ("1x", nil), ("h", nil), ("999999999999999h", nil), ("1e9h", nil),
    ] as [(String, Int64?)]
  )
  func durations(text: String, seconds: Int64?) {
    #expect(GoDuration.seconds(text) == seconds)
  }
}
