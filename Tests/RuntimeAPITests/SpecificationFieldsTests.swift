import Testing

@testable import RuntimeAPI

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

  @Test("Every field of a specification that has something in each list")
  func everyField() {
    var full = Self.plain
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
    #expect(leaves(full, at: "") == SpecificationFields.knownPaths)
  }

  private func leaves(_ value: Any, at path: String) -> Set<String> {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional, .collection:
      let nested = mirror.children.map { leaves($0.value, at: path) }
      return nested.isEmpty ? [path] : nested.reduce(into: []) { $0.formUnion($1) }
    case .struct where !mirror.children.isEmpty && !(value is String):
      return mirror.children.reduce(into: []) { found, child in
        let name = child.label ?? ""
        found.formUnion(leaves(child.value, at: path.isEmpty ? name : "\(path).\(name)"))
      }
    default: return [path]
    }
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
