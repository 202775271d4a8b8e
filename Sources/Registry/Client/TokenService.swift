import AsyncHTTPClient
import Images
import JSONText
import NIOCore
import NIOHTTP1
import Synchronization

/// Gets tokens from the services that registries name, and keeps them while they are valid (distribution's token
/// authentication specification).
final class TokenService: Sendable {
  private struct Key: Hashable {
    let realm: String
    let service: String
    let scope: String
    let credential: RegistryCredential
  }

  private struct Token {
    let text: String
    let goodUntil: ContinuousClock.Instant
  }

  private let tokens = Mutex<[Key: Token]>([:])

  /// The most bytes of an answer.
  private static let greatestSize = 256 << 10

  /// A value for `Authorization` that answers a bearer challenge.
  ///
  /// - Parameter endpoint: The registry that sent the challenge. Without TLS a credential goes to itself at most, if it is
  ///   reached so too, and to this machine.
  func authorization(
    for challenge: Challenge,
    repository: String,
    _ offer: OfferedCredential,
    from endpoint: RegistryEndpoint,
    _ exchange: Exchange
  ) async throws(ContentSourceError) -> String {
    guard let realm = challenge.parameters["realm"] else {
      throw ContentSourceError(.invalid, "\(exchange.subject): its bearer challenge names no realm to get a token from")
    }
    let address = try URLParts(realm, exchange.subject)
    let isItself = endpoint.isPlain && HostKind.host(of: address.authority) == HostKind.host(of: endpoint.address)
    if address.isPlain, offer.credential != .anonymous, !isItself, HostKind(authority: address.authority) != .loopback {
      throw ContentSourceError(
        .invalid,
        "\(exchange.subject): it wants the credentials sent to \(address.authority) without TLS, refused"
      )
    }
    let key = Key(
      realm: realm,
      service: challenge.parameters["service"] ?? "",
      scope: "repository:\(repository):pull",
      credential: offer.credential
    )
    let known = tokens.withLock { $0[key] }
    if let known, known.goodUntil > .now { return "Bearer " + known.text }
    let token = try await request(key, address, exchange)
    tokens.withLock { tokens in
      tokens = tokens.filter { $0.value.goodUntil > .now }
      tokens[key] = token
    }
    return "Bearer " + token.text
  }

  /// A token that was refused is not used again.
  func forget(_ authorization: String) {
    tokens.withLock { tokens in tokens = tokens.filter { "Bearer " + $0.value.text != authorization } }
  }

  private func request(_ key: Key, _ address: URLParts, _ exchange: Exchange) async throws(ContentSourceError) -> Token
  {
    let subject = "\(exchange.subject): token service \(address.authority)"
    var query = "service=\(key.service.percentEncoded)&scope=\(key.scope.percentEncoded)"
    var request = Exchange.Request(url: address.text)
    switch key.credential {
    case .identityToken(let token):
      // OAuth2 (RFC 6749): only a POST takes a refresh token.
      request.form = "grant_type=refresh_token&client_id=swiftlet&refresh_token=\(token.percentEncoded)&" + query
    case .password(let user, let password):
      query += "&account=\(user.percentEncoded)"
      request.authorization = RegistryCredential.basic(user, password)
    case .anonymous, .registryToken: break
    }
    if request.form == nil { request.url += (address.path.contains("?") ? "&" : "?") + query }
    let service = Exchange(client: exchange.client, limits: exchange.limits, subject: subject)
    let response = try await service.send(request)
    guard response.status.code == 200 else {
      let text = await ErrorBody.read(response)
      let isRefused = [400, 401, 403].contains(response.status.code)
      throw ContentSourceError(
        isRefused ? .unauthorized : .invalid,
        "\(subject): answers \(response.status.code)\(text)"
      )
    }
    return try await token(response, subject)
  }

  private func token(_ response: HTTPClientResponse, _ subject: String) async throws(ContentSourceError) -> Token {
    let bytes: [UInt8]
    do { bytes = Array(try await response.body.collect(upTo: Self.greatestSize).readableBytesView) } catch {
      throw ContentSourceError(
        .transient,
        "\(subject): its answer breaks off or has more than \(Self.greatestSize) bytes"
      )
    }
    let limits = JSONLimits(bytes: Self.greatestSize, depth: 16, values: 1_000)
    // Its content may be a secret: what is wrong with it is not told in detail.
    guard let value = try? JSONValue(parsing: bytes, limits: limits),
      let text = value["token"]?.string ?? value["access_token"]?.string, !text.isEmpty,
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
    else { throw ContentSourceError(.invalid, "\(subject): its answer holds no token") }
    // 60 seconds where it does not say (the specification), and never so long that a clock could matter.
    let seconds = min(max(value["expires_in"]?.integer ?? 60, 0), 3_600)
    return Token(text: text, goodUntil: .now + .seconds(seconds * 9 / 10))
  }
}
