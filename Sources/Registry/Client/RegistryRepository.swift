import AsyncHTTPClient
import Images
import NIOCore
import NIOHTTP1
import Synchronization

/// One repository of a registry, at whichever of its endpoints answers.
public final class RegistryRepository: ContentSource {
  private let client: RegistryClient
  private let reference: ImageReference
  private let credentials: CredentialChain
  /// What worked last: the next request begins there.
  private let proven = Mutex<Way?>(nil)

  /// An endpoint and what it was satisfied with.
  private struct Way: Sendable {
    let endpoint: RegistryEndpoint
    var authorization: String?
  }

  init(client: RegistryClient, reference: ImageReference, credentials: CredentialChain) {
    self.client = client
    self.reference = reference
    self.credentials = credentials
  }

  /// Manifests and indexes, in OCI's and Docker's forms.
  private static let documentTypes = [
    "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.docker.distribution.manifest.v2+json",
  ]
  /// The most bytes of a manifest or an index (the same as the store's).
  private static let greatestDocument = 4 << 20

  /// The manifest or index.
  public func document(_ selector: DocumentSelector) async throws(ContentSourceError) -> SourceDocument {
    let name =
      switch selector {
      case .tag(let tag): tag
      case .digest(let digest): digest.description
      }
    let wanted = "manifest \(name)"
    let response = try await get("manifests/\(name)", accept: Self.documentTypes, range: nil, wanted)
    try Self.refuseEncoding(response, subject(wanted))
    let bytes: [UInt8]
    do {
      bytes = Array(try await response.body.collect(upTo: Self.greatestDocument).readableBytesView)
    } catch is NIOTooManyBytesError {
      throw ContentSourceError(.invalid, "\(subject(wanted)): has more than \(Self.greatestDocument) bytes")
    } catch {
      throw exchangeFailure(error, wanted)
    }
    let type = response.headers.first(name: "content-type")?.prefix { $0 != ";" } ?? ""
    let mediaType = type.trimmingSpaces
    if mediaType == "text/html" {
      throw ContentSourceError(
        .invalid,
        "\(subject(wanted)): answers with a page (text/html): it is no registry, or a proxy in between wants something first"
      )
    }
    if mediaType.hasPrefix("application/vnd.docker.distribution.manifest.v1") {
      throw ContentSourceError(
        .invalid,
        "\(subject(wanted)): is in Docker's schema 1, which names no digests that could be checked; push the image again "
          + "with a current tool"
      )
    }
    return SourceDocument(mediaType: mediaType, bytes: bytes)
  }

  /// The bytes of a blob.
  public func blob(
    _ descriptor: Descriptor,
    from offset: Int64
  ) async throws(ContentSourceError) -> any BlobStream {
    let wanted = "blob \(descriptor.digest)"
    let path = "blobs/\(descriptor.digest)"
    var response = try await get(path, accept: [], range: offset > 0 ? offset : nil, wanted)
    // A range beyond what it has: what we have may still be right, and is checked from the beginning.
    if response.status.code == 416 { response = try await get(path, accept: [], range: nil, wanted) }
    try Self.refuseEncoding(response, subject(wanted))
    let start = try Self.start(of: response, asked: offset, size: descriptor.size, subject(wanted))
    let rest = descriptor.size - start
    if let announced = response.headers.first(name: "content-length"), Int64(announced) != rest {
      throw ContentSourceError(
        .mismatch,
        "\(subject(wanted)): announces \(announced.shortened) bytes, expected \(rest) of \(descriptor.size)"
      )
    }
    return ResponseStream(
      response.body,
      offset: start,
      size: descriptor.size,
      limits: client.configuration.limits,
      subject: subject(wanted),
      failure: { [self] in exchangeFailure($0, wanted) }
    )
  }

