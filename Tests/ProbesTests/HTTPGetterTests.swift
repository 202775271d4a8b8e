import Testing

@testable import Probes

@Suite("Requests go out as URLs that every server reads alike")
struct HTTPGetterTests {
  @Test(
    "What a URL cannot hold is escaped, and escapes stay",
    arguments: [
      ("/", "/"), ("/ready?now=1&x=%20", "/ready?now=1&x=%20"), ("/a b", "/a%20b"), ("/ü", "/%C3%BC"),
      ("/#top", "/%23top"), ("/\"<>\\^`{|}", "/%22%3C%3E%5C%5E%60%7B%7C%7D"), ("/\u{7f}\r\n", "/%7F%0D%0A"),
    ]
  )
  func escaped(path: String, expected: String) {
    #expect(HTTPGetter.escaped(path) == expected)
  }

  @Test("Nobody there is an error that says so, and is told at once")
  func refused() async throws {
    let getter = HTTPGetter()
    let request = HTTPGetter.Request(
      scheme: "http",
      host: "127.0.0.1",
      port: 9,
      path: "/",
      headers: [],
      userAgent: "test"
    )
    await #expect(throws: (any Error).self) { try await getter.status(of: request, timeout: .seconds(5)) }
    try await getter.shutDown()
  }
}
