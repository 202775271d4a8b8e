import PodEngine
import Probes

/// Sends the requests of hooks.
struct HookRequester: HTTPRequester {
  private let getter = HTTPGetter(userAgent: "kube-lifecycle/1.36")

  /// Longer than any web server that is alive needs; the grace period ends it sooner.
  private static let timeout = Duration.seconds(30)

  func get(_ request: HookRequest) async throws -> Int {
    let message = HTTPGetter.Request(
      scheme: request.scheme,
      host: request.host,
      port: request.port,
      path: request.path,
      headers: request.headers.map { ($0.name, $0.value) }
    )
    return try await getter.status(of: message, timeout: Self.timeout)
  }

  func shutDown() async throws { try await getter.shutDown() }
}
