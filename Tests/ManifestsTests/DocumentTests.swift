import Foundation
import Manifests
import PodModel
import Testing

@Suite("Pods, ConfigMaps and Secrets stand beside each other, in one file or several")
struct DocumentTests {
  static let map = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings}
    immutable: true
    data: {mode: fast, "long.txt": "two\\nlines"}
    binaryData: {raw: AAEC}
    """

  @Test func configMaps() throws {
    let result = ManifestReader.read(Self.map, file: "f")
    #expect(result.diagnostics == [])
    let map = try #require(result.configMaps.first)
    #expect(map.metadata.name == "settings")
    #expect(map.data == ["mode": "fast", "long.txt": "two\nlines"])
    #expect(map.binaryData == ["raw": [0, 1, 2]])
  }

  @Test func listsOfEveryKind() {
    let text = """
      apiVersion: v1
      kind: ConfigMapList
      items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}]
      ---
      apiVersion: v1
      kind: SecretList
      items: [{apiVersion: v1, kind: Secret, metadata: {name: a}}]
      ---
      apiVersion: v1
      kind: List
      metadata: {resourceVersion: ""}
      items: [{apiVersion: v1, kind: Secret, metadata: {name: b}}, {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}]
      """
    let result = ManifestReader.read(text, file: "f")
    #expect(result.diagnostics == [])
    #expect(result.configMaps.map(\.metadata.name) == ["a", "b"])
    #expect(result.secrets.map(\.metadata.name) == ["a", "b"])
  }

  @Test("JSON documents may follow one another, and places stay")
  func jsonDocuments() {
    let text = """
      {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "}{\\"}{"}} {"apiVersion":
      "v1", "kind": "ConfigMap", "metadata": {"name": "é"}}
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"nme": "b"}}
      """
    #expect(
      diagnose(text).map { $0.prefix(60) } == [
        #"2:49: error: metadata.name: "é" must consist of lower case l"#,
        "3:54: error: metadata.name: required", "3:55: error: metadata.nme: unknown field; did you mean name?",
      ]
    )
    #expect(diagnose(String(repeating: "{}\n", count: 100_000)).count == 1)
    #expect(diagnose(String(repeating: "{}", count: 100_000)).count == 1)
    #expect(diagnose("{\"apiVersion\": \"v1\"} x").count == 2)
  }

  @Test func objectsOfOtherFiles() {
    let pod = ManifestTests.smallest + "\n    envFrom: [{configMapRef: {name: settings}}]"
    let texts = [ManifestText(pod, file: "pod.yaml"), ManifestText(Self.map, file: "map.yaml")]
    let result = ManifestReader.read(texts)
    #expect(result.diagnostics == [])
    #expect(result.pods.count == 1 && result.configMaps.count == 1)
    let twice = ManifestReader.read(texts + [ManifestText(Self.map, file: "again.yaml")])
    #expect(
      twice.diagnostics.map(\.description) == [
        #"again.yaml:3:18: error: metadata.name: "settings": duplicate configmap in namespace default; it is already at map.yaml:3"#
      ]
    )
    let alone = ManifestReader.read([texts[0], ManifestText("", file: "empty.yaml")])
    #expect(
      alone.diagnostics.map(\.description) == [
        #"pod.yaml:9:37: error: spec.containers[0].envFrom[0].configMapRef.name: there is no ConfigMap "settings" in namespace default; add it as a document of its own, or set optional: true"#,
        "empty.yaml:1:1: error: no pod in this file",
      ]
    )
  }

  @Test func sizeOfObjects() {
    let value = String(repeating: "a", count: 1 << 20)
    let head = "apiVersion: v1\nmetadata: {name: a}\n"
    #expect(diagnose(head + "kind: ConfigMap\ndata: {a: \(value)}") == [])
    #expect(
      diagnose(head + "kind: ConfigMap\ndata: {a: \(value), b: b}")
        == ["1:1: error: holds 1048577 bytes, more than 1048576"]
    )
    #expect(
      diagnose(head + "kind: Secret\nstringData: {a: \(value), b: b}")
        == ["1:1: error: holds 1048577 bytes, more than 1048576"]
    )
  }

  @Test("the token volume that a server adds is left out with its mounts")
  func whatAServerAdds() throws {
    let text = """
      apiVersion: v1
      kind: Pod
      metadata: {name: web}
      spec:
        containers:
        - name: main
          image: a:1
          resources: {requests: {cpu: 100m}}
          resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}]
          env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: "0"}}}]
          volumeMounts:
          - {mountPath: /data, name: data}
          - {mountPath: /var/run/secrets/kubernetes.io/serviceaccount, name: kube-api-access-x2x4z, readOnly: true}
        volumes:
        - name: data
          emptyDir: {}
        - name: kube-api-access-x2x4z
          projected:
            defaultMode: 420
            sources:
            - serviceAccountToken: {expirationSeconds: 3607, path: token}
            - configMap: {items: [{key: ca.crt, path: ca.crt}], name: kube-root-ca.crt}
            - downwardAPI: {items: [{fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}, path: namespace}]}
      """
    let result = ManifestReader.read(text, file: "f")
    #expect(
      result.diagnostics.map(\.description) == [
        #"f:17:5: warning: spec.volumes[1]: the volume "kube-api-access-x2x4z", which a server has added, is left out with its mounts; tokens come from a control plane, which this version does not talk to"#
      ]
    )
    let spec = try #require(result.pods.first).spec
    #expect(spec.volumes.map(\.name) == ["data"])
    #expect(spec.containers[0].volumeMounts.map(\.mountPath) == ["/data"])
    #expect(spec.containers[0].env[0].valueFrom == .pod(.resource(ResourceField(resource: "limits.cpu"))))
  }

  @Test func mergedMappingsAreCheckedToo() {
    let text = """
      apiVersion: v1
      kind: Pod
      metadata: {name: web}
      spec:
        containers:
        - &base
          name: main
          image: a:1
          volumeMounts: [{name: data, mountPath: /d}]
          lifecycle: {preStop: {sleep: {seconds: 99}}}
        - <<: *base
          name: second
      """
    #expect(diagnose(text).count == 4)
  }

  @Test(
    "addresses are read as strictly as Go reads them",
    arguments: [
      ("10.0.0.1", true), ("255.255.255.255", true), ("0.0.0.0", true), ("::", true), ("::1", true), ("fd00::1", true),
      ("1:2:3:4:5:6:7:8", true), ("1:2:3:4:5:6:7::", true), ("::ffff:10.0.0.1", true), ("FE80::A", true),
      ("10.0.0", false), ("10.0.0.256", false), ("010.0.0.1", false), ("10.0.0.1 ", false), ("10.0.0.-1", false),
      ("10.0.0.+1", false), ("1:2:3:4:5:6:7", false), ("1::2::3", false), (":::", false), (":1", false), ("1:", false),
      ("12345::", false), ("10.0.0.1::", false), ("::10.0.0.1:1", false), ("fe80::1%eth0", false), ("::g", false),
      ("1:2:3:4:5:6:7:8::", false), ("[::1]", false), ("", false), ("::+1", false),
    ]
  )
  func addresses(text: String, isAddress: Bool) {
    #expect(diagnose(ManifestTests.smallest + "\n  hostAliases: [{ip: \"\(text)\"}]").isEmpty == isAddress)
  }

  @Test("init containers give their ports of the host to those after them")
  func portsOfTheHost() {
    let ports = "ports: [{containerPort: 80}]"
    let spec =
      ManifestTests.smallest
      + "\n    \(ports)\n  hostNetwork: true\n  initContainers:\n  - {name: i, image: i, \(ports)"
    #expect(diagnose(spec + "}") == [])
    #expect(diagnose(spec + ", restartPolicy: Always}").count == 1)
  }
}
