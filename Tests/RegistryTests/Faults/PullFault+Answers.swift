private let about = "failed 127.0.0.1:PORT/team/app: manifest 1: "
private let login =
  "; the image needs credentials, or does not exist: check the name, imagePullSecrets and images.authFile"
private let otherLogin = login.replacing(
  "credentials, or",
  with: "other credentials than those of SCRATCH/config.json, or"
)
private let type = ServedImage.manifestType

extension PullFault {
  /// Whatever a server may answer instead of what was asked for.
  static let answers =
    statuses + [
      PullFault("silence", about + "no byte came for 1 s", script: manifest([.wait(milliseconds: 5_000)])),
      PullFault("hangs up", about + "the connection was closed", script: manifest([])),
      PullFault(
        "breaks off in the head",
        about + "the connection was closed",
        script: manifest([.text("HTTP/1.1 200 O")])
      ),
      PullFault(
        "is no HTTP",
        about + "the answer is no HTTP: invalid constant string",
        script: manifest([.text("SSH-2.0-OpenSSH_9.2\r\n")])
      ),
      PullFault(
        "headers without end",
        about + "the answer is no HTTP: too many header bytes seen; overflow detected",
        script: manifest([
          .text("HTTP/1.1 200 OK\r\n"),
          .writeRepeatedly(Array("X-A: \(String(repeating: "a", count: 1_000))\r\n".utf8), times: 50_000),
        ])
      ),
      PullFault(
        "a header without end",
        about + "the answer is no HTTP: too many header bytes seen; overflow detected",
        script: manifest([
          .text("HTTP/1.1 200 OK\r\nX-A: "), .writeRepeatedly(Array(repeating: 0x61, count: 65_536), times: 5_000),
        ])
      ),
      PullFault(
        "chunks that are none",
        about + "the answer is no HTTP: invalid character in chunk size header",
        script: manifest([.head("200 OK", [type, "Transfer-Encoding: chunked"]), .text("zz\r\n{\r\n")])
      ),
      PullFault(
        "a length that is none",
        about + "the answer is no HTTP: invalid character in content-length header",
        script: manifest([.head("200 OK", [type, "Content-Length: -5"]), .text("{}")])
      ),
      PullFault(
        "breaks off in the body",
        about + "the connection was closed",
        script: manifest([.head("200 OK", [type, "Content-Length: 1000"]), .text("{")])
      ),
      PullFault(
        "stalls in the body",
        about + "no byte came for 1 s",
        script: manifest([.head("200 OK", [type, "Content-Length: 9"]), .text("{"), .wait(milliseconds: 5_000)])
      ),
      PullFault(
        "a manifest without end",
        about + "has more than 4194304 bytes",
        script: manifest([
          .head("200 OK", [type]), .writeRepeatedly(Array(repeating: 0x20, count: 65_536), times: 5_000),
        ])
      ),
      PullFault(
        "announces a huge manifest",
        about + "has more than 4194304 bytes",
        script: manifest([.head("200 OK", [type, "Content-Length: 99999999999"]), .wait(milliseconds: 100)])
      ),
      PullFault(
        "a compressed manifest",
        about + "comes with Content-Encoding gzip, expected none",
        script: manifest([.answer("200 OK", [type, "Content-Encoding: gzip"], body: "xx")])
      ),
      PullFault(
        "a manifest in Docker's first format",
        about
          + "is in Docker's schema 1, which names no digests that could be checked; push the image again with a current tool",
        script: manifest([
          .answer("200 OK", ["Content-Type: application/vnd.docker.distribution.manifest.v1+prettyjws"], body: "{}")
        ])
      ),
    ]

