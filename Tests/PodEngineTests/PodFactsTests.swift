import PodModel
import Testing

@testable import PodEngine

@Suite("A pod tells its containers about itself")
struct PodFactsTests {
  private func facts(_ change: (inout Pod) -> Void = { _ in }) -> PodFacts {
    var pod = Pod.test("app", "other")
    pod.metadata.labels = ["app": "web", "a.example/b": "c"]
    pod.metadata.annotations = ["note": "two\nlines \"quoted\"", "Empty": ""]
    change(&pod)
    return PodFacts(pod: pod, addresses: ["10.85.0.2", "fd00::2"], host: .test)
  }

  @Test(
    "Fields",
    arguments: [
      ("metadata.name", "web"), ("metadata.namespace", "default"), ("metadata.uid", "u-1"),
      ("metadata.labels['app']", "web"), ("metadata.labels['a.example/b']", "c"), ("metadata.labels['none']", ""),
      ("metadata.annotations['note']", "two\nlines \"quoted\""),
      ("metadata.labels", "a.example/b=\"c\"\napp=\"web\""),
      ("metadata.annotations", "Empty=\"\"\nnote=\"two\\nlines \\\"quoted\\\"\""),
      ("spec.nodeName", "node"), ("spec.serviceAccountName", "default"), ("status.hostIP", "192.0.2.1"),
      ("status.hostIPs", "192.0.2.1,2001:db8::1"), ("status.podIP", "10.85.0.2"),
      ("status.podIPs", "10.85.0.2,fd00::2"),
    ]
  )
  func fields(path: String, value: String) throws {
    #expect(try facts().value(of: .field(path: path), for: nil) == value)
  }

  @Test(
    "What is no field",
    arguments: [
      "", "status.phase", "metadata.labels[app]", "metadata.labels['']", "metadata.labels['", "metadata.name['a']",
    ]
  )
  func noField(path: String) {
    let error = #expect(throws: ConfigurationError.self) { try facts().value(of: .field(path: path), for: nil) }
    #expect(error?.problem == "unsupported fieldPath: \(path)")
  }

  @Test("Names that a server would have filled in")
  func names() throws {
    let facts = facts {
      $0.spec.withoutEffect = ["nodeName": .string("n1"), "serviceAccountName": .string("robot")]
    }
    #expect(try facts.value(of: .field(path: "spec.nodeName"), for: nil) == "n1")
    #expect(try facts.value(of: .field(path: "spec.serviceAccountName"), for: nil) == "robot")
  }

  @Test(
    "Resources of a container that says everything, rounded up",
    arguments: [
      ("limits.cpu", nil, "2"), ("limits.cpu", "1m", "1500"), ("requests.cpu", nil, "1"), ("requests.cpu", "1m", "250"),
      ("limits.memory", nil, "67108864"), ("limits.memory", "1Mi", "64"), ("limits.memory", "1Gi", "1"),
      ("limits.memory", "1M", "68"), ("requests.memory", "1Ki", "1025"), ("requests.memory", "0", "1049000"),
      ("limits.ephemeral-storage", nil, "0"), ("requests.ephemeral-storage", nil, "0"),
    ] as [(String, String?, String)]
  )
  func resources(resource: String, divisor: String?, value: String) throws {
    var list = ResourceRequirements()
    list.limits = ResourceList(cpu: try Quantity(parsing: "1500m"), memory: try Quantity(parsing: "64Mi"))
    list.requests = ResourceList(cpu: try Quantity(parsing: "250m"), memory: Quantity(1_049_000))
    let facts = facts { $0.spec.containers[0].resources = list }
    let field = ResourceField(resource: resource, divisor: try divisor.map(Quantity.init(parsing:)))
    #expect(try facts.value(of: .resource(field), for: facts.pod.spec.containers[0]) == value)
  }

  @Test(
    "Without a limit it is the whole node, without a request the limit or nothing",
    arguments: [
      ("limits.cpu", "4"), ("limits.memory", "1073741824"), ("requests.cpu", "0"), ("requests.memory", "0"),
    ]
  )
  func missing(resource: String, value: String) throws {
    let named = ResourceField(containerName: "other", resource: resource)
    let limited = facts { $0.spec.containers[0].resources.limits.memory = Quantity(5) }
    #expect(try limited.value(of: .resource(named), for: limited.pod.spec.containers[0]) == value)
    let zero = facts { $0.spec.containers[1].resources.limits = ResourceList(cpu: .zero, memory: .zero) }
    #expect(try zero.value(of: .resource(named), for: nil) == value)
    let request = PodFieldSource.resource(ResourceField(resource: "requests.memory"))
    #expect(try limited.value(of: request, for: limited.pod.spec.containers[0]) == "5")
  }

  @Test("Whose resources are meant must be known")
  func strangers() {
    let app = Container(name: "app", image: "app:1")
    let wrong = ResourceField(containerName: "none", resource: "limits.cpu")
    let error = #expect(throws: ConfigurationError.self) { try facts().value(of: .resource(wrong), for: app) }
    #expect(error?.problem == "container none not found")
    #expect(throws: ConfigurationError.self) {
      try facts().value(of: .resource(ResourceField(resource: "limits.cpu")), for: nil)
    }
    #expect(throws: ConfigurationError.self) {
      try facts().value(of: .resource(ResourceField(resource: "limits.disk")), for: app)
    }
  }

  @Test(
    "Texts as Go quotes them",
    arguments: [
      ("", "\"\""), ("a b", "\"a b\""), ("\"\\", "\"\\\"\\\\\""),
      ("\u{7}\u{8}\u{C}\n\r\t\u{B}", "\"\\a\\b\\f\\n\\r\\t\\v\""), ("\0\u{1B}\u{7F}", "\"\\x00\\x1b\\x7f\""),
      ("ü€😀", "\"ü€😀\""), ("\u{85}\u{A0}\u{AD}\u{2028}\u{FEFF}", "\"\\u0085\\u00a0\\u00ad\\u2028\\ufeff\""),
      ("\u{E0001}\u{10FFFF}", "\"\\U000e0001\\U0010ffff\""), ("e\u{301}\r\n", "\"e\u{301}\\r\\n\""),
      ("\u{FFFD}", "\"\u{FFFD}\""),
    ]
  )
  func quoted(text: String, expected: String) {
    #expect(Array(GoQuoted.text(text).utf8) == Array(expected.utf8))
  }
}
