import Glibc
import Linux
import PodModel
import RuntimeAPI
import Testing

@testable import PodEngine

/// Ways to put something else where a directory or file is expected.
enum Substitute: String, CaseIterable, Sendable {
  case absoluteLink, relativeLink, loop, file, missing, linkToLaterMount

  /// Puts it at `path` inside a layer; `outside` is a path of the host.
  func place(_ path: String, in layer: String, outside: String) throws {
    let full = layer + path
    try Files.directories(above: full)
    switch self {
    case .absoluteLink: try Files.link(full, to: outside)
    case .relativeLink: try Files.link(full, to: String(repeating: "../", count: 24) + outside.dropFirst())
    case .loop: try Files.link(full, to: path)
    case .file: try Files.write(full, "a file\n")
    case .missing: break
    case .linkToLaterMount: try Files.link(full, to: path.hasPrefix("/dev") ? "/sys/fs/cgroup" : "/dev/shm")
    }
  }
}

extension Sandbox {
  @Suite("SEC-20 to SEC-24: whatever an image puts in the way of a mount, it stays inside or the start fails")
  struct MountTests {
    /// Runs the mask probe in an image; `nil` if it does not start.
    private func probe(_ sandbox: TestSandbox, _ layer: String, cwd: String? = nil) async throws -> [ProbeLine]? {
      do {
        var configuration = try await sandbox.configuration(layers: [layer])
        configuration.specification.process.args = ["/payload", "masked"]
        if let cwd { configuration.specification.process.cwd = cwd }
        return try await sandbox.run(configuration).lines.compactMap(ProbeLine.init)
      } catch is RuntimeError {
        return nil
      } catch is ConfigurationError {
        // An image whose accounts cannot be read is refused before.
        return nil
      }
    }

    @Test("SEC-21: a link in place of /proc, /sys or /dev is refused", arguments: ["/proc", "/sys", "/dev"])
    func ordinaryDirectories(_ path: String) async throws {
      try await Node.with { node in
        let targets = ["/tmp", "tmp", "/", ".", "/dev/shm", "/sys", "/proc", node.canary + "/directory"]
        let layers = try targets.enumerated().map { index, target in
          let layer = try node.layer("link\(index)")
          try ensureDirectories(layer + "/tmp", mode: 0o755)
          try Files.link(layer + path, to: target)
          return layer
        }
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(.test("sec21", ["/payload", "dump"])) { sandbox in
          for (layer, target) in zip(layers, targets) {
            do {
              _ = try await sandbox.run(try await sandbox.configuration(layers: [layer]))
              Issue.record("\(path) as a link to \(target) started")
            } catch let error as RuntimeError {
              #expect("\(error)".contains(path), "the error does not name \(path): \(error)")
            }
          }
        }
        try oracle.verify("\(path) is a link")
      }
    }

    @Test("SEC-22: whatever the image has at /dev/null, masks are masks and /dev/null is 1:3")
    func nullDevice() async throws {
      try await Node.with { node in
        var layers: [String] = []
        for (index, target) in [
          "/proc/sys/kernel/core_pattern", node.canary + "/file", "../../../../../../etc/passwd", "null",
        ].enumerated() {
          layers.append(try node.layer("link\(index)"))
          try ensureDirectories(layers[index] + "/dev", mode: 0o755)
          try Files.link(layers[index] + "/dev/null", to: target)
        }
        for kind in ["file", "directory", "zero", "missing"] {
          let layer = try node.layer(kind)
          layers.append(layer)
          try ensureDirectories(layer + (kind == "directory" ? "/dev/null" : "/dev"), mode: 0o755)
          if kind == "file" { try Files.write(layer + "/dev/null", "not empty\n", mode: 0o666) }
          if kind == "zero" { try check("mknod") { mknod(layer + "/dev/null", S_IFCHR | 0o666, makeDevice(1, 5)) } }
        }
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(.test("sec22")) { sandbox in
          for layer in layers {
            let lines = try #require(try await probe(sandbox, layer), "\(layer) did not start")
            #expect(Masks.faults(lines) == [], "\(layer)")
            let dump = try await sandbox.run(try await sandbox.configuration(layers: [layer]))
            let facts = try DumpText(dump.output, DumpText.Names(node)).lines
            #expect(facts.contains("dev /dev/null c 666 0:0 1:3"), "\(layer)")
          }
        }
        try oracle.verify("substitutes of /dev/null")
      }
    }

