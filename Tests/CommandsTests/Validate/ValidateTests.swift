import ArgumentParser
import JSONText
import Manifests
import Testing

@testable import Commands

@Suite("swiftlet validate tells every problem, and every object that has none")
struct ValidateTests {
  static let pod = """
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      nodeName: n1
      containers: [{name: main, image: a:1}]
    ---
    apiVersion: v1
    kind: Secret
    metadata: {name: s}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: c}
    """

  @Test func objects() {
    let result = ManifestReader.read(Self.pod, file: "f")
    #expect(
      ValidationReport(result).summary == "pod shop/web: valid\nconfigmap default/c: valid\nsecret default/s: valid\n"
    )
    #expect(
      ValidationReport(result, verbose: true).summary.hasPrefix(
        "f:5:3: note: spec.nodeName: without effect on a single node\npod shop/web: valid\n"
      )
    )
    #expect(
      ValidationReport(result).json
        == #"{"diagnostics":[],"objects":[{"kind":"pod","name":"web","namespace":"shop"},"#
        + #"{"kind":"configmap","name":"c","namespace":"default"},{"kind":"secret","name":"s","namespace":"default"}],"#
        + #""valid":true,"withoutEffect":[{"column":3,"file":"f","hint":null,"line":5,"#
        + #""message":"spec.nodeName: without effect on a single node","severity":"note"}]}"#
    )
  }

  @Test func problems() {
    let result = ManifestReader.read(Self.pod.replacing("image", with: "imge"), file: "f")
    let report = ValidationReport(result)
    #expect(report.summary.isEmpty && report.problems.count == 2)
    #expect(
      report.problems.last == """
        f:6:29: error: spec.containers[0].imge: unknown field; did you mean image?
            containers: [{name: main, imge: a:1}]
                                      ^
        """
    )
    #expect(report.json.hasPrefix(#"{"diagnostics":[{"column":16,"file":"f","hint":null,"line":6,"#))
    #expect(report.json.contains(#""objects":[],"valid":false"#))
  }

  @Test func theCommandLine() throws {
    let parsed = try ValidateCommand.parseAsRoot(["-f", "a", "-f", "b", "-v", "-o", "json"])
    let command = try #require(parsed as? ValidateCommand)
    #expect(command.filename == ["a", "b"] && command.verbose && command.output == .json)
    #expect(throws: (any Error).self) { try ValidateCommand.parseAsRoot([]) }
  }
}
