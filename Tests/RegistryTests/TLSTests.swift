import Foundation
import Images
import NIOSSL
import Testing

@testable import Registry

@Suite("TLS is verified, always", .serialized)
struct TLSTests {
  /// A certificate for 127.0.0.1 that nobody but us trusts.
  private struct Certificate {
    let directory: URL
    var file: String { directory.appending(path: "certificate.pem").path }

    init() throws {
      directory = FileManager.default.temporaryDirectory.appending(path: "swiftlet-tls-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/openssl")
      process.arguments = [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
        "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-out", file, "-keyout",
        directory.appending(path: "key.pem").path,
      ]
      process.standardError = nil
      try process.run()
      process.waitUntilExit()
      try #require(process.terminationStatus == 0)
    }

    func context() throws -> NIOSSLContext {
      let chain = try NIOSSLCertificate.fromPEMFile(file).map { NIOSSLCertificateSource.certificate($0) }
      let key = try NIOSSLPrivateKey(file: directory.appending(path: "key.pem").path, format: .pem)
      return try NIOSSLContext(
        configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
      )
    }

    func remove() throws { try FileManager.default.removeItem(at: directory) }
  }

  private static let script: FaultRegistry.Script = { _, _ in
    [.answer("200 OK", ["Content-Type: application/vnd.oci.image.manifest.v1+json"], body: "{}")]
  }

  @Test("an authority that the configuration names is trusted")
  func trusted() async throws {
    let certificate = try Certificate()
    let registry = try await FaultRegistry(tls: try certificate.context(), Self.script)
    let attempt = Attempt(options: RegistryOptions(caFile: certificate.file))
    #expect(try await attempt.run(registry.port) == "application/vnd.oci.image.manifest.v1+json {}")
    try await registry.stop()
    try certificate.remove()
  }

  @Test("one that nobody names is not, not even for a registry called insecure", arguments: [false, true])
  func unknown(isInsecure: Bool) async throws {
    let certificate = try Certificate()
    let registry = try await FaultRegistry(tls: try certificate.context(), Self.script)
    let result = try await Attempt(options: RegistryOptions(isInsecure: isInsecure)).run(registry.port)
    #expect(
      result
        == "configuration: 127.0.0.1:PORT/team/app: manifest 1: TLS failed: its certificate is not signed by an authority that "
        + "this machine trusts; name yours with caFile under registries"
    )
    #expect(registry.requests.isEmpty)
    try await registry.stop()
    try certificate.remove()
  }

  @Test("a redirect from HTTPS to HTTP is refused, though both are on this machine")
  func downgrade() async throws {
    let certificate = try Certificate()
    let plain = try await FaultRegistry(Self.script)
    let port = plain.port
    let registry = try await FaultRegistry(tls: try certificate.context()) { _, _ in
      [.answer("302 Found", ["Location: http://127.0.0.1:\(port)/x"])]
    }
    let result = try await Attempt(options: RegistryOptions(caFile: certificate.file)).run(registry.port)
    #expect(
      result
        == "invalid: 127.0.0.1:PORT/team/app: manifest 1: redirected from HTTPS to plain HTTP at 127.0.0.1:\(port), refused"
    )
    #expect(plain.requests.isEmpty)
    try await registry.stop()
    try await plain.stop()
    try certificate.remove()
  }

  @Test("a registry elsewhere is never asked without TLS unless the configuration says so")
  func endpoints() throws {
    func urls(_ name: String, _ registries: [String: RegistryOptions] = [:]) throws -> [String] {
      RegistryConfiguration(registries: registries).endpoints(for: try ImageReference(name)).map(\.url)
    }
    #expect(try urls("registry.example/a") == ["https://registry.example"])
    #expect(try urls("busybox") == ["https://registry-1.docker.io"])
    #expect(try urls("10.0.0.5:5000/a") == ["https://10.0.0.5:5000"])
    #expect(try urls("localhost:5000/a") == ["https://localhost:5000", "http://localhost:5000"])
    #expect(try urls("127.9.9.9:5000/a") == ["https://127.9.9.9:5000", "http://127.9.9.9:5000"])
    let insecure = ["10.0.0.5:5000": RegistryOptions(isInsecure: true)]
    #expect(try urls("10.0.0.5:5000/a", insecure) == ["https://10.0.0.5:5000", "http://10.0.0.5:5000"])
    #expect(try urls("10.0.0.5:5001/a", insecure) == ["https://10.0.0.5:5001"])
    let mirror = ["docker.io": RegistryOptions(mirrors: ["mirror.example", "10.0.0.5:5000"])]
    #expect(
      try urls("busybox", mirror.merging(insecure) { $1 }) == [
        "https://mirror.example", "https://10.0.0.5:5000", "http://10.0.0.5:5000", "https://registry-1.docker.io",
      ]
    )
  }

  @Test("certificates that cannot be read are named")
  func unreadable() async throws {
    let result = try await Attempt(options: RegistryOptions(caFile: "/no/such/file.pem")).run(65_000)
    #expect(
      result
        == "configuration: registry 127.0.0.1:PORT: the certificates in /no/such/file.pem, its caFile, cannot be read; expected PEM"
    )
  }
}