  private static let statuses = [
    PullFault(
      "there is no such image",
      about + "not found: MANIFEST_UNKNOWN: manifest unknown",
      script: manifest([
        .answer("404 Not Found", body: #"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#)
      ])
    ),
    PullFault(
      "words with control characters",
      about + "not found: A: b c  [31m",
      script: manifest([
        .answer("404 Not Found", body: #"{"errors":[{"code":"A","message":"b\nc\u0007\u001b[31m"}]}"#)
      ])
    ),
    PullFault(
      "an explanation without end",
      about + "not found",
      script: manifest([
        .head("404 Not Found"), .writeRepeatedly(Array(repeating: 0x20, count: 65_536), times: 5_000),
      ])
    ),
    PullFault(
      "401 without a way to log in",
      about + "the registry refuses (401)\(login)",
      script: manifest([.answer("401 Unauthorized")])
    ),
    PullFault(
      "401 and nothing to log in with",
      about + "the registry refuses (401)\(login)",
      script: manifest([.answer("401 Unauthorized", ["WWW-Authenticate: Basic realm=\"x\""])])
    ),
    PullFault(
      "401 for a wrong password",
      about + "the registry refuses (401): UNAUTHORIZED: authentication required\(otherLogin)",
      hasPassword: true,
      script: manifest([
        .answer(
          "401 Unauthorized",
          ["WWW-Authenticate: Basic realm=\"x\""],
          body: #"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#
        )
      ])
    ),
    PullFault(
      "401 with a challenge that cannot be read",
      about + "the registry refuses (401)\(login)",
      hasPassword: true,
      script: manifest([.answer("401 Unauthorized", ["WWW-Authenticate: \"=,;Basic"])])
    ),
    PullFault(
      "a token from nowhere",
      about + "its bearer challenge names no realm to get a token from",
      script: manifest([.answer("401 Unauthorized", ["WWW-Authenticate: Bearer service=\"x\""])])
    ),
    PullFault(
      "a token for a password without TLS elsewhere",
      about + "it wants the credentials sent to 192.0.2.1:9 without TLS, refused",
      hasPassword: true,
      script: manifest([.answer("401 Unauthorized", ["WWW-Authenticate: Bearer realm=\"http://192.0.2.1:9/token\""])])
    ),
    tokenFault("a wrong password for the token", "answers 403: incorrect username or password (SCRATCH/config.json)") {
      .answer("403 Forbidden", body: #"{"details":"incorrect username or password"}"#)
    },
    tokenFault("no token", "its answer holds no token") { .answer("200 OK", body: "{}") },
    tokenFault("a token that would be a header", "its answer holds no token") {
      .answer("200 OK", body: #"{"token":"a\r\nHost: evil"}"#)
    },
    tokenFault("a token without end", "its answer breaks off or has more than 262144 bytes") {
      .answer("200 OK", body: String(repeating: " ", count: 300_000))
    },
    tokenFault("a token service in trouble", "the registry is in trouble (503)") { .answer("503 Busy") },
    PullFault(
      "a token that never works",
      about + "the registry refuses (401)\(otherLogin)",
      hasPassword: true,
      script: { request, _ in
        if request.path.hasPrefix("/token") { return [.answer("200 OK", body: #"{"token":"t"}"#)] }
        let host = request.headers["host"] ?? ""
        return [.answer("401 Unauthorized", ["WWW-Authenticate: Bearer realm=\"http://\(host)/token\""])]
      }
    ),
    PullFault(
      "403",
      about + "the registry refuses (403): DENIED: not yours\(login)",
      script: manifest([.answer("403 Forbidden", body: #"{"errors":[{"code":"DENIED","message":"not yours"}]}"#)])
    ),
    PullFault(
      "429 for ever",
      about + "too many requests; log in or wait (429)",
      script: manifest([.answer("429 Too Many Requests")])
    ),
    PullFault(
      "429 for an hour",
      about + "too many requests; log in or wait (429); it asks to be left alone for 3600 s",
      script: manifest([.answer("429 Too Many Requests", ["Retry-After: 3600"])])
    ),
    PullFault(
      "429 for a time that is none",
      about + "too many requests; log in or wait (429)",
      script: manifest([.answer("429 Too Many Requests", ["Retry-After: -99999999999999999999"])])
    ),
    PullFault(
      "408",
      about + "the registry gave up waiting (408)",
      script: manifest([.answer("408 Request Timeout")])
    ),
    PullFault(
      "500",
      about + "the registry is in trouble (500): UNKNOWN: disk full",
      script: manifest([
        .answer("500 Internal Server Error", body: #"{"errors":[{"code":"UNKNOWN","message":"disk full"}]}"#)
      ])
    ),
    PullFault(
      "503",
      about + "the registry is in trouble (503)",
      script: manifest([.answer("503 Service Unavailable", body: "<html>maintenance</html>")])
    ),
    PullFault(
      "a status that nobody expects",
      about + "answers 418, expected 200",
      script: manifest([.answer("418 I'm a teapot")])
    ),
    PullFault(
      "503 once",
      "pulled MANIFEST",
      script: { request, attempt in request.isForManifest && attempt == 0 ? [.answer("503 Busy")] : nil }
    ),
  ]

  private static func tokenFault(
    _ name: String,
    _ words: String,
    _ answer: @escaping @Sendable () -> FaultRegistry.Step
  ) -> PullFault {
    PullFault(name, about + "token service 127.0.0.1:PORT: \(words)", hasPassword: true) { request, _ in
      if request.path.hasPrefix("/token") { return [answer()] }
      let host = request.headers["host"] ?? ""
      return [.answer("401 Unauthorized", ["WWW-Authenticate: Bearer realm=\"http://\(host)/token\""])]
    }
  }
}
