import Glibc
import Linux
import PodModel
import RuntimeAPI

@testable import PodEngine

/// A volume of every kind, and the objects that they refer to.
enum VolumePod {
  /// What no file of the node may ever hold.
  static let secret = "hush-a1f0c9d27b5e4480-hush"
  /// The names of the volumes; each is of the kind that it is called after.
  static let names = ["disk", "memory", "host", "hostfile", "config", "secret", "facts", "mixed"]
  /// Those in which containers may write.
  static let writable = ["disk", "memory", "host"]
  /// Those that are made of values.
  static let values = ["config", "secret", "facts", "mixed"]

  static var objects: GivenObjects {
    var config = ConfigMap(metadata: ObjectMeta(name: "config"))
    config.data = ["a": "A", "b": "B"]
    var secret = Secret(metadata: ObjectMeta(name: "secret"))
    secret.data = ["key": Array(Self.secret.utf8)]
    return GivenObjects(configMaps: [config], secrets: [secret])
  }

  static func volumes(_ node: Node) throws -> [Volume] {
    let directory = node.root + "/host"
    try ensureDirectories(directory, mode: 0o755)
    try Files.write(directory + "/given", "of the host\n")
    let config = KeyedVolume(name: "config", items: [KeyToPath(key: "b", path: "deep/b", mode: 0o600)])
    let label = DownwardAPIFile(path: "name", source: .field(path: "metadata.name"))
    let sources: [VolumeSource] = [
      .emptyDir(EmptyDirVolume()), .emptyDir(EmptyDirVolume(medium: .memory, sizeLimit: Quantity(1 << 20))),
      .hostPath(HostPathVolume(path: directory, type: .directory)),
      .hostPath(HostPathVolume(path: directory + "/given", type: .file)), .configMap(KeyedVolume(name: "config")),
      .secret(KeyedVolume(name: "secret", defaultMode: 0o400)), .downwardAPI(DownwardAPIVolume(items: [label])),
      .projected(ProjectedVolume(sources: [.configMap(config), .downwardAPI([label])])),
    ]
    return zip(names, sources).map(Volume.init(name:source:))
  }

  /// A pod with all of them and one container for each list of mounts: `main`, `main1`, `main2` and so on.
  static func pod(_ name: String, _ node: Node, _ mounts: [[VolumeMount]]) throws -> Pod {
    var pod = Pod.test(name)
    let main = pod.spec.containers[0]
    pod.spec.volumes = try volumes(node)
    pod.spec.containers = mounts.enumerated().map { index, mounts in
      var container = main
      if index > 0 { container.name = "main\(index)" }
      container.volumeMounts = mounts
      return container
    }
    return pod
  }

  /// Each volume at `/v/NAME`.
  static var everywhere: [VolumeMount] { names.map { VolumeMount(name: $0, mountPath: "/v/" + $0) } }

  static func mount(_ name: String, _ path: String, subPath: String) -> VolumeMount {
    var mount = VolumeMount(name: name, mountPath: path)
    mount.subPath = subPath
    return mount
  }
}

extension TestSandbox {
  /// Runs a container with other arguments.
  func run(_ index: Int, _ arguments: [String], layers: [String] = []) async throws -> ProcessResult {
    var configuration = try await configuration(index, layers: layers)
    configuration.specification.process.args = arguments
    return try await run(configuration)
  }

  /// Takes steps of `payload attempt` in a container, and returns how each ended.
  func attempt(_ steps: [String], in index: Int = 0) async throws -> [String] {
    let words = steps.map { $0.split(separator: " ").map(String.init) }.joined(separator: [","])
    return try await run(index, ["/payload", "attempt"] + words).lines
  }

  /// Takes steps that must not fail.
  func prepare(_ steps: [String]) async throws {
    let failed = try await attempt(steps).filter { !$0.hasSuffix(": ok") }
    if !failed.isEmpty { throw Trouble("steps of the preparation failed: \(failed)") }
  }

  /// A path of the sandbox's supervisor, as this process can reach it.
  func inside(_ path: String) async throws -> String { "/proc/\(try await supervisor)/root\(path)" }
}
