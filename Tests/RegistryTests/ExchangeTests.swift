import Images
import Testing

@testable import Registry

/// A registry that does something, and what comes of it.
struct ExchangeCase: Sendable, CustomTestStringConvertible {
  let name: String
  var operation = Attempt.Operation.manifest
  let expected: String
  /// How many requests reach the registry, over plain HTTP.
  var requests: Int?
  let script: FaultRegistry.Script

  var testDescription: String { name }

  init(
    _ name: String,
    _ operation: Attempt.Operation = .manifest,
    expected: String,
    requests: Int? = nil,
    _ script: @escaping FaultRegistry.Script
  ) {
    (self.name, self.operation, self.expected, self.requests, self.script) = (
      name, operation, expected, requests, script
    )
  }
}

private let aboutManifest = "127.0.0.1:PORT/team/app: manifest 1: "
private let aboutBlob =
  "127.0.0.1:PORT/team/app: blob sha256:84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882: "
private let manifestType = "Content-Type: application/vnd.oci.image.manifest.v1+json"

/// What comes of a pull when a registry does wrong is ``PullFaultTests``' subject.
@Suite("A registry is asked as often as it may help, and for what is missing", .serialized)
struct ExchangeTests {
  static let documents: [ExchangeCase] = [
    ExchangeCase("a manifest", expected: "application/vnd.oci.image.manifest.v1+json {}", requests: 1) { _, _ in
      [.answer("200 OK", [manifestType + "; charset=utf-8"], body: "{}")]
    },
    ExchangeCase(
      "in trouble, for ever",
      expected: "transient: \(aboutManifest)the registry is in trouble (503)",
      requests: 2
    ) { _, _ in [.answer("503 Service Unavailable")] },
    ExchangeCase("in trouble, once", expected: "application/vnd.oci.image.manifest.v1+json {}", requests: 2) {
      _,
      number in
      [number == 0 ? .answer("502 Bad Gateway") : .answer("200 OK", [manifestType], body: "{}")]
    },
    ExchangeCase(
      "too many requests, for longer than anybody waits",
      expected: "transient: \(aboutManifest)too many requests; log in or wait (429)",
      requests: 1
    ) { _, _ in [.answer("429 Too Many Requests", ["Retry-After: 3600"])] },
    ExchangeCase(
      "too many requests, briefly",
      expected: "application/vnd.oci.image.manifest.v1+json {}",
      requests: 2
    ) { _, number in
      [
        number == 0
          ? .answer("429 Too Many Requests", ["Retry-After: 0"]) : .answer("200 OK", [manifestType], body: "{}")
      ]
    },
    ExchangeCase(
      "a time to retry that is none",
      expected: "application/vnd.oci.image.manifest.v1+json {}",
      requests: 2
    ) { _, number in
      [
        number == 0
          ? .answer("429 Slow", ["Retry-After: -99999999999999999999"]) : .answer("200 OK", [manifestType], body: "{}")
      ]
    },
    ExchangeCase("nothing but silence", expected: "transient: \(aboutManifest)no byte came for 300 ms", requests: 2) {
      _,
      _ in
      [.wait(milliseconds: 5_000)]
    },
    ExchangeCase("hangs up at once", expected: "transient: \(aboutManifest)the connection was closed", requests: 2) {
      _,
      _ in []
    },
    ExchangeCase("redirected for ever", expected: "invalid: \(aboutManifest)more than 5 redirects", requests: 6) {
      _,
      _ in
      [.answer("302 Found", ["Location: /again"])]
    },
    ExchangeCase("redirected within", expected: "application/vnd.oci.image.manifest.v1+json {}", requests: 2) {
      request,
      _ in
      request.path == "/elsewhere?x=1"
        ? [.answer("200 OK", [manifestType], body: "{}")] : [.answer("301 Moved", ["Location: /elsewhere?x=1"])]
    },
    ExchangeCase(
      "redirected to a cloud's metadata",
      expected:
        "invalid: \(aboutManifest)redirected to 169.254.169.254, an address of this machine or its network, refused",
      requests: 1
    ) { _, _ in [.answer("302 Found", ["Location: http://169.254.169.254/latest/meta-data/"])] },
    ExchangeCase(
      "refuses without a way to authenticate",
      expected:
        "unauthorized: \(aboutManifest)the registry refuses (401); the image needs credentials, or does not exist: check "
        + "the name, imagePullSecrets and images.authFile",
      requests: 1
    ) { _, _ in [.answer("401 Unauthorized")] },
    ExchangeCase("a head in pieces", expected: "application/vnd.oci.image.manifest.v1+json {}", requests: 1) { _, _ in
      [
        .text("HTTP/1.1 200 OK\r\n"), .wait(milliseconds: 50), .text(manifestType + "\r\n"), .wait(milliseconds: 50),
        .text("Content-Length: 2\r\n\r\n{"), .wait(milliseconds: 50), .text("}"),
      ]
    },
    ExchangeCase("in chunks", expected: "application/vnd.oci.image.manifest.v1+json {}", requests: 1) { _, _ in
      [.head("200 OK", [manifestType, "Transfer-Encoding: chunked"]), .text("1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")]
    },
  ]

