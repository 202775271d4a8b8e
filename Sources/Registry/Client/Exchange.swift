import AsyncHTTPClient
import Images
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Sends requests and waits for the heads of their answers: redirects, retries, and what all failures are called.
struct Exchange: Sendable {
  let client: HTTPClient
  let limits: TransferLimits
  let subject: String
  /// Whether anybody was there who speaks what was spoken.
  let reach = Reach()

  /// Remembers that a connection came about, TLS included.
  final class Reach: Sendable {
    private let connected = Mutex(false)

    var isConnected: Bool { connected.withLock { $0 } }

    fileprivate func noteConnection() { connected.withLock { $0 = true } }
  }

  /// A request without credentials in its address.
  struct Request: Sendable {
    var url: String
    var accept: [String] = []
    var range: Int64?
    var form: String?
    var authorization: String?
  }

  /// Sends a request; redirects are followed, busy servers asked again.
  func send(_ request: Request) async throws(ContentSourceError) -> HTTPClientResponse {
    var attempt = 1
    while true {
      let failure: ContentSourceError
      do throws(ContentSourceError) {
        let response = try await follow(request)
        guard let busy = Self.busy(response.status) else { return response }
        let retryAfter = Self.retryAfter(response.headers)
        let text = await ErrorBody.read(response)
        failure = ContentSourceError(
          .transient,
          "\(subject): \(busy) (\(response.status.code))\(text)",
          retryAfter: retryAfter
        )
      } catch {
        failure = error
      }
      let wait = failure.retryAfter ?? 0
      guard failure.kind == .transient, attempt < limits.attempts, wait <= limits.longestRetryAfter else {
        throw failure
      }
      try await pause(attempt: attempt, atLeast: wait)
      attempt += 1
    }
  }

  private func pause(attempt: Int, atLeast seconds: Int64) async throws(ContentSourceError) {
    let milliseconds = max(limits.backOffMilliseconds << Int64(min(attempt - 1, 10)), seconds * 1000)
    do { try await Task.sleep(for: .milliseconds(milliseconds)) } catch {
      throw ContentSourceError(.transient, "\(subject): cancelled")
    }
  }

  private static func busy(_ status: HTTPResponseStatus) -> String? {
    switch status.code {
    case 408: "the registry gave up waiting"
    case 429: "too many requests; log in or wait"
    case 500, 502, 503, 504: "the registry is in trouble"
    default: nil
    }
  }

  /// Only seconds: dates would need the registry's clock to be right.
  private static func retryAfter(_ headers: HTTPHeaders) -> Int64? {
    headers.first(name: "retry-after").flatMap { Int64($0) }.flatMap { (0...86_400).contains($0) ? $0 : nil }
  }

  // MARK: Redirects

  private func follow(_ request: Request) async throws(ContentSourceError) -> HTTPClientResponse {
    var request = request
    let origin = try URLParts(request.url, subject)
    var current = origin
    for _ in 0...limits.redirects {
      let response = try await once(request)
      guard [301, 302, 303, 307, 308].contains(response.status.code) else { return response }
      guard let location = response.headers.first(name: "location") else {
        throw ContentSourceError(.invalid, "\(subject): redirected to nowhere: the Location header is missing")
      }
      let next = try current.resolve(location, subject)
      if !current.isPlain && next.isPlain {
        throw ContentSourceError(
          .invalid,
          "\(subject): redirected from HTTPS to plain HTTP at \(next.authority), refused"
        )
      }
      try Self.checkReach(from: origin, to: next, subject)
      // A signed address needs no credentials, and another host must not see them (CVE-2020-15157).
      if next.authority != current.authority || next.isPlain != current.isPlain { request.authorization = nil }
      request.url = next.text
      current = next
    }
    throw ContentSourceError(.invalid, "\(subject): more than \(limits.redirects) redirects")
  }

  /// A registry must not make this machine ask what only this machine can reach: its own services, a cloud's metadata.
  /// Names are not resolved here; an address that is written out is what such a redirect needs.
  private static func checkReach(from: URLParts, to: URLParts, _ subject: String) throws(ContentSourceError) {
    let (source, target) = (HostKind(authority: from.authority), HostKind(authority: to.authority))
    let isRefused =
      switch target {
      case .other: false
      case .privateNetwork: source == .other && HostKind.isAddress(from.authority)
      case .loopback: source != .loopback
      case .local: source != .local
      }
    if isRefused {
      throw ContentSourceError(
        .invalid,
        "\(subject): redirected to \(to.authority), an address of this machine or its network, refused"
      )
    }
  }

  // MARK: One request

  private func once(_ request: Request) async throws(ContentSourceError) -> HTTPClientResponse {
    var message = HTTPClientRequest(url: request.url)
    message.headers.add(name: "user-agent", value: "swiftlet")
    for type in request.accept { message.headers.add(name: "accept", value: type) }
    if let authorization = request.authorization { message.headers.add(name: "authorization", value: authorization) }
    if let offset = request.range { message.headers.add(name: "range", value: "bytes=\(offset)-") }
    if let form = request.form {
      message.method = .POST
      message.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
      message.body = .bytes(Array(form.utf8))
    }
    do {
      let response = try await client.execute(message, deadline: .distantFuture)
      reach.noteConnection()
      return response
    } catch {
      if !TransferFailure.isConnectionFailure(error) { reach.noteConnection() }
      throw TransferFailure(subject: subject, limits: limits).error(error)
    }
  }
}

extension HostKind {
  /// Whether the host is written as an address and not as a name.
  static func isAddress(_ authority: String) -> Bool {
    let host = host(of: authority)
    return host.contains(":") || host.utf8.allSatisfy { "0123456789.".utf8.contains($0) }
  }
}
