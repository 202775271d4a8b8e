import OCIRuntime
import RuntimeTestKit
import Testing

@Suite("OCI runtimes keep the promises of a container's life", .serialized)
struct ConformanceTests {
  static func subject(_ binary: String) -> ConformanceSubject {
    ConformanceSubject(name: "oci:\(binary)", capabilities: [.lifecycle]) { world in
      try OCIRuntime(
        OCIRuntimeConfiguration(
          binary: binary,
          runDirectory: world.runDirectory,
          shim: world.shim,
          hierarchy: world.hierarchy
        )
      )
    }
  }

  @Test("crun does", arguments: ConformanceCase.applicable(to: [.lifecycle]))
  func crun(_ promise: ConformanceCase) async throws {
    try await promise.run(on: Self.subject("crun"))
  }

  @Test("runc does", arguments: ConformanceCase.applicable(to: [.lifecycle]))
  func runc(_ promise: ConformanceCase) async throws {
    try await promise.run(on: Self.subject("runc"))
  }
}
