import Testing

@testable import RuntimeAPI
@testable import RuntimeTestKit

@Suite("The table of a specification's fields has each of them, and nothing else")
struct KnownFieldsTests {
  @Test("Every field of a specification that has something in each list")
  func everyField() {
    var full = RuntimeSpecification(root: .init(path: ""), process: .init(args: []))
    full.mounts = [.init(destination: "", type: "", source: "")]
    full.process.rlimits = [.init(type: "", soft: 0, hard: 0)]
    full.linux.namespaces = [.init(type: .pid)]
    full.linux.devices = [.init(type: "", path: "", major: 0, minor: 0)]
    full.linux.resources.devices = [.init(allow: false)]
    full.linux.seccomp = SeccompProfile(
      defaultAction: .errno,
      architectures: [],
      syscalls: [SeccompRule(names: [], action: .allow, args: [SeccompArgument(index: 0, value: 0, op: .equal)])]
    )
    #expect(FieldWalk.leaves(full, at: "") == SpecificationFields.knownPaths)
  }
}
