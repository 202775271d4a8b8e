import PodEngine
import Probes

/// Sends the requests of hooks and probes.
struct NetworkRequester: ContainerRequester {
  private let getter = HTTPGetter()

  func get(_ request: HTTPRequest) async throws -> Int {
    let message = HTTPGetter.Request(
      scheme: request.scheme,
      host: request.host,
      port: request.port,
      path: request.path,
      headers: request.headers.map { ($0.name, $0.value) },
      userAgent: request.userAgent
    )
    return try await getter.status(
      of: message,
      timeout: request.timeout,
      followingOwnRedirects: request.followsOwnRedirects
    )
  }

  func connect(to host: String, port: UInt16, timeout: Duration) async throws {
    try await TCPConnection.open(to: host, port: port, timeout: timeout)
  }

  func shutDown() async throws { try await getter.shutDown() }
}
