import Glibc
import Images
import PodLogic
import PodModel
import Privileges
import RuntimeAPI
import Testing

@testable import PodEngine

/// A kind of pod whose sandbox was reviewed line by line.
struct SandboxProfile: Sendable, CustomTestStringConvertible {
  var name: String
  var change: @Sendable (inout PodSpec) -> Void = { _ in }

  var testDescription: String { name }
  var pod: Pod { Pod.test("box01-\(name.lowercased())", change) }

  static let standard = SandboxProfile(name: "default")
  static let all = [
    standard,
    SandboxProfile(name: "restricted") {
      $0.containers[0].securityContext.runAsNonRoot = true
      $0.containers[0].securityContext.runAsUser = 1000
      $0.containers[0].securityContext.allowPrivilegeEscalation = false
      $0.containers[0].securityContext.capabilities.drop = ["ALL"]
      $0.containers[0].securityContext.seccompProfile = .runtimeDefault
    },
    SandboxProfile(name: "privileged") { $0.containers[0].securityContext.privileged = true },
    SandboxProfile(name: "hostNetwork") { $0.hostNetwork = true },
    SandboxProfile(name: "tty") { $0.containers[0].tty = true },
    SandboxProfile(name: "readOnlyRoot") { $0.containers[0].securityContext.readOnlyRootFilesystem = true },
  ]
}

extension Pod {
  static func test(_ name: String, _ change: (inout PodSpec) -> Void) -> Pod {
    test(name, ["/payload", "dump"], change)
  }
}

extension DumpText.Names {
  init(_ node: Node) {
    self.init(
      replacements: [(node.root, "<node>")],
      hostname: node.host.hostname,
      maximumOpenFiles: node.host.maximumOpenFiles
    )
  }
}

extension Sandbox {
  @Suite("BOX-01: a process sees exactly what was reviewed")
  struct DumpTests {
    @Test("BOX-01: the sandbox of each profile is the reviewed one", arguments: SandboxProfile.all)
    func golden(_ profile: SandboxProfile) async throws {
      try await Node.with { node in
        let result = try await node.withSandbox(profile.pod) { try await $0.run(try $0.configuration()) }
        #expect(result.exit.code == 0)
        let dump = try DumpText(result.output, DumpText.Names(node))
        let kernel = node.host.kernel
        try Golden.compare(dump.lines, "\(profile.name).\(kernel.major).\(kernel.minor).txt")
      }
    }

    @Test("BOX-01: what exec brings into a container sees the same", arguments: SandboxProfile.all.prefix(2))
    func exec(_ profile: SandboxProfile) async throws {
      try await Node.with { node in
        let result = try await node.withSandbox(profile.pod) { sandbox in
          var configuration = try await sandbox.configuration()
          configuration.specification.process.args = ["/payload", "sleep"]
          let container = try await sandbox.start(configuration)
          let result = try await container.exec(["/payload", "dump"])
          _ = try await container.kill()
          return result
        }
        #expect(result.exit.code == 0)
        let dump = try DumpText(result.output, DumpText.Names(node))
        let kernel = node.host.kernel
        try Golden.compare(dump.lines, "\(profile.name)-exec.\(kernel.major).\(kernel.minor).txt")
      }
    }

    @Test("BOX-01: the engine as a whole makes the same sandbox as the steps that these tests take one by one")
    func throughTheEngine() async throws {
      try await Node.with { node in
        let pod = SandboxProfile.standard.pod
        let stepwise = try await node.withSandbox(pod) { try await $0.run(try $0.configuration()) }
        let ports = PodEngine.Ports(
          runtime: node.runtime,
          images: OneImage(layers: [node.base]),
          ledger: node.ledger,
          clock: SystemClock()
        )
        let handle = try await PodEngine(ports, node.settings).accept(pod)
        var output = ""
        for await update in handle.updates {
          if case .ended(let name, let attempt, _, _) = update {
            let path = "\(node.directories.logs(pod))/\(PodDirectories.logFile(name, attempt))"
            output = String(decoding: LogTail.text(Array(try Files.text(path).utf8), isWhole: true), as: UTF8.self)
          }
        }
        try await handle.discard()
        let names = DumpText.Names(node)
        #expect(try DumpText(output, names).lines == DumpText(stepwise.output, names).lines)
      }
    }
  }
}

/// Finds one image under every name.
struct OneImage: ImageSource {
  let layers: [String]

  func pull(
    _ reference: ImageReference,
    for pod: Pod,
    holder: String,
    progress: @escaping @Sendable (String) -> Void
  ) async throws(ImageStoreError) -> UsableImage {
    throw .noSuchImage(ImageSelector(reference))
  }

  func find(_ reference: ImageReference, holder: String) async throws(ImageStoreError) -> UsableImage? {
    UsableImage(name: reference.description, id: "test", layers: layers, configuration: ImageConfiguration())
  }
}
