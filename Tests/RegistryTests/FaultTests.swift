import Images
import Testing

@testable import Registry

/// A registry that does something, and what comes of it.
struct FaultCase: Sendable, CustomTestStringConvertible {
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

@Suite("Whatever a registry does, a person is told what and nothing of it is believed (issue 3, point 3)", .serialized)
struct FaultTests {
  static let documents: [FaultCase] = [
    FaultCase("a manifest", expected: "application/vnd.oci.image.manifest.v1+json {}", requests: 1) { _, _ in
      [.answer("200 OK", [manifestType + "; charset=utf-8"], body: "{}")]
    },
    FaultCase(
      "not found, with its words",
      expected: "notFound: \(aboutManifest)not found: MANIFEST_UNKNOWN: manifest unknown",
      requests: 1
    ) { _, _ in
      [.answer("404 Not Found", body: #"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#)]
    },
    FaultCase("not found, with a page", expected: "notFound: \(aboutManifest)not found") { _, _ in
      [.answer("404 Not Found", ["Content-Type: text/html"], body: "<html>nothing here</html>")]
    },
    FaultCase("an error's words hold control characters", expected: "notFound: \(aboutManifest)not found: A: b c  [31m")
    { _, _ in
      [.answer("404 Not Found", body: #"{"errors":[{"code":"A","message":"b\nc\u0007\u001b[31m"}]}"#)]
    },
    FaultCase("a huge explanation", expected: "notFound: \(aboutManifest)not found") { _, _ in
      [.head("404 Not Found"), .writeRepeatedly(Array(repeating: 0x20, count: 65_536), times: 200)]
    },
    FaultCase(
      "teapot",
      expected: "invalid: \(aboutManifest)answers 418, expected 200"
    ) { _, _ in [.answer("418 I'm a teapot")] },
    FaultCase(
      "in trouble, for ever",
      expected: "transient: \(aboutManifest)the registry is in trouble (503)",
      requests: 2
    ) { _, _ in [.answer("503 Service Unavailable")] },
    FaultCase("in trouble, once", expected: "application/vnd.oci.image.manifest.v1+json {}", requests: 2) { _, number in
      [number == 0 ? .answer("502 Bad Gateway") : .answer("200 OK", [manifestType], body: "{}")]
    },
    FaultCase(
      "too many requests, for longer than anybody waits",
      expected: "transient: \(aboutManifest)too many requests; log in or wait (429)",
      requests: 1
    ) { _, _ in [.answer("429 Too Many Requests", ["Retry-After: 3600"])] },
    FaultCase(
      "too many requests, briefly",
      expected: "application/vnd.oci.image.manifest.v1+json {}",
      requests: 2
    ) { _, number in
      [
        number == 0
          ? .answer("429 Too Many Requests", ["Retry-After: 0"]) : .answer("200 OK", [manifestType], body: "{}")
      ]
    },
    FaultCase(
      "a time to retry that is none",
      expected: "application/vnd.oci.image.manifest.v1+json {}",
      requests: 2
    ) { _, number in
      [
        number == 0
          ? .answer("429 Slow", ["Retry-After: -99999999999999999999"]) : .answer("200 OK", [manifestType], body: "{}")
      ]
    },
    FaultCase("nothing but silence", expected: "transient: \(aboutManifest)no byte came for 300 ms", requests: 2) {
      _,
      _ in
      [.wait(milliseconds: 5_000)]
    },
    FaultCase("hangs up at once", expected: "transient: \(aboutManifest)the connection was closed", requests: 2) {
      _,
      _ in []
    },
    FaultCase(
      "breaks off within the head",
      expected: "transient: \(aboutManifest)the connection was closed",
      requests: 2
    ) { _, _ in
      [.text("HTTP/1.1 200 OK\r\nContent-Le")]
    },
    FaultCase("is no HTTP", expected: "invalid: \(aboutManifest)the answer is no HTTP:") { _, _ in
      [.text("SSH-2.0-OpenSSH_9.2\r\n")]
    },
    FaultCase("breaks off within the body", expected: "transient: \(aboutManifest)the connection was closed") { _, _ in
      [.head("200 OK", [manifestType, "Content-Length: 1000"]), .text("{")]
    },
    FaultCase("stalls within the body", expected: "transient: \(aboutManifest)no byte came for 300 ms") { _, _ in
      [.head("200 OK", [manifestType, "Content-Length: 1000"]), .text("{"), .wait(milliseconds: 5_000)]
    },
    FaultCase("is endless", expected: "invalid: \(aboutManifest)has more than 4194304 bytes") { _, _ in
      [.head("200 OK", [manifestType]), .writeRepeatedly(Array(repeating: 0x20, count: 65_536), times: 1_000)]
    },
    FaultCase("announces more than is read", expected: "invalid: \(aboutManifest)has more than 4194304 bytes") { _, _ in
      [.head("200 OK", [manifestType, "Content-Length: 99999999999"]), .wait(milliseconds: 100)]
    },
    FaultCase(
      "comes compressed",
      expected: "invalid: \(aboutManifest)comes with Content-Encoding gzip, expected none"
    ) { _, _ in [.answer("200 OK", [manifestType, "Content-Encoding: gzip"], body: "xx")] },
    FaultCase(
      "schema 1",
      expected:
        "invalid: \(aboutManifest)is in Docker's schema 1, which names no digests that could be checked; push the image "
        + "again with a current tool"
    ) { _, _ in
      [.answer("200 OK", ["Content-Type: application/vnd.docker.distribution.manifest.v1+prettyjws"], body: "{}")]
    },
    FaultCase(
      "redirected to nowhere",
      expected: "invalid: \(aboutManifest)redirected to nowhere: the Location header is missing"
    ) { _, _ in
      [.answer("307 Temporary Redirect")]
    },
    FaultCase("redirected for ever", expected: "invalid: \(aboutManifest)more than 5 redirects", requests: 6) { _, _ in
      [.answer("302 Found", ["Location: /again"])]
    },
    FaultCase("redirected within", expected: "application/vnd.oci.image.manifest.v1+json {}", requests: 2) {
      request,
      _ in
      request.path == "/elsewhere?x=1"
        ? [.answer("200 OK", [manifestType], body: "{}")] : [.answer("301 Moved", ["Location: /elsewhere?x=1"])]
    },
    FaultCase(
      "redirected to a cloud's metadata",
      expected:
        "invalid: \(aboutManifest)redirected to 169.254.169.254, an address of this machine or its network, refused",
      requests: 1
    ) { _, _ in [.answer("302 Found", ["Location: http://169.254.169.254/latest/meta-data/"])] },
    FaultCase(
      "redirected to another scheme",
      expected: "invalid: \(aboutManifest)an address that begins neither with https:// nor with http://",
      requests: 1
    ) { _, _ in [.answer("302 Found", ["Location: file:///etc/passwd"])] },
    FaultCase(
      "redirected to a user",
      expected: "invalid: \(aboutManifest)an address that has no host, or a user in it",
      requests: 1
    ) { _, _ in [.answer("302 Found", ["Location: http://user@example.com/"])] },
    FaultCase(
      "refuses without a way to authenticate",
      expected:
        "unauthorized: \(aboutManifest)the registry refuses (401); the image needs credentials, or does not exist: check "
        + "the name, imagePullSecrets and images.authFile",
      requests: 1
    ) { _, _ in [.answer("401 Unauthorized")] },
    FaultCase(
      "a bearer challenge without a realm",
      expected: "invalid: \(aboutManifest)its bearer challenge names no realm to get a token from"
    ) { _, _ in [.answer("401 Unauthorized", ["WWW-Authenticate: Bearer service=\"x\""])] },
    FaultCase(
      "forbidden",
      expected: "unauthorized: \(aboutManifest)the registry refuses (403): DENIED: pull rate exceeded; the image needs "
        + "credentials, or does not exist: check the name, imagePullSecrets and images.authFile",
      requests: 1
    ) { _, _ in [.answer("403 Forbidden", body: #"{"errors":[{"code":"DENIED","message":"pull rate exceeded"}]}"#)] },
    FaultCase("headers without end", expected: "invalid:") { _, _ in
      [
        .text("HTTP/1.1 200 OK\r\n"),
        .writeRepeatedly(Array("X-A: \(String(repeating: "a", count: 1_000))\r\n".utf8), times: 5_000),
      ]
    },
    FaultCase("a head in pieces", expected: "application/vnd.oci.image.manifest.v1+json {}", requests: 1) { _, _ in
      [
        .text("HTTP/1.1 200 OK\r\n"), .wait(milliseconds: 50), .text(manifestType + "\r\n"), .wait(milliseconds: 50),
        .text("Content-Length: 2\r\n\r\n{"), .wait(milliseconds: 50), .text("}"),
      ]
    },
    FaultCase("in chunks", expected: "application/vnd.oci.image.manifest.v1+json {}", requests: 1) { _, _ in
      [.head("200 OK", [manifestType, "Transfer-Encoding: chunked"]), .text("1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")]
    },
    FaultCase("chunks that are none", expected: "invalid:") { _, _ in
      [.head("200 OK", [manifestType, "Transfer-Encoding: chunked"]), .text("zz\r\n{\r\n")]
    },
  ]

  static let blobs: [FaultCase] = [
    FaultCase("a blob", .blob(from: 0), expected: "from 0: 0123456789", requests: 1) { request, _ in
      #expect(request.headers["range"] == nil)
      return [.answer("200 OK", body: "0123456789")]
    },
    FaultCase("the rest of a blob", .blob(from: 4), expected: "from 4: 456789", requests: 1) { request, _ in
      #expect(request.headers["range"] == "bytes=4-")
      return [.answer("206 Partial Content", ["Content-Range: bytes 4-9/10"], body: "456789")]
    },
    FaultCase("the rest, of unknown size", .blob(from: 4), expected: "from 4: 456789") { _, _ in
      [.answer("206 Partial Content", ["Content-Range: bytes 4-9/*"], body: "456789")]
    },
    FaultCase("all instead of the rest", .blob(from: 4), expected: "from 0: 0123456789", requests: 1) { _, _ in
      [.answer("200 OK", body: "0123456789")]
    },
    FaultCase("refuses the range", .blob(from: 4), expected: "from 0: 0123456789", requests: 2) { _, number in
      [number == 0 ? .answer("416 Range Not Satisfiable") : .answer("200 OK", body: "0123456789")]
    },
    FaultCase(
      "another range",
      .blob(from: 4),
      expected: "invalid: \(aboutBlob)answers with the range \"bytes 0-5/10\", expected \"bytes 4-9/10\""
    ) { _, _ in [.answer("206 Partial Content", ["Content-Range: bytes 0-5/10"], body: "012345")] },
    FaultCase(
      "a range that nobody asked for",
      .blob(from: 0),
      expected: "invalid: \(aboutBlob)answers with the range \"bytes 2-9/10\", expected \"bytes 0-9/10\""
    ) { _, _ in [.answer("206 Partial Content", ["Content-Range: bytes 2-9/10"], body: "23456789")] },
    FaultCase(
      "no range",
      .blob(from: 4),
      expected: "invalid: \(aboutBlob)answers with the range \"\", expected \"bytes 4-9/10\""
    ) { _, _ in [.answer("206 Partial Content", body: "456789")] },
    FaultCase(
      "announces too much",
      .blob(from: 0),
      expected: "invalid: \(aboutBlob)announces 11 bytes, expected 10 of 10"
    ) { _, _ in
      [.answer("200 OK", body: "01234567890")]
    },
    FaultCase(
      "announces too little",
      .blob(from: 4),
      expected: "invalid: \(aboutBlob)announces 3 bytes, expected 6 of 10"
    ) { _, _ in
      [.answer("206 Partial Content", ["Content-Range: bytes 4-9/10"], body: "456")]
    },
    FaultCase("sends too much", .blob(from: 0), expected: "invalid: \(aboutBlob)sends more than its 10 bytes") { _, _ in
      [.head("200 OK"), .writeRepeatedly(Array(repeating: 0x30, count: 65_536), times: 1_000)]
    },
    FaultCase("sends too little", .blob(from: 0), expected: "transient: \(aboutBlob)ended after 5 of 10 bytes") {
      _,
      _ in
      [.head("200 OK"), .text("01234")]
    },
    FaultCase("breaks off", .blob(from: 0), expected: "transient: \(aboutBlob)the connection was closed") { _, _ in
      [.head("200 OK", ["Content-Length: 10"]), .text("01234")]
    },
    FaultCase("stalls", .blob(from: 0), expected: "transient: \(aboutBlob)no byte came for 300 ms") { _, _ in
      [.head("200 OK", ["Content-Length: 10"]), .text("01234"), .wait(milliseconds: 5_000)]
    },
    FaultCase("one byte now and then", .blob(from: 0), expected: "transient: \(aboutBlob)only 4 bytes in 0 s") { _, _ in
      [.head("200 OK", ["Content-Length: 10"])]
        + (0..<10).flatMap { [.text("\($0)"), .wait(milliseconds: 60)] as [FaultRegistry.Step] }
    },
    FaultCase(
      "comes compressed",
      .blob(from: 0),
      expected: "invalid: \(aboutBlob)comes with Content-Encoding br, expected none"
    ) { _, _ in
      [.answer("200 OK", ["Content-Encoding: br"], body: "0123456789")]
    },
    FaultCase("is gone", .blob(from: 0), expected: "notFound: \(aboutBlob)not found: BLOB_UNKNOWN", requests: 1) {
      _,
      _ in
      [.answer("404 Not Found", body: #"{"errors":[{"code":"BLOB_UNKNOWN"}]}"#)]
    },
  ]

  @Test("documents", arguments: documents)
  func document(_ fault: FaultCase) async throws { try await check(fault) }

  @Test("blobs", arguments: blobs)
  func blob(_ fault: FaultCase) async throws { try await check(fault) }

  private func check(_ fault: FaultCase) async throws {
    let registry = try await FaultRegistry(fault.script)
    let result = try await Attempt(operation: fault.operation).run(registry.port)
    if fault.expected.hasSuffix(":") || !fault.expected.contains(" ") {
      #expect(result.hasPrefix(fault.expected) || result.contains(fault.expected), "\(result)")
    } else {
      #expect(result == fault.expected)
    }
    if let wanted = fault.requests { #expect(registry.requests.count == wanted) }
    for request in registry.requests { #expect(request.headers["authorization"] == nil) }
    try await registry.stop()
  }
}
