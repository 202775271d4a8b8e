import Images
import Registry

/// One thing that is asked of a registry, and what came of it.
struct Attempt: Sendable {
  enum Operation: Sendable {
    case manifest
    case blob(from: Int64)
  }

  /// Ten bytes, `0123456789`.
  static func blob() throws -> Descriptor {
    Descriptor(
      mediaType: "application/vnd.oci.image.layer.v1.tar",
      digest: try ContentDigest("sha256:84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882"),
      size: 10
    )
  }

  /// Patience of milliseconds.
  static var limits: TransferLimits {
    var limits = TransferLimits.standard
    limits.connectMilliseconds = 2_000
    limits.stallMilliseconds = 300
    limits.slowMilliseconds = 200
    limits.slowestBytes = 5
    limits.attempts = 2
    limits.backOffMilliseconds = 1
    return limits
  }

  var operation = Operation.manifest
  var options = RegistryOptions()
  var credentials: [any CredentialSource] = []
  var limits = Attempt.limits

  /// What came, as text; errors as `kind: message`.
  func run(_ port: Int, host: String = "127.0.0.1") async throws -> String {
    let reference = try ImageReference("\(host):\(port)/team/app:1")
    let configuration = RegistryConfiguration(registries: ["\(host):\(port)": options], limits: limits)
    let client = RegistryClient(configuration, credentials: CredentialChain(credentials))
    let repository = client.repository(of: reference)
    let descriptor = try Self.blob()
    let result: String
    do throws(ContentSourceError) {
      switch operation {
      case .manifest:
        let document = try await repository.document(.tag("1"))
        result = "\(document.mediaType) \(String(decoding: document.bytes, as: UTF8.self))"
      case .blob(let offset):
        let stream = try await repository.blob(descriptor, from: offset)
        var bytes: [UInt8] = []
        while let chunk = try await stream.next() { bytes += chunk }
        result = "from \(stream.offset): \(String(decoding: bytes, as: UTF8.self))"
      }
    } catch {
      result = "\(error.kind.rawValue): \(error.message)"
    }
    await client.shutDown()
    return result.replacing("\(port)", with: "PORT")
  }
}

/// A credential that is always offered.
struct FixedCredential: CredentialSource {
  let credential: RegistryCredential

  init(_ user: String, _ password: String) { credential = .password(user: user, password: password) }
  init(_ credential: RegistryCredential) { self.credential = credential }

  func credentials(registry: String, path: String) async throws(CredentialError) -> [OfferedCredential] {
    [OfferedCredential(credential, origin: "test")]
  }
}