    @Test("SEC-23: whatever the image has at the places of terminals, the terminal is the container's own")
    func terminals() async throws {
      try await Node.with { node in
        var layers: [String] = []
        for (index, target) in [
          node.canary + "/file", "../../../../../../../../dev/console", "/proc/sys/kernel/core_pattern", "pts/1",
        ].enumerated() {
          let layer = try node.layer("terminal\(index)")
          try ensureDirectories(layer + "/dev/pts", mode: 0o755)
          for name in ["console", "ptmx", "tty", "pts/0", "pts/ptmx"] {
            try Files.link("\(layer)/dev/\(name)", to: target)
          }
          layers.append(layer)
        }
        layers.append(try node.layer("pts-link"))
        try ensureDirectories(layers[4] + "/dev", mode: 0o755)
        try Files.link(layers[4] + "/dev/pts", to: node.canary + "/directory")
        let oracle = try EscapeOracle(node)
        let pod = Pod.test("sec23") { $0.containers[0].tty = true }
        try await node.withSandbox(pod) { sandbox in
          for layer in layers {
            for _ in 0..<4 * scale {
              let dump = try await sandbox.run(try await sandbox.configuration(layers: [layer]))
              let facts = try DumpText(dump.output, DumpText.Names(node)).lines
              #expect(facts.contains("terminal 1"), "\(layer)")
              #expect(
                facts.contains("dev /dev/console c 620 0:5 136:0"),
                "\(layer) \(facts.filter { $0.contains("console") })"
              )
              #expect(facts.filter { $0.hasPrefix("open ") } == (0...2).map { "open \($0) c /dev/pts/0" }, "\(layer)")
            }
          }
          var configuration = try await sandbox.configuration(layers: [layers[0]])
          configuration.specification.process.args = ["/payload", "sleep"]
          let container = try await sandbox.start(configuration)
          let exec = try await container.exec(["/payload", "fds"], terminal: true)
          #expect(exec.exit.code == 0)
          _ = try await container.kill()
        }
        try oracle.verify("substitutes of terminals")
      }
    }

    /// Every path that is mounted, made, hidden or made read-only in every container, and every directory above it.
    private func places(_ configuration: ContainerConfiguration) -> [String] {
      let specification = configuration.specification
      let devices = [
        "null", "zero", "full", "random", "urandom", "tty", "fd", "stdin", "stdout", "stderr", "core", "ptmx",
        "console",
      ]
      let targets =
        specification.mounts.map(\.destination) + specification.linux.maskedPaths + specification.linux.readonlyPaths
        + devices.map { "/dev/" + $0 } + ["/work/deep/directory", "/etc/mtab", "/run/secrets/kubernetes.io"]
      var found: Set<String> = []
      for target in targets {
        var path = ""
        for component in target.split(separator: "/") {
          path += "/" + component
          found.insert(path)
        }
      }
      return found.sorted()
    }

    @Test(
      "SEC-24: each ancestor of each place in turn is a link out, a loop, a file, missing, or a link to a later mount"
    )
    func everyAncestor() async throws {
      try await Node.with { node in
        let pod = Pod.test("sec24")
        try await node.withSandbox(pod) { sandbox in
          var cases: [(path: String, substitute: Substitute, layer: String)] = []
          for path in places(try await sandbox.configuration()) {
            for substitute in Substitute.allCases {
              let layer = try node.layer("case\(cases.count)")
              try substitute.place(path, in: layer, outside: node.canary + "/directory")
              cases.append((path, substitute, layer))
            }
          }
          #expect(cases.count >= 240)
          let oracle = try EscapeOracle(node)
          for (path, substitute, layer) in cases {
            let lines = try await probe(sandbox, layer, cwd: "/work/deep/directory")
            if let lines {
              #expect(Masks.faults(lines) == [], "\(path) \(substitute)")
            }
            if ["/proc", "/sys", "/dev"].contains(path) {
              #expect((lines != nil) == (substitute == .missing), "\(path) \(substitute)")
            } else if substitute == .missing {
              #expect(lines != nil, "\(path) \(substitute)")
            }
            if lines == nil || cases.last?.layer == layer { try oracle.verify("\(path) \(substitute)") }
          }
          try oracle.verify("all cases")
        }
      }
    }
  }
}

/// makedev(3) for small numbers.
func makeDevice(_ major: UInt64, _ minor: UInt64) -> dev_t { dev_t(major << 8 | minor) }
