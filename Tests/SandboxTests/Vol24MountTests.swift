import Glibc
import Linux
import PodModel
import RuntimeAPI
import Testing

@testable import PodEngine

extension Sandbox {
  @Suite("SEC-24: whatever an image has in the way of a volume, the volume stays inside or the start fails")
  struct VolumeMountTests {
    private static let target = "/mnt/deep/target"

    /// The container's view of its volume; `nil` if it does not start.
    private func start(_ sandbox: TestSandbox, _ index: Int, _ layer: String) async throws -> [String]? {
      do {
        return try await sandbox.run(index, ["/payload", "tree", Self.target + "/."], layers: [layer]).lines
      } catch is RuntimeError {
        return nil
      }
    }

    @Test("Each ancestor of a volume of each kind is a link out, a loop, a file, missing, or a link to a later mount")
    func everyAncestor() async throws {
      try await Node.with { node in
        var layers: [(what: String, substitute: Substitute, layer: String)] = []
        for path in ["/mnt", "/mnt/deep", Self.target] {
          for substitute in Substitute.allCases {
            let layer = try node.layer("case\(layers.count)")
            try substitute.place(path, in: layer, outside: node.canary + "/directory")
            layers.append(("\(path) \(substitute)", substitute, layer))
          }
        }
        let kinds = VolumePod.names.filter { $0 != "hostfile" }
        let mounts =
          kinds.map { [VolumeMount(name: $0, mountPath: Self.target)] }
          + VolumePod.writable.map {
            [VolumePod.mount($0, Self.target, subPath: "made/here")]
          }
        let pod = try VolumePod.pod("vol24", node, mounts)
        let oracle = try EscapeOracle(node)
        var started = 0
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          let host = try Files.names(node.root + "/host")
          for (what, substitute, layer) in layers {
            for index in mounts.indices {
              let kind = mounts[index][0].name + (mounts[index][0].subPath == nil ? "" : " subPath")
              let lines = try await start(sandbox, index, layer)
              if let lines {
                started += 1
                #expect(isVolume(lines, mounts[index][0]), "\(what), \(kind): \(lines)")
              }
              if substitute == .missing { #expect(lines != nil, "\(what), \(kind)") }
              if [.loop, .file].contains(substitute) { #expect(lines == nil, "\(what), \(kind)") }
            }
            try oracle.verify(what)
          }
          #expect(Set(try Files.names(node.root + "/host")).subtracting(host).subtracting(["made"]) == [])
        }
        #expect(started >= 3 * mounts.count)
        try oracle.verify("after all cases")
      }
    }

    /// Whether the place has what only the volume has.
    private func isVolume(_ lines: [String], _ mount: VolumeMount) -> Bool {
      let place = Self.target + "/."
      if mount.subPath != nil { return lines.first?.hasPrefix("\(place) d ") == true && lines.count == 1 }
      switch mount.name {
      case "disk", "memory": return lines.first?.hasPrefix("\(place) d 777 0:0") == true
      case "host": return lines.contains("\(place)/given f 644 0:0 of the host")
      default: return lines.contains { $0.hasPrefix("\(place)/..data l ") }
      }
    }

    @Test("A file of the host is mounted on a file inside, whatever the image has there")
    func fileVolume() async throws {
      try await Node.with { node in
        let pod = try VolumePod.pod("vol24f", node, [[VolumeMount(name: "hostfile", mountPath: Self.target)]])
        var layers: [(what: String, substitute: Substitute, layer: String)] = []
        for path in ["/mnt", "/mnt/deep", Self.target] {
          for substitute in Substitute.allCases {
            let layer = try node.layer("case\(layers.count)")
            let outside = node.canary + (path == Self.target ? "/file" : "/directory")
            try substitute.place(path, in: layer, outside: outside)
            layers.append(("\(path) \(substitute)", substitute, layer))
          }
        }
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          for (what, substitute, layer) in layers {
            do {
              let result = try await sandbox.run(
                0,
                ["/payload", "attempt", "write", Self.target, "new"],
                layers: [layer]
              )
              #expect(result.output == "write \(Self.target) new: ok\n", "\(what)")
              #expect(try Files.text(node.root + "/host/given") == "new", "\(what)")
              try Files.write(node.root + "/host/given", "of the host\n")
            } catch is RuntimeError {
              #expect(substitute != .missing, "\(what)")
            }
            try oracle.verify(what)
          }
        }
      }
    }

    @Test(
      "A volume below another one that an earlier container filled with links leads nowhere",
      arguments: VolumePod.writable
    )
    func belowAnother(_ name: String) async throws {
      try await Node.with { node in
        let outer = VolumeMount(name: name, mountPath: "/outer")
        let links = ["inside", "absolute", "relative", "loop", "file"]
        let pod = try VolumePod.pod(
          "vol24b",
          node,
          [[outer]] + links.map { [outer, VolumeMount(name: "config", mountPath: "/outer/\($0)/inner")] }
        )
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          let outside = node.canary + "/directory"
          let upwards = String(repeating: "../", count: 24) + outside.dropFirst()
          let steps = [
            "link \(outside) /outer/absolute", "link \(upwards) /outer/relative", "link loop /outer/loop",
            "write /outer/file x", "link /tmp /outer/inside",
          ]
          try await sandbox.prepare(steps)
          for (index, link) in links.enumerated() {
            do {
              let result = try await sandbox.run(index + 1, ["/payload", "tree", "/outer/\(link)/inner/a"])
              #expect(result.lines == ["/outer/\(link)/inner/a l 777 0:0 ..data/a"], "\(link)")
            } catch is RuntimeError {
              #expect(link != "inside")
            }
            try oracle.verify("\(name) \(link)")
          }
        }
      }
    }

