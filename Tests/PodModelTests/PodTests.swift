import Foundation
import PodModel
import Testing

@Suite("A pod is encoded as Kubernetes writes it")
struct PodCodingTests {
  static var pod: Pod {
    get throws {
      var container = Container(name: "main", image: "busybox:1")
      container.command = ["sleep", "1"]
      container.ports = [ContainerPort(name: "http", containerPort: 8080)]
      container.env = [EnvironmentVariable(name: "A", value: "")]
      container.resources.limits = ResourceList(cpu: Quantity(milli: 500), memory: try Quantity(parsing: "64Mi"))
      container.securityContext.runAsUser = 1000
      container.securityContext.capabilities.drop = ["ALL"]
      container.securityContext.seccompProfile = .localhost("a.json")
      var spec = PodSpec(containers: [container])
      spec.hostPID = true
      spec.securityContext.sysctls = [Sysctl(name: "net.ipv4.ip_forward", value: "1")]
      spec.withoutEffect = [
        "nodeName": .string("n1"), "tolerations": .list([.map(["key": .string("k"), "n": .integer(3)])]),
      ]
      var pod = Pod(metadata: ObjectMeta(name: "web", uid: "u-1", labels: ["app": "web"]), spec: spec)
      pod.metadata.withoutEffect = ["resourceVersion": .string("7")]
      var status = PodStatus(phase: .running)
      status.podIP = "10.85.0.2"
      status.podIPs = ["10.85.0.2"]
      status.startTime = Timestamp(seconds: 0, nanoseconds: 5)
      status.conditions = [PodCondition(type: "Ready", status: .true, lastTransitionTime: Timestamp(seconds: 1))]
      var main = ContainerStatus(name: "main", state: .running(startedAt: Timestamp(seconds: 2)), image: "busybox:1")
      main.lastState = .terminated(ContainerTermination(exitCode: 137, signal: 9, reason: "OOMKilled"))
      main.user = LinuxContainerUser(uid: 1000, gid: 0, supplementalGroups: [0])
      main.volumeMounts = [
        VolumeMountStatus(name: "a", mountPath: "/a"),
        VolumeMountStatus(name: "b", mountPath: "/b", readOnly: true, recursiveReadOnly: .disabled),
      ]
      status.containerStatuses = [main]
      status.qosClass = .burstable
      pod.status = status
      return pod
    }
  }

  static let text = """
    {"apiVersion":"v1","kind":"Pod","metadata":{"labels":{"app":"web"},"name":"web","namespace":"default","resourceVersion":"7",\
    "uid":"u-1"},"spec":{"containers":[{"command":["sleep","1"],"env":[{"name":"A","value":""}],"image":"busybox:1",\
    "imagePullPolicy":"IfNotPresent","name":"main","ports":[{"containerPort":8080,"name":"http","protocol":"TCP"}],\
    "resources":{"limits":{"cpu":"500m","memory":"64Mi"}},"securityContext":{"capabilities":{"drop":["ALL"]},"runAsUser":1000,\
    "seccompProfile":{"localhostProfile":"a.json","type":"Localhost"}},"terminationMessagePath":"/dev/termination-log",\
    "terminationMessagePolicy":"File"}],"dnsPolicy":"ClusterFirst","hostPID":true,"nodeName":"n1","restartPolicy":"Always",\
    "securityContext":{"sysctls":[{"name":"net.ipv4.ip_forward","value":"1"}]},"terminationGracePeriodSeconds":30,\
    "tolerations":[{"key":"k","n":3}]},"status":{"conditions":[{"lastProbeTime":null,"lastTransitionTime":"1970-01-01T00:00:01Z",\
    "status":"True","type":"Ready"}],"containerStatuses":[{"image":"busybox:1","imageID":"","lastState":{"terminated":\
    {"exitCode":137,"reason":"OOMKilled","signal":9}},"name":"main","ready":false,"restartCount":0,"state":{"running":\
    {"startedAt":"1970-01-01T00:00:02Z"}},"user":{"linux":{"gid":0,"supplementalGroups":[0],"uid":1000}},\
    "volumeMounts":[{"mountPath":"/a","name":"a"},{"mountPath":"/b","name":"b","readOnly":true,"recursiveReadOnly":"Disabled"}]}],\
    "phase":"Running",\
    "podIP":"10.85.0.2","podIPs":[{"ip":"10.85.0.2"}],"qosClass":"Burstable","startTime":"1970-01-01T00:00:00Z"}}
    """

