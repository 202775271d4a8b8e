import ArgumentParser
import Foundation
import Manifests
import Testing

@testable import Commands

@Suite("swiftlet explain tells what a field is and what becomes of it")
struct ExplainTests {
  private func page(_ path: String, recursive: Bool = false) throws -> String {
    FieldText.page(try FieldCatalogue.explain(path), recursive: recursive)
  }

  @Test func aFieldThatIsHonoured() throws {
    #expect(
      try page("pod.spec.containers.volumeMounts.recursiveReadOnly") == """
        pod.spec.containers.volumeMounts.recursiveReadOnly <string>
          honoured

          Whether mounts below the volume become read-only, too; only beside readOnly.
          One of: Disabled, IfPossible, Enabled
          Default: Disabled

        """
    )
  }

  @Test func aFieldThatIsRefusedWithItsFields() throws {
    #expect(
      try page("spec.containers.livenessProbe.grpc") == """
        pod.spec.containers.livenessProbe.grpc <GRPCAction>
          not yet: use exec, httpGet or tcpSocket

          Asks a server by the gRPC health checking protocol.

        Fields:
          port <integer> [not yet]
            The port's number.
          service <string> [not yet]
            The service that is asked about.

        """
    )
  }

  @Test func allFieldsBelow() throws {
    #expect(
      try page("spec.volumes.hostPath", recursive: true).hasSuffix(
        "Fields:\n  path <string> -required-\n  type <string>\n"
      )
    )
    #expect(try page("spec.affinity").contains("  without effect here\n"))
    #expect(FieldText.kinds(recursive: true).contains("\n    terminationGracePeriodSeconds <integer>\n"))
    #expect(FieldText.kinds(recursive: false).split(separator: "\n").count == 6)
  }

  @Test func theCommandLine() throws {
    let command = try #require(try ExplainCommand.parseAsRoot(["spec.os", "--recursive"]) as? ExplainCommand)
    #expect(command.field == "spec.os" && command.recursive && !command.markdown)
  }

  @Test("the README has the list as the tables have it: swiftlet explain --markdown writes it")
  func readme() throws {
    let root = URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).joined(separator: "/")
    let text = try String(contentsOfFile: root + "/README.md", encoding: .utf8)
    let begin = try #require(text.range(of: "<!-- fields: swiftlet explain --markdown -->\n"))
    let end = try #require(text.range(of: "<!-- end of fields -->"))
    #expect(String(text[begin.upperBound..<end.lowerBound]) == FieldList.markdown)
  }
}