    @Test("Where a mount point is a link that leads to nothing, what it names is made inside, and the volume is there")
    func danglingLinks() async throws {
      try await Node.with { node in
        let targets: [(link: String, target: String, place: String)] = [
          ("/mnt", "/data/store", "/data/store/deep/target"), ("/mnt/deep", "../data", "/data/target"),
          ("/mnt/deep", "/data/a/b", "/data/a/b/target"), (Self.target, "../../data/x", "/data/x"),
          (Self.target, "../../../../../../data", "/data"), (Self.target, node.canary + "/directory/new", "the canary"),
          ("/mnt", "data", "/data/deep/target"),
        ]
        let layers = try targets.enumerated().map { index, entry in
          let layer = try node.layer("dangling\(index)")
          try Files.directories(above: layer + entry.link)
          try Files.link(layer + entry.link, to: entry.target)
          return layer
        }
        let kinds = ["disk", "config", "hostfile"]
        let mounts = kinds.map { [VolumeMount(name: $0, mountPath: Self.target)] }
        let pod = try VolumePod.pod("vol24d", node, mounts)
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          for ((_, target, place), layer) in zip(targets, layers) {
            let place = place.hasPrefix("/") ? place : target
            for index in kinds.indices {
              let lines = try await sandbox.run(index, ["/payload", "tree", place], layers: [layer]).lines
              let found =
                switch kinds[index] {
                case "disk": lines == ["\(place) d 777 0:0"]
                case "config": lines.contains("\(place)/a l 777 0:0 ..data/a")
                default: lines == ["\(place) f 644 0:0 of the host"]
                }
              #expect(found, "\(kinds[index]) at \(target): \(lines)")
            }
          }
        }
        try oracle.verify("mount points that lead to nothing")
      }
    }

    @Test("A volume below the kernel's own places is refused, or what is masked there stays so")
    func kernelPlaces() async throws {
      try await Node.with { node in
        let refused = ["/proc/self/attr", "/proc/1/attr", "/proc/sys", "/proc/sys/kernel", "/proc/new"]
        let places = [
          "/sys", "/sys/firmware", "/sys/kernel", "/sys/fs/cgroup", "/sys/new", "/dev/pts", "/dev/new", "/dev/fd",
        ]
        let mounts = (refused + places).map { [VolumeMount(name: "disk", mountPath: $0)] }
        let pod = try VolumePod.pod("vol24k", node, mounts)
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          for index in refused.indices {
            let error = await #expect(throws: ConfigurationError.self) { _ = try await sandbox.configuration(index) }
            #expect(error?.problem.hasPrefix("\(refused[index]) must not be below /proc") == true)
          }
          for (index, place) in places.enumerated() {
            do {
              let lines = try await sandbox.run(refused.count + index, ["/payload", "masked"]).lines
              #expect(Masks.faults(lines.compactMap(ProbeLine.init)) == [], "\(place)")
            } catch is RuntimeError {
              #expect(["/sys/new", "/dev/fd"].contains(place), "\(place)")
            }
          }
        }
        try oracle.verify("volumes below the kernel's places")
      }
    }

    @Test("The host's /sys in place of the container's own has the same masks, and what is read-only stays so")
    func hostSysfs() async throws {
      try await Node.with { node in
        var pod = try VolumePod.pod("vol24s", node, [[VolumeMount(name: "sys", mountPath: "/sys", readOnly: true)]])
        pod.spec.volumes.append(Volume(name: "sys", source: .hostPath(HostPathVolume(path: "/sys", type: .directory))))
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(pod, VolumePod.objects) { sandbox in
          let lines = try await sandbox.run(["/payload", "masked"]).lines
          #expect(Masks.faults(lines.compactMap(ProbeLine.init)) == [])
          // The network of the host is in it, and not the sandbox's.
          let names = try Files.names("/sys/class/net")
          let seen = try await sandbox.run(["/payload", "tree"] + names.map { "/sys/class/net/\($0)" }).lines
          #expect(seen.count == names.count && !seen.contains { $0.contains("errno") }, "\(seen)")
          let written = try await sandbox.attempt(["write /sys/kernel/profiling 0"])
          let refusals = [EROFS, ENOENT, EACCES].map { "write /sys/kernel/profiling 0: errno \($0)" }
          #expect(written.count == 1 && refusals.contains(written[0]), "\(written)")
        }
        try oracle.verify("the host's /sys")
      }
    }
  }
}
