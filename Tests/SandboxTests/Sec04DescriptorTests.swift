import Foundation
import Glibc
import Linux
import PodModel
import RuntimeAPI
import Testing

extension Sandbox {
  @Suite("SEC-04 and SEC-05: no descriptor of the host is there to be walked through")
  struct DescriptorTests {
    /// The three ways to name a directory behind a descriptor; the last one goes through a link of the image.
    private static let forms = ["direct", "upwards", "link"]

    private static func directory(_ number: Int, _ form: String) -> String {
      switch form {
      case "direct": "/proc/self/fd/\(number)"
      case "upwards": "/proc/self/fd/\(number)/../../.."
      default: "/links/\(number)"
      }
    }

    /// A layer with a link for every number.
    private func linkLayer(_ node: Node) throws -> String {
      let layer = try node.layer("links")
      try ensureDirectories(layer + "/links", mode: 0o755)
      for number in 3...1023 { try Files.link("\(layer)/links/\(number)", to: "/proc/self/fd/\(number)") }
      return layer
    }

    @Test("SEC-04: no container starts in a directory behind a descriptor")
    func start() async throws {
      try await Node.with { node in
        let layer = try linkLayer(node)
        let oracle = try EscapeOracle(node)
        let numbers = scale > 1 ? Array(3...1023) : Array(3...40) + Array(stride(from: 41, through: 1023, by: 97))
        try await node.withSandbox(.test("sec04-start", ["/payload", "exit", "0"])) { sandbox in
          for number in numbers {
            for form in Self.forms {
              var configuration = try await sandbox.configuration(layers: [layer])
              configuration.specification.process.cwd = Self.directory(number, form)
              await #expect(throws: RuntimeError.self, "\(configuration.specification.process.cwd)") {
                _ = try await sandbox.run(configuration)
              }
            }
          }
          let left = try await node.runtime.list().flatMap(\.containers)
          #expect(left.isEmpty, "\(left)")
        }
        try oracle.verify("starting behind descriptors")
      }
    }

    @Test("SEC-04: no process is brought into a directory behind a descriptor")
    func exec() async throws {
      try await Node.with { node in
        let layer = try linkLayer(node)
        let oracle = try EscapeOracle(node)
        let step = scale > 1 ? 1 : 5
        try await node.withSandbox(.test("sec04-exec", ["/payload", "sleep"])) { sandbox in
          let container = try await sandbox.start(try await sandbox.configuration(layers: [layer]))
          for number in Array(3...64) + Array(stride(from: 65, through: 1023, by: step)) {
            for form in Self.forms {
              let directory = Self.directory(number, form)
              await #expect(throws: RuntimeError.self, "\(directory)") {
                let result = try await container.exec(["/payload", "dump"], cwd: directory)
                Issue.record("\(directory): \(result.output.prefix(400))")
              }
            }
          }
          _ = try await container.kill()
        }
        try oracle.verify("entering behind descriptors")
      }
    }

    @Test("SEC-05: started 64 at a time, containers and what is brought into them have descriptors 0, 1 and 2 only")
    func onlyStreams() async throws {
      try await Node.with { node in
        try await node.withSandbox(.test("sec05", ["/payload", "sleep"])) { sandbox in
          let resident = try await sandbox.start(try await sandbox.configuration())
          var answered = 0
          for _ in 0..<2 * scale {
            try await withThrowingTaskGroup(of: [String].self) { group in
              for index in 0..<64 {
                // Every second one is brought in instead of started.
                group.addTask {
                  do {
                    return index % 2 == 0
                      ? try await sandbox.run(["/payload", "fds"]).lines
                      : try await resident.exec(["/payload", "fds"]).lines
                  } catch let error as RuntimeError where "\(error)".contains("did not answer in time") {
                    // An emulated machine may be too slow for 64 at once, which says nothing about descriptors.
                    return []
                  }
                }
              }
              for try await lines in group where !lines.isEmpty {
                answered += 1
                let words = lines.map { $0.split(separator: " ", maxSplits: 1).map(String.init) }
                #expect(words.map { $0.first } == ["0", "1", "2"], "\(lines)")
                let targets = words.compactMap(\.last)
                // The host's /dev/null behind a mount of its own has no path here.
                #expect(
                  ["/dev/null", "/"].contains(targets.first)
                    && targets.dropFirst().allSatisfy { $0.hasPrefix("pipe:[") },
                  "\(lines)"
                )
              }
            }
          }
          #expect(answered >= 64 * scale)
          _ = try await resident.kill()
        }
      }
    }

    @Test("SEC-05: many sandboxes at once do not give each other descriptors")
    func manySandboxes() async throws {
      try await Node.with { node in
        try await withThrowingTaskGroup(of: [String].self) { group in
          for index in 0..<16 * scale {
            group.addTask {
              try await node.withSandbox(.test("sec05-\(index)")) { try await $0.run(["/payload", "fds"]).lines }
            }
          }
          for try await lines in group { #expect(lines.map { $0.prefix(2) } == ["0 ", "1 ", "2 "], "\(lines)") }
        }
      }
    }
  }
}