  static let blobs: [ExchangeCase] = [
    ExchangeCase("a blob", .blob(from: 0), expected: "from 0: 0123456789", requests: 1) { request, _ in
      #expect(request.headers["range"] == nil)
      return [.answer("200 OK", body: "0123456789")]
    },
    ExchangeCase("the rest of a blob", .blob(from: 4), expected: "from 4: 456789", requests: 1) { request, _ in
      #expect(request.headers["range"] == "bytes=4-")
      return [.answer("206 Partial Content", ["Content-Range: bytes 4-9/10"], body: "456789")]
    },
    ExchangeCase("the rest, of unknown size", .blob(from: 4), expected: "from 4: 456789") { _, _ in
      [.answer("206 Partial Content", ["Content-Range: bytes 4-9/*"], body: "456789")]
    },
    ExchangeCase("all instead of the rest", .blob(from: 4), expected: "from 0: 0123456789", requests: 1) { _, _ in
      [.answer("200 OK", body: "0123456789")]
    },
    ExchangeCase("refuses the range", .blob(from: 4), expected: "from 0: 0123456789", requests: 2) { _, number in
      [number == 0 ? .answer("416 Range Not Satisfiable") : .answer("200 OK", body: "0123456789")]
    },
    ExchangeCase(
      "another range",
      .blob(from: 4),
      expected: "mismatch: \(aboutBlob)answers with the range \"bytes 0-5/10\", expected \"bytes 4-9/10\""
    ) { _, _ in [.answer("206 Partial Content", ["Content-Range: bytes 0-5/10"], body: "012345")] },
    ExchangeCase(
      "no range",
      .blob(from: 4),
      expected: "mismatch: \(aboutBlob)answers with the range \"\", expected \"bytes 4-9/10\""
    ) { _, _ in [.answer("206 Partial Content", body: "456789")] },
    ExchangeCase(
      "announces too little",
      .blob(from: 4),
      expected: "mismatch: \(aboutBlob)announces 3 bytes, expected 6 of 10"
    ) { _, _ in
      [.answer("206 Partial Content", ["Content-Range: bytes 4-9/10"], body: "456")]
    },
  ]

  @Test("documents", arguments: documents)
  func document(_ exchange: ExchangeCase) async throws { try await check(exchange) }

  @Test("blobs", arguments: blobs)
  func blob(_ exchange: ExchangeCase) async throws { try await check(exchange) }

  private func check(_ exchange: ExchangeCase) async throws {
    let registry = try await FaultRegistry(exchange.script)
    let result = try await Attempt(operation: exchange.operation).run(registry.port)
    #expect(result == exchange.expected)
    if let wanted = exchange.requests { #expect(registry.requests.count == wanted) }
    for request in registry.requests { #expect(request.headers["authorization"] == nil) }
    try await registry.stop()
  }
}
