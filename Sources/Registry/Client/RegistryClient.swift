import AsyncHTTPClient
import Images
import NIOCore
import NIOSSL
import Synchronization

/// Speaks to registries: the OCI distribution specification's pull side.
///
/// Shut it down when it is not needed any more: it holds connections.
public final class RegistryClient: Sendable {
  let configuration: RegistryConfiguration
  let credentials: any CredentialSource
  let tokens = TokenService()
  /// One for each set of trusted certificates.
  private let clients = Mutex<[String: HTTPClient]>([:])

  /// Makes a client; nothing is connected yet.
  public init(_ configuration: RegistryConfiguration, credentials: any CredentialSource) {
    self.configuration = configuration
    self.credentials = credentials
  }

  /// The repository of an image, as a source of its documents and layers.
  ///
  /// - Parameter secrets: Credentials that only this pull may use, such as a pod's; asked before the client's own.
  public func repository(
    of reference: ImageReference,
    secrets: [any CredentialSource] = []
  ) -> RegistryRepository {
    RegistryRepository(client: self, reference: reference, credentials: CredentialChain(secrets + [credentials]))
  }

  /// Closes all connections.
  public func shutDown() async {
    let all = clients.withLock { clients in
      defer { clients = [:] }
      return Array(clients.values)
    }
    for client in all {
      // What is still under way fails, as is wanted.
      try? await client.shutdown()
    }
  }

  /// The client for an endpoint.
  func http(_ endpoint: RegistryEndpoint) throws(ContentSourceError) -> HTTPClient {
    let key = endpoint.caFile ?? ""
    if let known = clients.withLock({ $0[key] }) { return known }
    let client = HTTPClient(
      eventLoopGroupProvider: .singleton,
      configuration: try http(caFile: endpoint.caFile, endpoint)
    )
    let kept = clients.withLock { clients in
      if let known = clients[key] { return known }
      clients[key] = client
      return client
    }
    // Somebody else was quicker. It has no connections.
    if kept !== client { client.shutdown { _ in } }
    return kept
  }

  private func http(
    caFile: String?,
    _ endpoint: RegistryEndpoint
  ) throws(ContentSourceError) -> HTTPClient.Configuration {
    var tls = TLSConfiguration.makeClientConfiguration()
    if let caFile {
      do {
        tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(caFile))]
      } catch {
        throw ContentSourceError(
          .configuration,
          "registry \(endpoint.name): the certificates in \(caFile), its caFile, cannot be read; expected PEM"
        )
      }
    }
    let limits = configuration.limits
    var http = HTTPClient.Configuration(
      tlsConfiguration: tls,
      redirectConfiguration: .disallow,
      timeout: .init(
        connect: .milliseconds(limits.connectMilliseconds),
        read: .milliseconds(limits.stallMilliseconds)
      ),
      decompression: .disabled
    )
    // What is told to wait and retry is decided here, not below.
    http.connectionPool.retryConnectionEstablishment = false
    http.httpVersion = .http1Only
    return http
  }
}
