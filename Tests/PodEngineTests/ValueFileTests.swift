import PodModel
import Testing
import Volumes

@testable import PodEngine

@Suite("Volumes of values have the files that the kubelet would have made")
struct ValueFileTests {
  private let files: ValueFiles

  init() {
    var settings = ConfigMap(metadata: ObjectMeta(name: "settings"))
    settings.data = ["a": "A", "b": "B"]
    settings.binaryData = ["raw": [0, 255]]
    var elsewhere = ConfigMap(metadata: ObjectMeta(name: "elsewhere", namespace: "other"))
    elsewhere.data = ["a": "another's"]
    var secret = Secret(metadata: ObjectMeta(name: "credentials"))
    secret.data = ["password": Array("hush".utf8), "a": [1]]
    var pod = Pod.test("app")
    pod.metadata.labels = ["app": "web", "tier": "front"]
    let objects = GivenObjects(configMaps: [settings, elsewhere], secrets: [secret])
    files = ValueFiles(facts: PodFacts(pod: pod, addresses: ["10.85.0.2"], host: .test), objects: objects)
  }

  /// `PATH MODE TEXT`, in the order of the files; of whole objects, in the order of their names.
  private func lines(_ source: VolumeSource, sorted: Bool = true) async throws -> [String]? {
    let lines = try await files.files(of: Volume(name: "v", source: source))?.map {
      "\($0.path) \(String($0.mode, radix: 8)) \(String(decoding: $0.content, as: UTF8.self))"
    }
    return sorted ? lines?.sorted() : lines
  }

  private func refusal(_ source: VolumeSource) async -> String? {
    await #expect(throws: (any Error).self) { try await lines(source) }.map { "\($0)" }
  }

  @Test("All values of an object under their keys, binary ones too")
  func whole() async throws {
    #expect(
      try await files.files(of: Volume(name: "v", source: .configMap(KeyedVolume(name: "settings"))))?
        .sorted { $0.path < $1.path } == [
          ValueFile(path: "a", content: [65], mode: 0o644), ValueFile(path: "b", content: [66], mode: 0o644),
          ValueFile(path: "raw", content: [0, 255], mode: 0o644),
        ]
    )
    #expect(
      try await lines(.secret(KeyedVolume(name: "credentials", defaultMode: 0o400))) == [
        "a 400 \u{1}", "password 400 hush",
      ]
    )
  }

  @Test("Of items only those, under their paths, with their modes")
  func items() async throws {
    let items = [KeyToPath(key: "b", path: "deep/er/b", mode: 0o600), KeyToPath(key: "a", path: "x")]
    #expect(
      try await lines(.configMap(KeyedVolume(name: "settings", items: items, defaultMode: 0o440))) == [
        "deep/er/b 600 B", "x 440 A",
      ]
    )
    #expect(
      try await lines(.secret(KeyedVolume(name: "credentials", items: [KeyToPath(key: "password", path: "p")]))) == [
        "p 644 hush"
      ]
    )
  }

  @Test("What is missing is named, unless it is optional")
  func missing() async throws {
    for (source, kind) in [(VolumeSource.configMap, "configmap"), (VolumeSource.secret, "secret")] {
      #expect(await refusal(source(KeyedVolume(name: "none"))) == "\(kind) \"none\" not found")
      // That of another namespace is not this pod's.
      #expect(await refusal(source(KeyedVolume(name: "elsewhere"))) == "\(kind) \"elsewhere\" not found")
      #expect(try await lines(source(KeyedVolume(name: "none", optional: true))) == [])
      #expect(
        try await lines(source(KeyedVolume(name: "none", items: [KeyToPath(key: "a", path: "a")], optional: true)))
          == []
      )
    }
    let items = [KeyToPath(key: "a", path: "a"), KeyToPath(key: "gone", path: "gone")]
    for (source, name) in [(VolumeSource.configMap, "settings"), (VolumeSource.secret, "credentials")] {
      #expect(await refusal(source(KeyedVolume(name: name, items: items))) == "references non-existent key: gone")
      #expect(try await lines(source(KeyedVolume(name: name, items: items, optional: true)))?.count == 1)
    }
  }

  @Test("Fields of the pod, by modes of their own or the volume's")
  func downward() async throws {
    let items = [
      DownwardAPIFile(path: "labels", source: .field(path: "metadata.labels")),
      DownwardAPIFile(path: "one/label", source: .field(path: "metadata.labels['app']"), mode: 0o400),
      DownwardAPIFile(path: "address", source: .field(path: "status.podIP")),
    ]
    #expect(
      try await lines(.downwardAPI(DownwardAPIVolume(items: items, defaultMode: 0o444))) == [
        "address 444 10.85.0.2", "labels 444 app=\"web\"\ntier=\"front\"", "one/label 400 web",
      ]
    )
    let wrong = [DownwardAPIFile(path: "x", source: .field(path: "spec.none"))]
    #expect(
      await refusal(.downwardAPI(DownwardAPIVolume(items: wrong))) == "fieldPath: unsupported fieldPath: spec.none"
    )
  }

  @Test("Parts of a projected volume in their order, with its mode, so that the later one of two files counts")
  func projected() async throws {
    let parts: [ProjectedVolume.Part] = [
      .configMap(KeyedVolume(name: "settings", items: [KeyToPath(key: "a", path: "same")])),
      .secret(KeyedVolume(name: "credentials", items: [KeyToPath(key: "password", path: "same", mode: 0o400)])),
      .secret(KeyedVolume(name: "none", optional: true)),
      .downwardAPI([DownwardAPIFile(path: "name", source: .field(path: "metadata.name"))]),
    ]
    #expect(
      try await lines(.projected(ProjectedVolume(sources: parts, defaultMode: 0o640)), sorted: false) == [
        "same 640 A", "same 400 hush", "name 640 web",
      ]
    )
    let missing = ProjectedVolume(sources: parts + [.secret(KeyedVolume(name: "none"))])
    #expect(await refusal(.projected(missing)) == "secret \"none\" not found")
  }

  @Test("Volumes of other kinds are none of these")
  func others() async throws {
    #expect(try await lines(.emptyDir(EmptyDirVolume())) == nil)
    #expect(try await lines(.hostPath(HostPathVolume(path: "/etc"))) == nil)
  }
}