  /// Where in the blob the answer begins (RFC 9110, section 14.4).
  private static func start(
    of response: HTTPClientResponse,
    asked offset: Int64,
    size: Int64,
    _ subject: String
  ) throws(ContentSourceError) -> Int64 {
    guard response.status.code == 206 else { return 0 }
    let header = response.headers.first(name: "content-range") ?? ""
    let expected = "bytes \(offset)-\(size - 1)/"
    guard offset > 0, header == expected + "\(size)" || header == expected + "*" else {
      throw ContentSourceError(
        .mismatch,
        "\(subject): answers with the range \"\(header.shortened)\", expected \"\(expected)\(size)\""
      )
    }
    return offset
  }

  /// Digests are of the bytes that travel: an encoding would change them, and bombs hide in it.
  private static func refuseEncoding(_ response: HTTPClientResponse, _ subject: String) throws(ContentSourceError) {
    let encoding = response.headers.first(name: "content-encoding") ?? "identity"
    guard encoding == "identity" else {
      throw ContentSourceError(.invalid, "\(subject): comes with Content-Encoding \(encoding.shortened), expected none")
    }
  }

  private func subject(_ wanted: String) -> String { "\(reference.repository): \(wanted)" }

  private func exchangeFailure(_ error: any Error, _ wanted: String) -> ContentSourceError {
    TransferFailure(subject: subject(wanted), limits: client.configuration.limits).error(error)
  }
}

// MARK: - Endpoints and credentials

extension RegistryRepository {
  /// Asks one endpoint after the other until one has it; the last one's failure is the one to tell.
  private func get(
    _ path: String,
    accept: [String],
    range: Int64?,
    _ wanted: String
  ) async throws(ContentSourceError) -> HTTPClientResponse {
    let endpoints = client.configuration.endpoints(for: reference)
    let preferred = proven.withLock { $0 }
    var failures: [Failure] = []
    let others = endpoints.filter { $0 != preferred?.endpoint }
    for endpoint in (preferred.map { [$0.endpoint] } ?? []) + others {
      // Nothing but TLS that is not spoken leads to plain HTTP; certainly not an answer.
      if endpoint.isPlain, endpoint != preferred?.endpoint,
        failures.contains(where: { $0.endpoint.address == endpoint.address && $0.isConnected })
      {
        continue
      }
      let request = Exchange.Request(
        url: "\(endpoint.url)/v2/\(reference.path)/\(path)",
        accept: accept,
        range: range
      )
      let subject =
        endpoint.name == reference.domain ? subject(wanted) : "\(subject(wanted)) at mirror \(endpoint.name)"
      let exchange = Exchange(client: try client.http(endpoint), limits: client.configuration.limits, subject: subject)
      do throws(ContentSourceError) { return try await get(request, endpoint, exchange) } catch {
        failures.append(Failure(endpoint: endpoint, error: error, isConnected: exchange.reach.isConnected))
      }
    }
    throw summary(failures, wanted)
  }

  private struct Failure {
    let endpoint: RegistryEndpoint
    let error: ContentSourceError
    let isConnected: Bool
  }

  private func summary(_ failures: [Failure], _ wanted: String) -> ContentSourceError {
    // The registry's own answer; and of HTTPS and HTTP the one that got farther.
    let own = failures.filter { $0.endpoint.name == reference.domain }
    guard let last = own.last(where: { $0.isConnected }) ?? own.first ?? failures.last else {
      return ContentSourceError(.configuration, "\(subject(wanted)): there is no registry to ask")
    }
    return last.error
  }

  private func get(
    _ request: Exchange.Request,
    _ endpoint: RegistryEndpoint,
    _ exchange: Exchange
  ) async throws(ContentSourceError) -> HTTPClientResponse {
    var request = request
    request.authorization = proven.withLock { $0?.endpoint == endpoint ? $0?.authorization : nil }
    var response = try await exchange.send(request)
    var attempts = Attempts()
    if response.status.code == 401 {
      if let used = request.authorization { client.tokens.forget(used) }
      (response, request.authorization) = try await authorized(request, response, endpoint, exchange, &attempts)
    }
    guard [200, 206, 416].contains(response.status.code) else {
      throw await refusal(response, attempts, exchange.subject)
    }
    proven.withLock { [authorization = request.authorization] in
      $0 = Way(endpoint: endpoint, authorization: authorization)
    }
    return response
  }

