import PodModel
import Testing

@testable import Manifests

@Suite("The configuration file is read strictly, and a machine without one has the kubelet's defaults")
struct ConfigurationTests {
  static let full = """
    registries:
    - name: registry.example:5000
      mirrors: [mirror.example, "[::1]:5000"]
      insecure: true
      caFile: /etc/ssl/registry.pem
      authFile: /etc/swiftlet/registry.json
    - name: docker.io
    images:
      authFile: /etc/swiftlet/auth.json
      maxParallelImagePulls: 4
      maxParallelLayerPulls: 6
      gcHighThresholdPercent: 90
      gcLowThresholdPercent: 70
      gcMinimumAgeSeconds: 60
      credentialProviders: {configFile: /etc/providers.yaml, binDir: /usr/libexec/providers}
    network:
      podCIDRs: [10.90.0.0/16, 172.20.0.0/14]
    """

  @Test func everything() throws {
    let (read, diagnostics) = ConfigurationReader.read(Self.full, file: "config.yaml")
    #expect(diagnostics == [])
    let configuration = try #require(read)
    #expect(configuration.registries.map(\.name) == ["registry.example:5000", "docker.io"])
    let first = configuration.registries[0]
    #expect(first.mirrors == ["mirror.example", "[::1]:5000"] && first.insecure)
    #expect(first.caFile == "/etc/ssl/registry.pem" && first.authFile == "/etc/swiftlet/registry.json")
    #expect(!configuration.registries[1].insecure && configuration.registries[1].mirrors.isEmpty)
    let images = configuration.images
    #expect(images.maxParallelImagePulls == 4 && images.maxParallelLayerPulls == 6)
    #expect(
      images.gcHighThresholdPercent == 90 && images.gcLowThresholdPercent == 70 && images.gcMinimumAgeSeconds == 60
    )
    #expect(images.authFile == "/etc/swiftlet/auth.json")
    #expect(images.credentialProviders?.binDir == "/usr/libexec/providers")
    #expect(configuration.network.podCIDRs == ["10.90.0.0/16", "172.20.0.0/14"])
  }

  @Test(
    "networks are read as they are written, or not at all",
    arguments: [
      ("10.85.0.0/16", true), ("192.168.4.0/29", true), ("10.0.0.0/8", true), ("10.0.0.0/30", false),
      ("0.0.0.0/0", false), ("10.85.0.0", false), ("10.85.0/16", false), ("10.85.0.0/016", false),
      ("10.85.0.256/16", false), ("010.85.0.0/16", false), ("10..0.0/16", false), ("fd00::/8", false), ("", false),
      ("10.85.0.0/16/", false), ("1.2.3.4.5/16", false), ("10.85.0.0/-1", false),
    ]
  )
  func networks(text: String, isOne: Bool) {
    #expect((IPv4CIDR(text) != nil) == isOne)
  }

  @Test(
    "nothing, comments and nulls are the defaults",
    arguments: ["", "# nothing\n", "---\n", "registries:\nimages:\n", "{}"]
  )
  func defaults(text: String) {
    let (read, diagnostics) = ConfigurationReader.read(text, file: "f")
    #expect(read == NodeConfiguration() && diagnostics == [])
  }

  @Test(
    "what is wrong is told with its place",
    arguments: [
      ("registrys: []", "1:1: error: registrys: unknown field; did you mean registries?"),
      ("registries:\n- mirrors: [a]", "2:3: error: registries[0].name: required"),
      (
        "registries:\n- name: https://a/b",
        "2:9: error: registries[0].name: \"https://a/b\" is no registry; expected a host name with an optional port, "
          + "such as registry.example:5000, without https:// and without a path"
      ),
      ("registries:\n- {name: a, caFile: x}", "2:21: error: registries[0].caFile: \"x\" must be an absolute path"),
      (
        "images: {maxParallelImagePulls: 0}",
        "1:33: error: images.maxParallelImagePulls: must be 1 to 64, found 0"
      ),
      (
        "images: {gcHighThresholdPercent: 50, gcLowThresholdPercent: 60}",
        "1:61: error: images.gcLowThresholdPercent: 60 is above gcHighThresholdPercent, 50; "
          + "removing starts at the high threshold and stops at the low one"
      ),
      (
        "network: {podCIDRs: [10.85.0.1/16]}",
        "1:22: error: network.podCIDRs[0]: \"10.85.0.1/16\" is no network of IPv4; "
          + "expected one such as 10.85.0.0/16, with room for pods: at most /29"
      ),
      ("{}\n---\n{}", "3:1: error: a second document in this file; one is read"),
      ("- a", "1:1: error: expected a mapping, found a list"),
    ]
  )
  func problems(text: String, expected: String) {
    let (read, diagnostics) = ConfigurationReader.read(text, file: "f")
    #expect(read == nil)
    #expect(diagnostics.map { String($0.description.dropFirst(2)) } == [expected])
  }
}

@Suite("Secrets stand beside the pods that name them")
struct SecretTests {
  static let pod = """
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      imagePullSecrets: [{name: registry}]
      containers: [{name: main, image: a}]
    ---

    """

  @Test("values come from base64 and from plain text, which wins")
  func values() throws {
    let text = """
      apiVersion: v1
      kind: Secret
      metadata: {name: registry, namespace: default}
      type: kubernetes.io/dockerconfigjson
      data: {.dockerconfigjson: eyJh, other: "AAEC\\n/w=="}
      stringData: {.dockerconfigjson: "{}"}
      """
    let result = ManifestReader.read(Self.pod + text, file: "f")
    #expect(result.diagnostics == [])
    let secret = try #require(result.secrets.first)
    #expect(secret.data == [".dockerconfigjson": Array("{}".utf8), "other": [0, 1, 2, 255]])
    #expect(result.pods.first?.spec.imagePullSecrets == ["registry"])
  }

  @Test(
    "problems",
    arguments: [
      (
        "",
        "5:29: warning: spec.imagePullSecrets[0].name: there is no Secret \"registry\" in this file; "
          + "add it as a document of its own; without it images are pulled anonymously"
      ),
      (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: registry}\ntype: kubernetes.io/dockerconfigjson",
        "8:1: error: data.\".dockerconfigjson\": required for type kubernetes.io/dockerconfigjson"
      ),
      (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: registry}\ndata: {a: '*'}",
        "11:11: error: data.a: expected base64; plain text goes under stringData"
      ),
      (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: registry}\nstringData: {../a: b}",
        "11:14: error: stringData.\"../a\": \"../a\" must not be . nor begin with .."
      ),
    ]
  )
  func problems(text: String, expected: String) {
    let messages = diagnose(Self.pod + text).filter { !$0.contains("holds no registry") }
    #expect(messages.contains(expected), "\(messages)")
  }
}
