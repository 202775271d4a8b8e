import PodModel
import Testing

@testable import PodEngine

@Suite("Variables get their values as from the kubelet")
struct EnvironmentTests {
  private let configMaps: [ConfigMap]
  private let secrets: [Secret]

  init() {
    var settings = ConfigMap(metadata: ObjectMeta(name: "settings"))
    settings.data = ["A": "1", "B": "two", "file.txt": "text"]
    settings.binaryData = ["C": [1]]
    var other = ConfigMap(metadata: ObjectMeta(name: "settings", namespace: "other"))
    other.data = ["A": "of another namespace"]
    configMaps = [other, settings]
    var keys = Secret(metadata: ObjectMeta(name: "keys"))
    keys.data = ["A": Array("s3".utf8), "BROKEN": [0x61, 0xFF], "NUL": [0x61, 0]]
    secrets = [keys]
  }

  private func resolve(
    from sources: [EnvironmentSource] = [],
    _ variables: EnvironmentVariable...
  ) async throws -> [String: String] {
    var container = Container(name: "app", image: "app:1")
    container.envFrom = sources
    container.env = variables
    return try await ResolvedEnvironment(container, configMaps: configMaps, secrets: secrets).byName
  }

  private func problem(
    from sources: [EnvironmentSource] = [],
    _ variables: EnvironmentVariable...
  ) async -> String {
    var container = Container(name: "app", image: "app:1")
    container.envFrom = sources
    container.env = variables
    do throws(ConfigurationError) {
      return "\(try await ResolvedEnvironment(container, configMaps: configMaps, secrets: secrets).byName)"
    } catch {
      return error.description
    }
  }

  @Test("Whole objects: later ones win, keys that are no names are left out, binary data is none")
  func whole() async throws {
    var broken = secrets
    broken[0].data["NUL"] = nil
    #expect(
      try await resolve(from: [EnvironmentSource(.configMap, name: "settings", prefix: "P_")])
        == ["P_A": "1", "P_B": "two", "P_file.txt": "text"]
    )
    #expect(try await resolve(from: [EnvironmentSource(.configMap, name: "settings", prefix: "=")]) == [:])
    var container = Container(name: "app", image: "app:1")
    container.envFrom = [EnvironmentSource(.configMap, name: "settings"), EnvironmentSource(.secret, name: "keys")]
    let both = try await ResolvedEnvironment(container, configMaps: configMaps, secrets: broken)
    #expect(both.byName == ["A": "s3", "B": "two", "file.txt": "text", "BROKEN": "a\u{FFFD}"])
    #expect(both.ordered.map(\.name) == ["A", "B", "file.txt", "A", "BROKEN"])
  }

  @Test("A value sees everything before it, what comes from elsewhere is taken as it is")
  func references() async throws {
    let values = try await resolve(
      from: [EnvironmentSource(.configMap, name: "settings")],
      EnvironmentVariable(name: "X", value: "$(A)-$(LATER)"),
      EnvironmentVariable(name: "A", from: .secret(KeySelector(name: "keys", key: "A"))),
      EnvironmentVariable(name: "Y", value: "$(A)$(B)"),
      EnvironmentVariable(name: "LATER", from: .configMap(KeySelector(name: "settings", key: "B"))),
      EnvironmentVariable(name: "IP", from: .pod(.field(path: "status.podIP")))
    )
    #expect(values["X"] == "1-$(LATER)")
    #expect(values["Y"] == "s3two")
    #expect(values["LATER"] == "two")
    #expect(values["IP"] == "10.85.0.2")
  }

  @Test("What is optional and missing leaves what was there before")
  func optional() async throws {
    let values = try await resolve(
      from: [
        EnvironmentSource(.configMap, name: "none", optional: true),
        EnvironmentSource(.secret, name: "none", optional: true),
      ],
      EnvironmentVariable(name: "A", value: "before"),
      EnvironmentVariable(name: "A", from: .configMap(KeySelector(name: "none", key: "k", optional: true))),
      EnvironmentVariable(name: "B", from: .configMap(KeySelector(name: "settings", key: "k", optional: true))),
      EnvironmentVariable(name: "C", from: .secret(KeySelector(name: "none", key: "k", optional: true))),
      EnvironmentVariable(name: "D", from: .secret(KeySelector(name: "keys", key: "k", optional: true)))
    )
    #expect(values == ["A": "before"])
  }

  @Test("What is missing is told in the kubelet's words")
  func missing() async {
    let field = "spec.containers[app]"
    #expect(
      await problem(from: [EnvironmentSource(.configMap, name: "x")])
        == "\(field).envFrom[0]: configmap \"x\" not found"
    )
    #expect(
      await problem(from: [EnvironmentSource(.secret, name: "x")]) == "\(field).envFrom[0]: secret \"x\" not found"
    )
    let selectors: [(EnvironmentVariable.Source, String)] = [
      (.configMap(KeySelector(name: "x", key: "k")), "configmap \"x\" not found"),
      (.secret(KeySelector(name: "x", key: "k")), "secret \"x\" not found"),
      (.configMap(KeySelector(name: "settings", key: "k")), "couldn't find key k in ConfigMap default/settings"),
      (.configMap(KeySelector(name: "settings", key: "C")), "couldn't find key C in ConfigMap default/settings"),
      (.secret(KeySelector(name: "keys", key: "k")), "couldn't find key k in Secret default/keys"),
    ]
    for (source, words) in selectors {
      #expect(await problem(EnvironmentVariable(name: "V", from: source)) == "\(field).env[V]: \(words)")
    }
  }

  @Test("A value that no variable can have is refused without being told")
  func nul() async {
    let variable = EnvironmentVariable(name: "V", from: .secret(KeySelector(name: "keys", key: "NUL")))
    #expect(
      await problem(variable)
        == "spec.containers[app].env[V]: has a NUL byte in its value, which no variable can have"
    )
  }

  /// Cannot tell.
  private struct Unreachable: ObjectSource {
    struct Silence: Error, CustomStringConvertible { let description = "nobody answers" }
    func configMap(_ name: String, namespace: String) async throws -> ConfigMap? { throw Silence() }
    func secret(_ name: String, namespace: String) async throws -> Secret? { throw Silence() }
  }

  @Test("A source that cannot tell is no missing object, not even an optional one")
  func unreachable() async throws {
    var pod = Pod.test("app")
    pod.spec.containers[0].envFrom = [EnvironmentSource(.secret, name: "x", optional: true)]
    do throws(ConfigurationError) {
      _ = try await EnvironmentSources(of: pod.spec.containers[0], in: pod, from: Unreachable())
      Issue.record("nothing was thrown")
    } catch {
      #expect(error.description == "spec.containers[app].envFrom: secret \"x\": nobody answers")
    }
  }
}
