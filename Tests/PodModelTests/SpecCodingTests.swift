import Foundation
import PodModel
import Testing

@Suite("Volumes, sources and hooks are encoded as Kubernetes writes them")
struct SpecCodingTests {
  private func text<Value: Encodable>(_ value: Value) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  private func check<Value: Codable & Equatable>(_ value: Value, _ expected: String) throws {
    #expect(try text(value) == expected)
    #expect(try JSONDecoder().decode(Value.self, from: Data(expected.utf8)) == value)
  }

  static let item = KeyToPath(key: "k", path: "p", mode: 0o400)

  @Test(arguments: [
    (VolumeSource.emptyDir(EmptyDirVolume()), #"{"emptyDir":{},"name":"v"}"#),
    (
      .emptyDir(EmptyDirVolume(medium: .memory, sizeLimit: Quantity(1024, format: .binarySI))),
      #"{"emptyDir":{"medium":"Memory","sizeLimit":"1Ki"},"name":"v"}"#
    ),
    (
      .hostPath(HostPathVolume(path: "/a", type: .characterDevice)),
      #"{"hostPath":{"path":"/a","type":"CharDevice"},"name":"v"}"#
    ),
    (
      .configMap(KeyedVolume(name: "c", items: [item], defaultMode: 0o644, optional: true)),
      #"{"configMap":{"defaultMode":420,"items":[{"key":"k","mode":256,"path":"p"}],"name":"c","optional":true},"name":"v"}"#
    ),
    (
      .secret(KeyedVolume(name: "s", defaultMode: 0o644)),
      #"{"name":"v","secret":{"defaultMode":420,"secretName":"s"}}"#
    ),
    (
      .downwardAPI(DownwardAPIVolume(items: [DownwardAPIFile(path: "p", source: .field(path: "metadata.name"))])),
      #"{"downwardAPI":{"items":[{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"},"path":"p"}]},"name":"v"}"#
    ),
    (
      .projected(
        ProjectedVolume(sources: [
          .configMap(KeyedVolume(name: "c")), .secret(KeyedVolume(name: "s", optional: true)),
          .downwardAPI([
            DownwardAPIFile(path: "p", source: .resource(ResourceField(containerName: "m", resource: "limits.cpu")))
          ]),
        ])
      ),
      #"{"name":"v","projected":{"defaultMode":420,"sources":[{"configMap":{"name":"c"}},{"secret":{"name":"s","optional":true}},"#
        + #"{"downwardAPI":{"items":[{"path":"p","resourceFieldRef":{"containerName":"m","resource":"limits.cpu"}}]}}]}}"#
    ),
  ])
  func volumes(source: VolumeSource, expected: String) throws { try check(Volume(name: "v", source: source), expected) }

  @Test func mounts() throws {
    try check(VolumeMount(name: "v", mountPath: "/a"), #"{"mountPath":"/a","name":"v"}"#)
    var mount = VolumeMount(name: "v", mountPath: "/a", readOnly: true)
    mount.subPathExpr = "$(A)"
    mount.recursiveReadOnly = .ifPossible
    mount.mountPropagation = VolumeMount.Propagation.none
    try check(
      mount,
      #"{"mountPath":"/a","mountPropagation":"None","name":"v","readOnly":true,"recursiveReadOnly":"IfPossible","subPathExpr":"$(A)"}"#
    )
  }

  @Test(arguments: [
    (EnvironmentVariable(name: "A", value: ""), #"{"name":"A","value":""}"#),
    (
      EnvironmentVariable(name: "A", from: .configMap(KeySelector(name: "c", key: "k", optional: true))),
      #"{"name":"A","valueFrom":{"configMapKeyRef":{"key":"k","name":"c","optional":true}}}"#
    ),
    (
      EnvironmentVariable(name: "A", from: .secret(KeySelector(name: "s", key: "k"))),
      #"{"name":"A","valueFrom":{"secretKeyRef":{"key":"k","name":"s"}}}"#
    ),
    (
      EnvironmentVariable(name: "A", from: .pod(.field(path: "status.podIP"))),
      #"{"name":"A","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"status.podIP"}}}"#
    ),
    (
      EnvironmentVariable(
        name: "A",
        from: .pod(.resource(ResourceField(resource: "limits.cpu", divisor: Quantity(milli: 1))))
      ),
      #"{"name":"A","valueFrom":{"resourceFieldRef":{"divisor":"1m","resource":"limits.cpu"}}}"#
    ),
  ])
  func variables(variable: EnvironmentVariable, expected: String) throws { try check(variable, expected) }

  @Test func sourcesOfVariables() throws {
    try check(EnvironmentSource(.configMap, name: "c"), #"{"configMapRef":{"name":"c"}}"#)
    try check(
      EnvironmentSource(.secret, name: "s", prefix: "P_", optional: true),
      #"{"prefix":"P_","secretRef":{"name":"s","optional":true}}"#
    )
  }

  @Test(arguments: [
    (LifecycleHandler.exec(command: ["a"]), #"{"exec":{"command":["a"]}}"#),
    (.sleep(seconds: 3), #"{"sleep":{"seconds":3}}"#),
    (.tcpSocket(TCPSocketAction(port: .name("http"))), #"{"tcpSocket":{"port":"http"}}"#),
    (
      .httpGet(HTTPGetAction(port: .number(80), httpHeaders: [.init(name: "Host", value: "x")])),
      #"{"httpGet":{"httpHeaders":[{"name":"Host","value":"x"}],"path":"/","port":80,"scheme":"HTTP"}}"#
    ),
  ])
  func hooks(handler: LifecycleHandler, expected: String) throws {
    try check(Lifecycle(preStop: handler), #"{"preStop":"# + expected + "}")
  }

  @Test func names() throws {
    var config = PodDNSConfig()
    config.nameservers = ["10.0.0.1"]
    config.options = [.init(name: "ndots", value: "2"), .init(name: "edns0")]
    try check(config, #"{"nameservers":["10.0.0.1"],"options":[{"name":"ndots","value":"2"},{"name":"edns0"}]}"#)
    try check(HostAlias(ip: "::1", hostnames: ["a"]), #"{"hostnames":["a"],"ip":"::1"}"#)
    try check(PodOS.linux, #"{"name":"linux"}"#)
    #expect(throws: (any Error).self) {
      try JSONDecoder().decode(PodOS.self, from: Data(#"{"name":"windows"}"#.utf8))
    }
  }

  @Test(
    "what no source or action is, is refused",
    arguments: [#"{"name":"v"}"#, #"{"name":"v","nfs":{}}"#, #"{"name":"v","hostPath":{}}"#]
  )
  func refusals(text: String) {
    #expect(throws: (any Error).self) { try JSONDecoder().decode(Volume.self, from: Data(text.utf8)) }
  }
}
