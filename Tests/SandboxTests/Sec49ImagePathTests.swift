import Glibc
import Images
import Linux
import PodModel
import RuntimeAPI
import Testing

@testable import PodEngine

extension Sandbox {
  @Suite("SEC-49: the paths that an image names lead nowhere but into its own root")
  struct ImagePathTests {
    /// Links of the image's own.
    private static func layer(_ node: Node) throws -> String {
      let layer = try node.layer("hostile")
      for (name, target) in [
        ("up", "../../../../../../../../../.."), ("out", node.canary + "/directory"), ("root", "/proc/self/root"),
        ("exe", "/proc/self/exe"), ("loop", "loop"), ("file", "/payload"),
      ] {
        try Files.link(layer + "/" + name, to: target)
      }
      return layer
    }

    private static func paths(_ node: Node) -> [String] {
      [
        "/../../..\(node.canary)/new", "/up\(node.canary)/new/dir", "/out", "/out/new", "/out/inner",
        "/root\(node.canary)/new",
        "/root/..\(node.canary)/new", "/exe/new", "/loop/new", "/file/new", "/proc/self/cwd/../..\(node.canary)/new",
        "/proc/1/root\(node.canary)/new", "/" + String(repeating: "d/", count: 2047),
        "/" + String(repeating: "n", count: 255),
        "/" + String(repeating: "n", count: 300), "/a\u{1B}[31m\nb", "//tmp//./x/../y//",
      ]
    }

    /// What an image says is carried out inside or refused in words; a container that runs has come to its end.
    private func run(_ sandbox: TestSandbox, _ layer: String, _ image: ImageConfiguration, _ what: String) async throws
    {
      do {
        var configuration = try await sandbox.configuration(layers: [layer], image: image)
        configuration.specification.process.args = ["/payload", "exit", "0"]
        let result = try await sandbox.run(configuration)
        #expect(result.exit.code == 0, "\(what): \(result.output)")
      } catch let error as ConfigurationError {
        #expect(!error.problem.isEmpty, "\(what)")
      } catch let error as RuntimeError {
        #expect(!error.description.isEmpty, "\(what)")
      }
    }

    @Test("as its working directory")
    func workingDirectory() async throws {
      try await Node.with { node in
        let layer = try Self.layer(node)
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(.test("sec49w")) { sandbox in
          for path in Self.paths(node) {
            try await run(sandbox, layer, ImageConfiguration(workingDir: path), path)
            try oracle.verify("the working directory \(path)")
          }
        }
      }
    }

    @Test("as its volumes")
    func volumes() async throws {
      try await Node.with { node in
        let layer = try Self.layer(node)
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(.test("sec49v")) { sandbox in
          for path in Self.paths(node) {
            try await run(sandbox, layer, ImageConfiguration(volumes: [path]), path)
            try oracle.verify("the volume \(path)")
          }
        }
      }
    }

    @Test("as its program")
    func program() async throws {
      try await Node.with { node in
        let layer = try Self.layer(node)
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(.test("sec49p")) { sandbox in
          for path in ["/up/bin/sh", "/out/inner", "/root/bin/sh", "/loop", "../../bin/sh", ""] {
            var configuration = try await sandbox.configuration(layers: [layer])
            configuration.specification.process.args = [path]
            await #expect(throws: RuntimeError.self, "\(path)") { _ = try await sandbox.run(configuration) }
            try oracle.verify("the program \(path)")
          }
        }
      }
    }
  }
}
