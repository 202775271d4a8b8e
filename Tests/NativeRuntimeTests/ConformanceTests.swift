import NativeRuntime
import RuntimeTestKit
import Testing

@Suite("The native runtime keeps every promise of the runtime API", .serialized)
struct ConformanceTests {
  static let subject = ConformanceSubject(name: "native", capabilities: Set(Capability.allCases)) { world in
    try NativeRuntime(
      NativeRuntimeConfiguration(
        runDirectory: world.runDirectory,
        filterCache: world.directory + "/filters",
        shim: world.shim,
        hierarchy: world.hierarchy
      )
    )
  }

  @Test("it does", arguments: ConformanceCase.applicable(to: subject.capabilities))
  func conforms(_ promise: ConformanceCase) async throws {
    try await promise.run(on: Self.subject)
  }
}
