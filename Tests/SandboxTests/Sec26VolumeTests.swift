import Glibc
import Linux
import PodModel
import RuntimeAPI
import Testing

@testable import PodEngine

/// A pod with a volume of every kind, and the objects that they come from.
enum VolumePod {
  static let secret = "open-sesame-7f3a"
  static let kinds = ["disk", "memory", "config", "secret", "downward", "projected", "host"]

  static func pod(_ name: String, host: String, mounts: [VolumeMount]) -> Pod {
    .test(name) { spec in
      let label = DownwardAPIFile(path: "name", source: .field(path: "metadata.name"))
      spec.volumes = [
        Volume(name: "disk", source: .emptyDir(EmptyDirVolume())),
        Volume(name: "memory", source: .emptyDir(EmptyDirVolume(medium: .memory))),
        Volume(name: "config", source: .configMap(KeyedVolume(name: "config"))),
        Volume(name: "secret", source: .secret(KeyedVolume(name: "secret", defaultMode: 0o400))),
        Volume(name: "downward", source: .downwardAPI(DownwardAPIVolume(items: [label]))),
        Volume(name: "projected", source: .projected(ProjectedVolume(sources: [.secret(KeyedVolume(name: "secret"))]))),
        Volume(name: "host", source: .hostPath(HostPathVolume(path: host, type: .directory))),
      ]
      spec.containers[0].volumeMounts = mounts
    }
  }

  static var objects: GivenObjects {
    var config = ConfigMap(metadata: ObjectMeta(name: "config"))
    config.data = ["key": "value"]
    var secret = Secret(metadata: ObjectMeta(name: "secret"))
    secret.data = ["password": Array(Self.secret.utf8)]
    return GivenObjects(configMaps: [config], secrets: [secret])
  }
}

extension Sandbox {
  @Suite("SEC-24, SEC-26: whatever images and containers put in the way of a volume, it stays where it belongs")
  struct VolumeTests {
    private func host(_ node: Node) throws -> String {
      try ensureDirectories(node.root + "/host", mode: 0o755)
      return node.root + "/host"
    }

    @Test("SEC-24: links, loops and files on the way of a mount", arguments: VolumePod.kinds)
    func mountPaths(kind: String) async throws {
      try await Node.with { node in
        var layers: [String] = []
        for (index, substitute) in Substitute.allCases.enumerated() {
          for (depth, path) in ["/in", "/in/the", "/in/the/way"].enumerated() {
            let layer = try node.layer("way\(index)-\(depth)")
            try substitute.place(path, in: layer, outside: node.canary + "/directory")
            layers.append(layer)
          }
        }
        let host = try host(node)
        let oracle = try EscapeOracle(node)
        let pod = VolumePod.pod(
          "sec24-\(kind)",
          host: host,
          mounts: [VolumeMount(name: kind, mountPath: "/in/the/way")]
        )
        var started = 0
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          for layer in layers {
            var configuration = try await sandbox.configurationWithVolumes(layers: [layer])
            configuration.specification.process.args = ["/payload", "exit", "0"]
            do {
              #expect(try await sandbox.run(configuration).exit.code == 0)
              started += 1
            } catch is RuntimeError {
              // Refused: as good as confined.
            }
          }
        }
        // What is missing is made; a test in which nothing starts would show nothing.
        #expect(started > 0)
        try oracle.verify("a volume of kind \(kind) at what the image has in the way")
      }
    }

    @Test("SEC-26: a sub-path that a container exchanges with a link out leads to the volume or nowhere")
    func race() async throws {
      try await Node.with { node in
        let mount = VolumeMount(name: "disk", mountPath: "/v")
        let pod = VolumePod.pod("sec26-race", host: try host(node), mounts: [mount])
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          let volume = node.directories.volumes(pod) + "/disk"
          try ensureDirectories(volume + "/d/inner", mode: 0o755)
          let outside = String(repeating: "../", count: 24) + (node.canary + "/directory").dropFirst()
          try Files.link(volume + "/l", to: outside)
          let own = try identity(volume + "/d/inner")
          var attack = try await sandbox.configurationWithVolumes()
          attack.specification.process.args = ["/payload", "race-exchange", "/v/d", "/v/l", "\(3 * scale)"]
          let attacker = try await sandbox.start(attack)
          try await attacker.wait(forLine: "ready")
          let supervisor = try await sandbox.supervisor
          var (opened, refused) = (0, 0)
          let end = ContinuousClock.now + .seconds(3 * scale)
          while ContinuousClock.now < end {
            do {
              let path = try await node.runtime.addSubPath("d/inner", of: volume, named: "race", to: sandbox.id)
              #expect(try identity("/proc/\(supervisor)/root\(path)") == own)
              try await node.runtime.removeMount(named: "race", from: sandbox.id)
              opened += 1
            } catch is RuntimeError {
              refused += 1
            }
          }
          _ = try await attacker.finish()
          #expect(opened > 0 && refused > 0, "no race: \(opened) opened, \(refused) refused")
        }
        try oracle.verify("a sub-path in a race")
      }
    }

    @Test("Nothing of a pod's volumes shows on the host, and no file has its secrets")
    func hidden() async throws {
      try await Node.with { node in
        let mounts = VolumePod.kinds.map { VolumeMount(name: $0, mountPath: "/volumes/\($0)") }
        let pod = VolumePod.pod("volumes-hidden", host: try host(node), mounts: mounts)
        let before = try MountEntry.ofThisProcess().count
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          var configuration = try await sandbox.configurationWithVolumes()
          configuration.specification.process.args = ["/payload", "sleep", "60"]
          let container = try await sandbox.start(configuration)
          #expect(try MountEntry.ofThisProcess().count == before)
          let pid = try await firstProcess(node, sandbox.id)
          let path = "/proc/\(pid)/root/volumes/secret/..data/password"
          #expect(try Files.text(path) == VolumePod.secret)
          #expect(try Files.text("/proc/\(pid)/root/volumes/projected/..data/password") == VolumePod.secret)
          #expect(try Files.text("/proc/\(pid)/root/volumes/downward/..data/name") == "volumes-hidden")
          for directory in ["/state", "/run"] { try expectNoSecret(below: node.root + directory) }
          _ = try await container.kill()
        }
      }
    }

    private func firstProcess(_ node: Node, _ sandbox: SandboxID) async throws -> Int32 {
      for status in try await node.runtime.list() where status.id == sandbox {
        for container in status.containers { if case .running(let pid, _) = container.state { return pid } }
      }
      throw Trouble("no container runs")
    }

    private func expectNoSecret(below path: String) throws {
      for name in try Files.names(path) {
        let own = "\(path)/\(name)"
        var status = stat()
        guard lstat(own, &status) == 0 else { continue }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: try expectNoSecret(below: own)
        case S_IFREG:
          let bytes = try readRegularFile(AT_FDCWD, own, limit: 16 << 20)
          #expect(!String(decoding: bytes, as: UTF8.self).contains(VolumePod.secret), "\(own) has the secret")
        default: continue
        }
      }
    }

    private func identity(_ path: String) throws -> [UInt64] {
      var status = stat()
      try check("stat") { stat(path, &status) }
      return [UInt64(status.st_dev), UInt64(status.st_ino)]
    }
  }
}
