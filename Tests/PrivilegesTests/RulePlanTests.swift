import RuntimeAPI
import Testing

@testable import Privileges

@Suite("The compiler refuses what it cannot honour exactly")
struct RulePlanTests {
  static func argument(_ op: SeccompOperator, _ value: UInt64, _ two: UInt64 = 0, index: UInt32 = 0) -> SeccompArgument
  {
    SeccompArgument(index: index, value: value, valueTwo: two, op: op)
  }

  static func profile(_ rules: SeccompRule..., flags: [String] = []) -> SeccompProfile {
    SeccompProfile(defaultAction: .errno, flags: flags, syscalls: rules)
  }

  static let refused: [(profile: SeccompProfile, place: String, words: String)] = [
    (profile(SeccompRule(names: ["read"], action: .notify)), "syscalls[0].action", "SCMP_ACT_NOTIFY"),
    (SeccompProfile(defaultAction: .notify), "defaultAction", "SCMP_ACT_NOTIFY"),
    (SeccompProfile(defaultAction: .allow, defaultErrnoRet: 1), "defaultErrnoRet", "means nothing"),
    (SeccompProfile(defaultAction: .errno, defaultErrnoRet: 4096), "defaultErrnoRet", "4095"),
    (profile(SeccompRule(names: ["read"], action: .kill, errnoRet: 1)), "syscalls[0].errnoRet", "means nothing"),
    (profile(SeccompRule(names: ["read"], action: .trace, errnoRet: 65_536)), "syscalls[0].errnoRet", "65535"),
    (profile(SeccompRule(names: [], action: .allow)), "syscalls[0].names", "is empty"),
    (
      profile(SeccompRule(names: ["read"], action: .allow, args: [argument(.equal, 1, index: 6)])),
      "syscalls[0].args[0].index", "0 to 5"
    ),
    (
      profile(
        SeccompRule(names: ["read"], action: .allow, args: [argument(.greater, 1), argument(.less, 9)])
      ),
      "syscalls[0].args[1]", "second comparison"
    ),
    (
      profile(SeccompRule(names: ["read"], action: .allow, args: [argument(.maskedEqual, 0xf, 0x10)])),
      "syscalls[0].args[0]", "never hold"
    ),
    (
      profile(
        SeccompRule(names: ["read"], action: .log, args: [argument(.equal, 1)]),
        SeccompRule(names: ["write", "read"], action: .allow)
      ),
      "syscalls[1]", "\"read\" has another action"
    ),
    (
      profile(
        SeccompRule(names: ["read"], action: .log, args: [argument(.less, 5)]),
        SeccompRule(names: ["read"], action: .allow, args: [argument(.greater, 3)])
      ),
      "syscalls[1]", "exclude each other"
    ),
    (
      // Disjoint in 64 bits, the same in 32.
      profile(
        SeccompRule(names: ["read"], action: .log, args: [argument(.equal, 5)]),
        SeccompRule(names: ["read"], action: .allow, args: [argument(.equal, 0x1_0000_0005)])
      ),
      "syscalls[1]", "exclude each other"
    ),
    (profile(flags: ["SECCOMP_FILTER_FLAG_NEW_LISTENER"]), "flags[0]", "unknown flag"),
    (profile(flags: ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]), "flags[0]", "not supported"),
    (SeccompProfile(defaultAction: .allow, architectures: ["SCMP_ARCH_Z80"]), "architectures[0]", "unknown"),
  ]

  @Test("Refused by name", arguments: refused)
  func refusals(row: (profile: SeccompProfile, place: String, words: String)) throws {
    let error = #expect(throws: PrivilegesError.self) { try FilterCompiler.compile(row.profile, for: .amd64) }
    #expect(error?.place == row.place)
    #expect(error?.problem.contains(row.words) == true, "\(String(describing: error))")
  }

  @Test(
    "Rules with different actions are fine where they exclude each other",
    arguments: [
      (argument(.equal, 1), argument(.equal, 2)), (argument(.less, 5), argument(.greaterOrEqual, 5)),
      (argument(.lessOrEqual, 4), argument(.greater, 4)), (argument(.notEqual, 7), argument(.equal, 7)),
      (argument(.maskedEqual, 0x3, 0x1), argument(.maskedEqual, 0x7, 0x2)),
      (argument(.maskedEqual, 0x3, 0x1), argument(.equal, 2)),
    ]
  )
  func disjoint(first: SeccompArgument, second: SeccompArgument) throws {
    let profile = Self.profile(
      SeccompRule(names: ["getpid", "mseal"], action: .log, args: [first]),
      SeccompRule(names: ["getpid", "mseal"], action: .allow, args: [second])
    )
    let simulator = try FilterSimulator(FilterCompiler.compile(profile, for: .amd64).bytes)
    let model = ProfileModel(profile: profile, platform: .amd64)
    let bounds = FilterCompilerTests.newest(model)
    for value in UInt64(0)..<16 {
      for number in [39, 462] as [UInt32] {
        let call = Call(architecture: 0xc000_003e, number: number, arguments: [value, 0, 0, 0, 0, 0])
        #expect(try simulator.verdict(call) == model.verdict(call, newest: bounds))
      }
    }
  }

  @Test("A combination that libseccomp 2.5's own program gets wrong")
  func libraryDefect() throws {
    let profile = Self.profile(
      SeccompRule(names: ["personality"], action: .allow, args: [Self.argument(.less, 4)]),
      SeccompRule(names: ["personality"], action: .allow, args: [Self.argument(.lessOrEqual, 0x1_0000_0007)])
    )
    let simulator = try FilterSimulator(FilterCompiler.compile(profile, for: .amd64).bytes)
    let call = Call(architecture: 0xc000_003e, number: 135, arguments: [4, 0, 0, 0, 0, 0])
    #expect(try simulator.verdict(call) == 0x7fff_0000)
  }

  @Test("Unknown names and other machines' architectures are skipped and said")
  func notes() throws {
    let profile = SeccompProfile(
      defaultAction: .errno,
      architectures: ["SCMP_ARCH_S390X"],
      syscalls: [SeccompRule(names: ["read", "no_such_call", "read\0x", "riscv_hwprobe"], action: .allow)]
    )
    let notes = try FilterCompiler.compile(profile, for: .amd64).notes
    #expect(notes.count == 3)
    #expect(notes.first?.contains("SCMP_ARCH_S390X") == true)
    #expect(notes.contains { $0.contains("\"no_such_call\"") })
    #expect(notes.contains { $0.contains("\\x00") })
  }

  @Test("Too much is refused before it costs anything")
  func limits() throws {
    // Tests of single bits cannot be joined.
    let conditions = (0..<2_000).map {
      SeccompRule(names: ["read"], action: .allow, args: [Self.argument(.maskedEqual, UInt64($0))])
    }
    let rules = #expect(throws: PrivilegesError.self) {
      try FilterCompiler.compile(SeccompProfile(defaultAction: .errno, syscalls: conditions), for: .amd64)
    }
    #expect(rules?.problem.contains("1024") == true)
    let longest = #expect(throws: PrivilegesError.self) {
      try FilterCompiler.compile(
        SeccompProfile(
          defaultAction: .errno,
          architectures: ["SCMP_ARCH_X32", "SCMP_ARCH_X86"],
          syscalls: Array(conditions.prefix(1_000))
        ),
        for: .amd64
      )
    }
    #expect(longest?.problem.contains("BPF_MAXINSNS") == true, "\(String(describing: longest))")
    let names = SeccompRule(names: (0..<9_000).map { "call_\($0)" }, action: .allow)
    #expect(throws: PrivilegesError.self) {
      try FilterCompiler.compile(SeccompProfile(defaultAction: .errno, syscalls: [names]), for: .amd64)
    }
  }

  @Test("Unknown calls keep the default where it lets calls through", arguments: [SeccompAction.allow, .log, .trace])
  func permissiveDefault(action: SeccompAction) throws {
    let profile = SeccompProfile(
      defaultAction: action,
      syscalls: [SeccompRule(names: ["read"], action: .killProcess)]
    )
    let simulator = try FilterSimulator(FilterCompiler.compile(profile, for: .amd64).bytes)
    let call = Call(architecture: 0xc000_003e, number: 999, arguments: [0, 0, 0, 0, 0, 0])
    #expect(try simulator.verdict(call) == ProfileModel.word(action, nil))
  }
}
