import AsyncHTTPClient
import Glibc
import Images
import Linux
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Makes of the libraries' errors what a person needs.
struct TransferFailure {
  let subject: String
  let limits: TransferLimits

  /// Whether nobody was there who speaks what was spoken.
  static func isConnectionFailure(_ error: any Error) -> Bool {
    if let error = error as? HTTPClientError {
      return error == .connectTimeout || error == .tlsHandshakeTimeout
    }
    return error is NIOConnectionError || isNoConnection(error) || (isTLSFailure(error) && !isAboutCertificate(error))
  }

  private static func tlsProblem(_ error: any Error) -> String {
    if error is NIOSSLExtraError { return "TLS failed: its certificate is for another name" }
    if isAboutCertificate(error) {
      return
        "TLS failed: its certificate is not signed by an authority that this machine trusts; name yours with caFile "
        + "under registries"
    }
    return "no TLS handshake; a registry that speaks plain HTTP needs insecure: true under registries"
  }

  /// The other side speaks TLS, and is not who it should be: plain HTTP is no way out of that. BoringSSL tells it by this
  /// name alone.
  private static func isAboutCertificate(_ error: any Error) -> Bool {
    error is NIOSSLExtraError || "\(error)".contains("CERTIFICATE_VERIFY_FAILED")
  }

  private static func isTLSFailure(_ error: any Error) -> Bool {
    error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError
  }

  /// What the libraries' errors mean.
  func error(_ error: any Error) -> ContentSourceError {
    if error is CancellationError { return ContentSourceError(.transient, "\(subject): cancelled") }
    if let error = error as? HTTPClientError {
      switch error {
      case .readTimeout: return transient("no byte came for \(Self.seconds(limits.stallMilliseconds))")
      case .connectTimeout: return transient("no connection within \(Self.seconds(limits.connectMilliseconds))")
      case .tlsHandshakeTimeout: return transient("no TLS handshake within \(Self.seconds(limits.connectMilliseconds))")
      case .remoteConnectionClosed: return transient("the connection was closed")
      case .cancelled: return transient("cancelled")
      default: return ContentSourceError(.invalid, "\(subject): \(error.shortDescription.shortened)")
      }
    }
    if let error = error as? HTTPParserError {
      if error == .invalidEOFState { return transient("the connection was closed") }
      return ContentSourceError(.invalid, "\(subject): the answer is no HTTP: \("\(error)".shortened)")
    }
    if Self.isTLSFailure(error) {
      return ContentSourceError(.configuration, "\(subject): \(Self.tlsProblem(error))")
    }
    if let error = error as? NIOConnectionError {
      return transient(Self.words(error))
    }
    if let error = error as? IOError {
      return transient(
        Self.isNoConnection(error)
          ? "no connection: \(errorText(error.errnoCode))\(Self.advice)"
          : "the connection broke: \(errorText(error.errnoCode))"
      )
    }
    return transient("\(error)".shortened)
  }

  /// An address that is written out fails with the kernel's error alone.
  private static func isNoConnection(_ error: any Error) -> Bool {
    guard let number = (error as? IOError)?.errnoCode else { return false }
    return [ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, ETIMEDOUT, EADDRNOTAVAIL].contains(number)
  }

  private static let advice = "; check the registry's name and port, and that this machine reaches it"

  private static func words(_ error: NIOConnectionError) -> String {
    if error.dnsAError != nil || error.dnsAAAAError != nil, error.connectionErrors.isEmpty {
      return "the name \(error.host.shortened) cannot be resolved; check the name, and this machine's network and DNS"
    }
    let numbers = error.connectionErrors.compactMap { ($0.error as? IOError)?.errnoCode }
    let reason = numbers.first.map(errorText) ?? error.connectionErrors.first.map { "\($0.error)" } ?? "no address"
    return "no connection: \(reason.shortened)\(advice)"
  }

  private func transient(_ text: String) -> ContentSourceError {
    ContentSourceError(.transient, "\(subject): \(text)")
  }

  static func seconds(_ milliseconds: Int64) -> String {
    milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
  }
}
