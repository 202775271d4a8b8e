import Manifests
import PodModel
import Testing

@Suite("What a pod requires of its node is compared with this node")
struct NodeTests {
  static let node = NodeIdentity(
    hostName: "Box",
    machine: "x86_64",
    labels: ["disk": "ssd", "cores": "8", "zone": "north"]
  )

  @Test func labelsOfAHost() {
    #expect(Self.node.name == "box")
    #expect(
      Self.node.labels == [
        "kubernetes.io/hostname": "box", "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "disk": "ssd",
        "cores": "8", "zone": "north",
      ]
    )
    #expect(NodeIdentity(hostName: "a", machine: "aarch64").labels["kubernetes.io/arch"] == "arm64")
  }

  @Test(arguments: [
    (NodeRequirement("disk", .in, ["hdd", "ssd"]), true), (NodeRequirement("disk", .in, ["hdd"]), false),
    (NodeRequirement("gpu", .in, ["a"]), false), (NodeRequirement("disk", .notIn, ["hdd"]), true),
    (NodeRequirement("disk", .notIn, ["ssd"]), false), (NodeRequirement("gpu", .notIn, ["a"]), true),
    (NodeRequirement("disk", .exists), true), (NodeRequirement("gpu", .exists), false),
    (NodeRequirement("disk", .doesNotExist), false), (NodeRequirement("gpu", .doesNotExist), true),
    (NodeRequirement("cores", .greater, ["7"]), true), (NodeRequirement("cores", .greater, ["8"]), false),
    (NodeRequirement("cores", .less, ["9"]), true), (NodeRequirement("cores", .less, ["8"]), false),
    (NodeRequirement("disk", .greater, ["1"]), false), (NodeRequirement("gpu", .less, ["1"]), false),
    (NodeRequirement("cores", .less, ["many"]), false), (NodeRequirement("cores", .less), false),
  ])
  func requirements(requirement: NodeRequirement, isMet: Bool) {
    #expect(requirement.isMet(by: Self.node.labels) == isMet)
  }

  private func diagnose(_ lines: String) -> [String] {
    let text = ManifestTests.smallest + "\n  " + lines
    return ManifestReader.read(text, file: "f", node: Self.node).diagnostics.map { String($0.description.dropFirst(2)) }
  }

  private static let required = "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "

  @Test(arguments: [
    "nodeSelector: {disk: ssd, kubernetes.io/os: linux}", "nodeName: box", "nodeName: ''",
    required
      + "{nodeSelectorTerms: [{matchExpressions: [{key: gpu, operator: Exists}]}, {matchExpressions: [{key: zone, operator: In, values: [north]}]}]}}}",
    required + "{nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [box]}]}]}}}",
    "affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: gpu, operator: Exists}]}}]}}",
  ])
  func fits(lines: String) { #expect(diagnose(lines) == []) }

  @Test(arguments: [
    (
      "nodeSelector: {disk: hdd, gpu: a}",
      [
        #"9:24: error: spec.nodeSelector.disk: this node does not fit: required is "disk" In "hdd", which is "ssd" here; remove the requirement"#,
        #"9:34: error: spec.nodeSelector.gpu: this node does not fit: required is "gpu" In "a", which this node does not have; label the node by nodeLabels in the configuration file, or remove the requirement"#,
      ]
    ),
    (
      "nodeName: other",
      [#"9:13: warning: spec.nodeName: the pod runs on this node, "box", and not on "other"; leave nodeName out"#]
    ),
    (
      required
        + "{nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: Exists}, {key: cores, operator: Gt, values: ['8']}]}]}}}",
      [
        #"9:149: error: spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[1]: this node does not fit: required is "cores" Gt "8", which is "8" here; remove the requirement"#
      ]
    ),
    (
      required + "{nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [a]}]}]}}}",
      [
        #"9:113: error: spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0]: this node does not fit: required is "metadata.name" In "a", which is "box" here; remove the requirement"#
      ]
    ),
    (
      required + "{nodeSelectorTerms: [{}]}}}",
      [
        "9:77: error: spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution: the terms hold for no node: they require nothing; this node is box"
      ]
    ),
  ])
  func doesNotFit(lines: String, expected: [String]) { #expect(diagnose(lines) == expected) }

  @Test("where nobody asks, nothing is compared")
  func nobodyAsks() {
    let text = ManifestTests.smallest + "\n  nodeSelector: {disk: hdd}\n  nodeName: other"
    let result = ManifestReader.read(text, file: "f")
    #expect(result.diagnostics == [])
    #expect(result.pods.first?.spec.withoutEffect["nodeName"] == .string("other"))
    #expect(
      result.notes.map(\.description) == [
        "f:9:3: note: spec.nodeSelector: without effect on a single node",
        "f:10:3: note: spec.nodeName: without effect on a single node",
      ]
    )
  }
}
