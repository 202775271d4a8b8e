import RuntimeAPI
import Testing

@Suite("A field that says something is found, whatever it is")
struct SpecificationFieldsTests {
  private static let plain = RuntimeSpecification(root: .init(path: ""), process: .init(args: []))

  private func paths(_ change: (inout RuntimeSpecification) -> Void) -> Set<String> {
    var specification = Self.plain
    change(&specification)
    return SpecificationFields.nonDefaultPaths(of: specification)
      .subtracting(SpecificationFields.nonDefaultPaths(of: Self.plain))
  }

  @Test("Scalars, lists, maps and optionals by their paths")
  func paths() {
    #expect(paths { $0.root.readonly = true } == ["root.readonly"])
    #expect(paths { $0.process.oomScoreAdj = 0 } == ["process.oomScoreAdj"])
    #expect(paths { $0.process.user.additionalGids = [0] } == ["process.user.additionalGids"])
    #expect(paths { $0.process.env = ["A=b"] } == ["process.env"])
    #expect(paths { $0.linux.sysctl = ["net.x": "1"] } == ["linux.sysctl"])
    #expect(paths { $0.linux.resources.memory.limit = 0 } == ["linux.resources.memory.limit"])
    #expect(
      paths { $0.mounts = [.init(destination: "/a", type: "", source: "")] } == ["mounts.destination"]
    )
    #expect(
      paths { $0.linux.namespaces = [.init(type: .network, path: "/x")] }
        == ["linux.namespaces.type", "linux.namespaces.path"]
    )
  }

  @Test("Every field of a filter")
  func filter() {
    let full = SeccompProfile(
      defaultAction: .errno,
      defaultErrnoRet: 1,
      architectures: ["SCMP_ARCH_X86_64"],
      flags: ["SECCOMP_FILTER_FLAG_LOG"],
      syscalls: [
        SeccompRule(
          names: ["read"],
          action: .allow,
          errnoRet: 2,
          args: [SeccompArgument(index: 1, value: 2, valueTwo: 3, op: .maskedEqual)]
        )
      ]
    )
    let found = paths { $0.linux.seccomp = full }
    let fields = Mirror(reflecting: full).children.compactMap(\.label).filter { $0 != "syscalls" }.map {
      "linux.seccomp.\($0)"
    }
    let rule = Mirror(reflecting: full.syscalls[0]).children.compactMap(\.label).filter { $0 != "args" }
      .map { "linux.seccomp.syscalls.\($0)" }
    let argument = Mirror(reflecting: full.syscalls[0].args[0]).children.compactMap(\.label)
      .map { "linux.seccomp.syscalls.args.\($0)" }
    #expect(found == Set(fields + rule + argument))
  }

  @Test("The first field that is not honoured is named")
  func refusal() {
    var specification = Self.plain
    specification.process.selinuxLabel = "x"
    #expect(throws: RuntimeError.unsupported(path: "process.selinuxLabel", runtime: "test")) {
      try SpecificationFields.refuseFields(
        of: specification,
        notIn: SpecificationFields.nonDefaultPaths(of: Self.plain),
        runtime: "test"
      )
    }
  }
}
