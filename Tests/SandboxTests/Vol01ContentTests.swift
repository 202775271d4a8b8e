import Glibc
import Linux
import PodModel
import RuntimeAPI
import Testing

@testable import PodEngine

extension Sandbox {
  @Suite("Volumes show a container what the pod says, and the host nothing")
  struct VolumeContentTests {
    /// What `payload tree /v` says of values; `directory`, `root` and `file` are bits that a group adds.
    private func values(_ group: Int, _ bits: (root: String, directory: String, secret: String, deep: String))
      -> [String]
    {
      let owner = "0:\(group)"
      let (root, directory) = (bits.root, bits.directory)
      func links(_ volume: String, _ names: [String]) -> [String] {
        names.map { "/v/\(volume)/\($0) l 777 0:0 ..data/\($0)" }
      }
      func head(_ volume: String) -> [String] {
        ["/v/\(volume) d \(root) \(owner)", "/v/\(volume)/..1 d \(directory) \(owner)"]
      }
      func data(_ volume: String) -> [String] { ["/v/\(volume)/..data l 777 0:0 ..1"] }
      return head("config") + ["/v/config/..1/a f 644 \(owner) A", "/v/config/..1/b f 644 \(owner) B"] + data("config")
        + links("config", ["a", "b"])
        + head("facts") + ["/v/facts/..1/name f 644 \(owner) content"] + data("facts") + links("facts", ["name"])
        + head("mixed")
        + [
          "/v/mixed/..1/deep d \(directory) \(owner)", "/v/mixed/..1/deep/b f \(bits.deep) \(owner) B",
          "/v/mixed/..1/name f 644 \(owner) content",
        ] + data("mixed") + links("mixed", ["deep", "name"])
        + head("secret") + ["/v/secret/..1/key f \(bits.secret) \(owner) \(VolumePod.secret)"] + data("secret")
        + links("secret", ["key"])
    }

    @Test("Content, permissions and owners of every kind")
    func content() async throws {
      try await Node.with { node in
        let pod = try VolumePod.pod("content", node, [VolumePod.everywhere])
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          let lines = try await sandbox.run(["/payload", "tree", "/v"]).lines
          let expected =
            [
              "/v d 755 0:0", "/v/disk d 777 0:0", "/v/memory d 777 0:0", "/v/host d 755 0:0",
              "/v/host/given f 644 0:0 of the host", "/v/hostfile f 644 0:0 of the host",
            ] + values(0, ("777", "755", "400", "600"))
          for line in Set(expected).symmetricDifference(lines).sorted() {
            Issue.record("\(expected.contains(line) ? "missing" : "unexpected"): \(line)")
          }
        }
      }
    }

    @Test("A group of the pod's files owns what is the pod's own, reads values and inherits; the host's stays as it is")
    func group() async throws {
      try await Node.with { node in
        var pod = try VolumePod.pod("content", node, [VolumePod.everywhere])
        pod.spec.securityContext.fsGroup = 4711
        pod.spec.securityContext.runAsUser = 1000
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          let steps = try await sandbox.attempt(["make /v/disk/new", "write /v/memory/new x", "write /v/host/new x"])
          #expect(
            steps == ["make /v/disk/new: ok", "write /v/memory/new x: ok", "write /v/host/new x: errno \(EACCES)"]
          )
          let lines = try await sandbox.run(["/payload", "tree", "/v"]).lines
          let expected =
            [
              "/v d 755 0:0", "/v/disk d 2777 0:4711", "/v/disk/new d 2755 1000:4711", "/v/memory d 2777 0:4711",
              "/v/memory/new f 644 1000:4711 x", "/v/host d 755 0:0", "/v/host/given f 644 0:0 of the host",
              "/v/hostfile f 644 0:0 of the host",
            ] + values(4711, ("2777", "2755", "440", "640"))
          for line in Set(expected).symmetricDifference(lines).sorted() {
            Issue.record("\(expected.contains(line) ? "missing" : "unexpected"): \(line)")
          }
        }
      }
    }

    @Test("Nobody writes to values or through a read-only mount, and memory ends at its limit")
    func limits() async throws {
      try await Node.with { node in
        let readOnly = VolumePod.names.map { VolumeMount(name: $0, mountPath: "/ro/" + $0, readOnly: true) }
        let pod = try VolumePod.pod("limits", node, [VolumePod.everywhere + readOnly])
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          let refused =
            VolumePod.values.map { "/v/" + $0 } + (VolumePod.values + VolumePod.writable).map { "/ro/" + $0 }
          for place in refused {
            #expect(
              try await sandbox.attempt(["write \(place)/new x", "make \(place)/dir", "mode \(place)"]) == [
                "write \(place)/new x: errno \(EROFS)", "make \(place)/dir: errno \(EROFS)",
                "mode \(place): errno \(EROFS)",
              ]
            )
          }
          #expect(
            try await sandbox.attempt(["write /ro/hostfile x", "fill /v/memory/big 2", "fill /v/disk/big 2"]) == [
              "write /ro/hostfile x: errno \(EROFS)", "fill /v/memory/big 2: errno \(ENOSPC)", "fill /v/disk/big 2: ok",
            ]
          )
          // Both mounts are of one volume.
          try await sandbox.prepare(["remove /v/memory/big"] + VolumePod.writable.map { "write /v/\($0)/seen x" })
          for name in VolumePod.writable {
            #expect(
              try await sandbox.run(["/payload", "tree", "/ro/\(name)/seen"]).output.hasSuffix("0:0 x\n"),
              "\(name)"
            )
          }
          #expect(try Files.text(node.root + "/host/seen") == "x")
        }
      }
    }

    @Test("While a pod runs, the host has no mount of it and no file with its secret")
    func hidden() async throws {
      try await Node.with { node in
        let pod = try VolumePod.pod("hidden", node, [VolumePod.everywhere])
        let before = try own(node)
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          var configuration = try await sandbox.configuration()
          configuration.specification.process.args = ["/payload", "sleep"]
          let container = try await sandbox.start(configuration)
          #expect(try own(node) == before)
          let key = try await sandbox.inside(sandbox.source(of: "secret") + "/..1/key")
          #expect(try Files.text(key) == VolumePod.secret, "it is where the test looks for it")
          #expect(access(try sandbox.source(of: "secret"), F_OK) != 0, "the host has the secret's path")
          #expect(try holders(node.root + "/state") + holders(node.root + "/run") == [])
          // What the container itself writes to its disk is found.
          let control = try await container.exec(["/payload", "attempt", "write", "/v/disk/copy", VolumePod.secret])
          #expect(control.exit.code == 0)
          #expect(
            try holders(node.root + "/state") + holders(node.root + "/run") == [
              try sandbox.source(of: "disk") + "/copy"
            ]
          )
          _ = try await container.kill()
        }
        #expect(try own(node) == before)
      }
    }

    private func own(_ node: Node) throws -> [String] {
      try MountEntry.ofThisProcess().filter { $0.mountPoint.hasPrefix(node.root) || $0.root.hasPrefix(node.root) }
        .map { "\($0.mountPoint) \($0.type)" }
    }

    /// The files at and below a path that hold the secret.
    private func holders(_ path: String) throws -> [String] {
      var status = stat()
      try check("lstat") { lstat(path, &status) }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: return try Files.names(path).flatMap { try holders(path + "/" + $0) }
      case S_IFREG: return try Files.text(path).contains(VolumePod.secret) ? [path] : []
      default: return []
      }
    }
  }
}