  /// What was tried to be let in, for the message.
  private struct Attempts {
    /// Where the credentials come from.
    var origins: [String] = []
    /// Why there are no others.
    var notes: [String] = []
  }

  /// Tries each credential that fits until one is taken.
  private func authorized(
    _ request: Exchange.Request,
    _ refused: HTTPClientResponse,
    _ endpoint: RegistryEndpoint,
    _ exchange: Exchange,
    _ attempts: inout Attempts
  ) async throws(ContentSourceError) -> (HTTPClientResponse, String?) {
    let challenges = refused.headers["www-authenticate"].flatMap(Challenge.parse)
    let offers: [OfferedCredential]
    do throws(CredentialError) {
      offers = try await credentials.credentials(registry: endpoint.name, path: reference.path)
    } catch {
      throw ContentSourceError(.configuration, "\(exchange.subject): \(error)")
    }
    attempts.notes = offers.compactMap(\.note)
    var (last, failure): (HTTPClientResponse?, ContentSourceError?) = (nil, nil)
    for offer in offers where offer.note == nil {
      do throws(ContentSourceError) {
        guard let value = try await authorization(challenges, offer, endpoint, exchange) else { continue }
        if offer.credential != .anonymous { attempts.origins.append(offer.origin) }
        var request = request
        request.authorization = value
        let response = try await exchange.send(request)
        if ![401, 403].contains(response.status.code) { return (response, value) }
        client.tokens.forget(value)
        last = response
      } catch {
        if error.kind != .unauthorized { throw error }
        // That nobody gets in without a credential is no news to who has one.
        if offer.credential != .anonymous {
          failure = ContentSourceError(.unauthorized, "\(error.message) (\(offer.origin))")
        }
      }
    }
    // A wrong password explains more than what came of trying without it.
    if let failure { throw failure }
    return (last ?? refused, nil)
  }

  /// A value for `Authorization`; nil if this credential does not fit the registry's ways.
  private func authorization(
    _ challenges: [Challenge],
    _ offer: OfferedCredential,
    _ endpoint: RegistryEndpoint,
    _ exchange: Exchange
  ) async throws(ContentSourceError) -> String? {
    if case .registryToken(let token) = offer.credential { return "Bearer " + token }
    if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
      return try await client.tokens.authorization(
        for: bearer,
        repository: reference.path,
        offer,
        from: endpoint,
        exchange
      )
    }
    guard challenges.contains(where: { $0.scheme == "basic" }),
      case .password(let user, let password) = offer.credential
    else { return nil }
    return RegistryCredential.basic(user, password)
  }

  private func refusal(
    _ response: HTTPClientResponse,
    _ attempts: Attempts,
    _ subject: String
  ) async -> ContentSourceError {
    let text = await ErrorBody.read(response)
    switch response.status.code {
    case 401, 403:
      let needed =
        attempts.origins.isEmpty
        ? "credentials" : "other credentials than those of \(attempts.origins.joined(separator: ", "))"
      return ContentSourceError(
        .unauthorized,
        "\(subject): the registry refuses (\(response.status.code))\(text); the image needs \(needed), or does not exist: check "
          + "the name, imagePullSecrets and images.authFile" + attempts.notes.map { "; \($0)" }.joined()
      )
    case 404:
      return ContentSourceError(.notFound, "\(subject): not found\(text)")
    default:
      return ContentSourceError(.invalid, "\(subject): answers \(response.status.code)\(text), expected 200")
    }
  }
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    var text = self
    while text.last == " " { text = text.dropLast() }
    return String(text.drop { $0 == " " })
  }
}
