import ArchiveTestKit
import Glibc
import Images
import Manifests
import PodModel
import Registry
import Testing

@testable import NodeSettings

@Suite("What the configuration says of registries and images is what is done")
struct RegistrySettingsTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func configuration(_ text: String) throws -> NodeConfiguration {
    try ConfigurationFile.read(scratch.file("config.yaml", Array(text.utf8))).0
  }

  private func auth(_ name: String, _ registry: String, _ user: String) throws -> String {
    try scratch.file(name, Array(#"{"auths":{"\#(registry)":{"username":"\#(user)","password":"p"}}}"#.utf8))
  }

  private func users(
    _ configuration: NodeConfiguration,
    _ registry: String,
    home: String? = nil
  ) async throws -> [String] {
    let chain = try CredentialChain(configuration, home: home, environment: ["PATH=/usr/bin:/bin"])
    return try await chain.credentials(registry: registry, path: "team/app").map { offer in
      if case .password(let user, _) = offer.credential { user } else { "nobody" }
    }
  }

  @Test("mirrors come first, plain HTTP only where it is allowed, certificates with their registry")
  func endpoints() throws {
    let configuration = try configuration(
      """
      registries:
      - {name: registry.example, mirrors: ["mirror.example:5000", other.example], caFile: /ca.pem}
      - {name: "mirror.example:5000", insecure: true}
      """
    )
    let endpoints = RegistryConfiguration(configuration).endpoints(for: try ImageReference("registry.example/team/app"))
    #expect(
      endpoints.map { "\($0.url) \($0.caFile ?? "")" } == [
        "https://mirror.example:5000 ", "http://mirror.example:5000 ", "https://other.example ",
        "https://registry.example /ca.pem",
      ]
    )
    let docker = RegistryConfiguration(configuration).endpoints(for: try ImageReference("busybox"))
    #expect(docker.map(\.url) == ["https://registry-1.docker.io"])
  }

  @Test("credentials come from the registry's file, the node's, the providers and the user's, in this order")
  func credentials() async throws {
    let directory = scratch.path
    for place in ["/bin", "/home", "/home/.docker"] { mkdir(directory + place, 0o755) }
    _ = try auth("home/.docker/config.json", "registry.example", "home")
    let program = try scratch.file(
      "bin/provider",
      Array(
        #"""
        #!/bin/sh
        cat >/dev/null
        echo '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Image",
        "auth":{"registry.example":{"username":"'$1-$WHO'","password":"p"}}}'
        """#.utf8
      )
    )
    chmod(program, 0o755)
    let providers = try scratch.file(
      "providers.yaml",
      Array(
        """
        apiVersion: kubelet.config.k8s.io/v1
        kind: CredentialProviderConfig
        providers:
        - name: provider
          matchImages: ["registry.example"]
          defaultCacheDuration: 1h
          apiVersion: credentialprovider.kubelet.k8s.io/v1
          args: [asked]
          env: [{name: WHO, value: provider}]
        """.utf8
      )
    )
    let configuration = try configuration(
      """
      registries:
      - {name: registry.example, authFile: \(auth("own.json", "registry.example", "own"))}
      - {name: other.example, authFile: \(auth("other.json", "registry.example", "wrong"))}
      images:
        authFile: \(auth("node.json", "registry.example", "node"))
        credentialProviders: {configFile: \(providers), binDir: \(directory)/bin}
      """
    )
    #expect(
      try await users(configuration, "registry.example", home: directory + "/home")
        == ["own", "node", "asked-provider", "home", "nobody"]
    )
    #expect(try await users(configuration, "elsewhere.example", home: directory + "/home") == ["nobody"])
  }

  @Test("a file that is named must be there, the usual ones need not; providers that cannot be read are told")
  func missing() async throws {
    let named = try configuration("images: {authFile: /not/there.json}")
    let error = await #expect(throws: CredentialError.self) { try await users(named, "a.example") }
    #expect(error?.description == "/not/there.json: cannot be read: No such file or directory")
    #expect(try await users(NodeConfiguration(), "a.example", home: "/not/there") == ["nobody"])
    let providers = try configuration("images: {credentialProviders: {configFile: /not/there.yaml, binDir: /bin}}")
    #expect(throws: ConfigurationFile.Problem.self) {
      try CredentialChain(providers, home: nil, environment: [])
    }
  }

  @Test("numbers and thresholds are taken, and are the kubelet's without any")
  func numbers() throws {
    let settings = try configuration(
      """
      images: {maxParallelImagePulls: 5, maxParallelLayerPulls: 7, gcHighThresholdPercent: 70, gcLowThresholdPercent: 60,
        gcMinimumAgeSeconds: 9}
      """
    ).images
    #expect(PullOptions(settings).layersAtOnce == 7)
    let thresholds = CollectionThresholds(settings)
    #expect(thresholds.high == 70 && thresholds.low == 60 && thresholds.minimumAge == 9)
    #expect(CollectionThresholds(ImageSettings()) == CollectionThresholds())
    #expect(PullOptions(ImageSettings()).layersAtOnce == 3)
  }

  @Test("Secrets of both of docker's forms are read, others are not for registries, broken ones are named")
  func secrets() async throws {
    var secret = Secret(metadata: ObjectMeta(name: "registry"))
    secret.type = Secret.dockerConfig
    secret.data[Secret.dockerConfigKey] = Array(#"{"auths":{"a.example":{"auth":"YW5uOnB3"}}}"#.utf8)
    let source = try #require(try secret.registryCredentials())
    #expect(
      try await source.credentials(registry: "a.example", path: "x").map(\.credential)
        == [.password(user: "ann", password: "pw")]
    )
    secret.type = Secret.dockerCfg
    secret.data[Secret.dockerCfgKey] = Array(#"{"a.example":{"auth":"YW5uOnB3"}}"#.utf8)
    #expect(try await secret.registryCredentials()?.credentials(registry: "a.example", path: "x").count == 1)
    secret.type = Secret.opaque
    #expect(try secret.registryCredentials() == nil)
    secret.type = Secret.dockerConfig
    secret.data = [:]
    let error = #expect(throws: CredentialError.self) { try secret.registryCredentials() }
    #expect(error?.description.hasPrefix("Secret \(secret.metadata.namespace)/registry: ") == true)
  }
}