  @Test func encodes() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    #expect(String(decoding: try encoder.encode(try Self.pod), as: UTF8.self) == Self.text)
  }

  @Test func decodesWhatItEncoded() throws {
    var expected = try Self.pod
    expected.status?.startTime = Timestamp(seconds: 0)
    #expect(try JSONDecoder().decode(Pod.self, from: Data(Self.text.utf8)) == expected)
  }

  @Test func decodesWhatIsMissingAsDefault() throws {
    let text = #"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"i"}]}}"#
    let pod = try JSONDecoder().decode(Pod.self, from: Data(text.utf8))
    #expect(pod == Pod(metadata: ObjectMeta(name: "a"), spec: PodSpec(containers: [Container(name: "c", image: "i")])))
  }

  @Test(arguments: [
    #"{"metadata":{"name":"a"},"spec":{"restartPolicy":"Sometimes"}}"#,
    #"{"metadata":{"name":"a"},"spec":{"securityContext":{"seccompProfile":{"type":"Other"}}}}"#,
    #"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"cpu":"1x"}}}]}}"#,
    #"{"metadata":{"name":"a","creationTimestamp":"yesterday"},"spec":{}}"#,
  ])
  func refusesWhatItNeverEncodes(text: String) {
    #expect(throws: (any Error).self) { try JSONDecoder().decode(Pod.self, from: Data(text.utf8)) }
  }
}

@Suite("Defaults and classes are Kubernetes' own")
struct PodDefaultsTests {
  @Test(arguments: [
    ("busybox", ImagePullPolicy.always), ("busybox:latest", .always), ("busybox:1", .ifNotPresent),
    ("localhost:5000/a", .always), ("localhost:5000/a:latest", .always), ("localhost:5000/a:2", .ifNotPresent),
    ("a@sha256:0", .ifNotPresent), ("a:latest@sha256:0", .always), ("a:1@sha256:0", .ifNotPresent), ("", .always),
  ])
  func imagePullPolicy(image: String, policy: ImagePullPolicy) {
    #expect(Container(name: "c", image: image).imagePullPolicy == policy)
  }

  static func container(_ requests: ResourceList = ResourceList(), _ limits: ResourceList = ResourceList()) -> Container
  {
    var container = Container(name: "c", image: "i")
    container.resources = ResourceRequirements(requests: requests, limits: limits)
    return container
  }

  static let both = ResourceList(cpu: Quantity(1), memory: Quantity(1024))

  @Test(arguments: [
    ([container()], QOSClass.bestEffort),
    ([container(ResourceList(cpu: .zero), ResourceList(memory: .zero))], .bestEffort),
    ([container(both, both)], .guaranteed),
    ([container(ResourceList(), both)], .guaranteed),
    ([container(ResourceList(cpu: Quantity(milli: 1000)), both)], .guaranteed),
    ([container(ResourceList(cpu: Quantity(milli: 999)), both)], .burstable),
    ([container(both)], .burstable),
    ([container(ResourceList(), ResourceList(cpu: Quantity(1)))], .burstable),
    ([container(both, both), container()], .burstable),
    ([container(both, both), container(both, both)], .guaranteed),
  ])
  func qosClass(containers: [Container], expected: QOSClass) {
    #expect(PodSpec(containers: containers).qosClass == expected)
  }
}
