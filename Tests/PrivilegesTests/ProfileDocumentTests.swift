import RuntimeAPI
import Testing

@testable import Privileges

@Suite("A profile file means what it says, or is refused with the place of what is wrong")
struct ProfileDocumentTests {
  static func parse(_ text: String, _ capabilities: CapabilitySet = .containerDefault) throws -> SeccompProfile {
    try ProfileDocument.parse(Array(text.utf8), for: RuntimeDefaultTests.target(capabilities))
  }

  @Test("The OCI form")
  func oci() throws {
    let profile = try Self.parse(
      """
      {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 99, "architectures": ["SCMP_ARCH_X86_64"],
       "flags": ["SECCOMP_FILTER_FLAG_LOG"],
       "syscalls": [
        {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["clone"], "action": "SCMP_ACT_LOG",
         "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]}]}
      """
    )
    let expected = SeccompProfile(
      defaultAction: .errno,
      defaultErrnoRet: 99,
      architectures: ["SCMP_ARCH_X86_64"],
      flags: ["SECCOMP_FILTER_FLAG_LOG"],
      syscalls: [
        SeccompRule(names: ["read", "write"], action: .allow),
        SeccompRule(
          names: ["clone"],
          action: .log,
          args: [SeccompArgument(index: 0, value: 0x7e02_0000, valueTwo: 0, op: .maskedEqual)]
        ),
      ]
    )
    #expect(profile == expected)
    #expect(try FilterCompiler.compile(profile, for: .amd64).flags == 2)
  }

  @Test("Docker's form: archMap, name, includes, excludes, comment, null")
  func docker() throws {
    let text = """
      {"defaultAction": "SCMP_ACT_ERRNO", "architectures": null,
       "archMap": [
        {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]},
        {"architecture": "SCMP_ARCH_RISCV64", "subArchitectures": null}],
       "syscalls": [
        {"name": "read", "action": "SCMP_ACT_ALLOW", "args": null, "comment": "c", "includes": {}, "excludes": {}},
        {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
        {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN"], "arches": ["s390"]}},
        {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8", "arches": ["amd64"]}},
        {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "99.1"}}]}
      """
    let plain = try Self.parse(text)
    #expect(plain.architectures == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"])
    #expect(plain.syscalls.flatMap(\.names) == ["read", "clone", "ptrace"])
    #expect(try Self.parse(text, .sysAdmin).syscalls.flatMap(\.names) == ["read", "mount", "ptrace"])
  }

  static let rule = #"{"names": ["read"], "action": "SCMP_ACT_ALLOW"#
  static let refused: [(text: String, place: String, words: String)] = [
    ("", "", "not a JSON document"), ("[]", "", "expected an object"), ("{}", "defaultAction", "is missing"),
    (#"{"defaultAction": "SCMP_ACT_ALLOW"} x"#, "", "not a JSON document"),
    (#"{"defaultAction": "SCMP_ACT_ALLOW", "defaultAction": "SCMP_ACT_KILL"}"#, "", "not a JSON document"),
    (#"{"defaultAction": "SCMP_ACT_ALOW"}"#, "defaultAction", "did you mean SCMP_ACT_ALLOW?"),
    (#"{"defaultAction": "scmp_act_allow"}"#, "defaultAction", "unknown value"),
    (#"{"defaultAction": 7}"#, "defaultAction", "expected a string, found 7"),
    (#"{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": -1}"#, "defaultErrnoRet", "from 0"),
    (#"{"defaultAction": "SCMP_ACT_ALLOW", "syscals": []}"#, "", "did you mean syscalls?"),
    (#"{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/s"}"#, "listenerPath", "not supported"),
    (#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": {}}"#, "syscalls", "expected an array"),
    (#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [7]}"#, "syscalls[0]", "expected an object"),
    (#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"]}]}"#, "syscalls[0].action", "missing"),
    (#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"action": "SCMP_ACT_LOG"}]}"#, "syscalls[0].names", "missing"),
    (
      #"{"defaultAction": "SCMP_ACT_LOG", "syscalls": [\#(rule)", "argz": []}]}"#, "syscalls[0]", "did you mean args?"
    ),
    (#"{"defaultAction": "SCMP_ACT_LOG", "syscalls": [\#(rule)", "name": "x"}]}"#, "syscalls[0].name", "exclude"),
    (#"{"defaultAction": "SCMP_ACT_LOG", "syscalls": [\#(rule)_"}]}"#, "syscalls[0].action", "SCMP_ACT_ALLOW"),
    (
      #"{"defaultAction": "SCMP_ACT_LOG", "syscalls": [\#(rule)", "args": [{"index": 0, "value": 1}]}]}"#,
      "syscalls[0].args[0].op", "missing"
    ),
    (
      #"{"defaultAction": "SCMP_ACT_LOG", "syscalls": [\#(rule)", "args": [{"index": 0, "value": 1.5, "op": ""}]}]}"#,
      "syscalls[0].args[0].value", "whole number"
    ),
    (
      #"{"defaultAction": "SCMP_ACT_LOG", "syscalls": [\#(rule)", "args": [{"index": 0, "value": 18446744073709551615}]}]}"#,
      "syscalls[0].args[0].value", "9223372036854775807"
    ),
    (
      #"{"defaultAction": "SCMP_ACT_LOG", "syscalls": [\#(rule)", "includes": {"caps": ["CAP_NOPE"]}}]}"#,
      "syscalls[0].includes.caps[0]", "unknown capability"
    ),
    (
      #"{"defaultAction": "SCMP_ACT_LOG", "syscalls": [\#(rule)", "includes": {"minKernel": "x"}}]}"#,
      "syscalls[0].includes.minKernel", "version"
    ),
  ]

  @Test("What is wrong is refused with its place", arguments: refused)
  func refusals(row: (text: String, place: String, words: String)) throws {
    let error = #expect(throws: PrivilegesError.self) { try Self.parse(row.text) }
    #expect(error?.place == row.place)
    #expect(error?.problem.contains(row.words) == true, "\(String(describing: error))")
  }

  @Test("A file over the limit, deep nesting and random bytes end in an error, not in a trap")
  func hostile() throws {
    let large = Array(repeating: UInt8(ascii: " "), count: ProfileDocument.maximumBytes + 1)
    #expect(throws: PrivilegesError.self) {
      try ProfileDocument.parse(large, for: RuntimeDefaultTests.target([]))
    }
    #expect(throws: PrivilegesError.self) { try Self.parse(String(repeating: "[", count: 100_000)) }
    var random = SeededGenerator()
    let valid = Array(#"{"defaultAction":"SCMP_ACT_LOG","syscalls":[{"names":["a"],"action":"SCMP_ACT_LOG"}]}"#.utf8)
    for _ in 0..<5_000 {
      var bytes = valid
      for _ in 0...(random.next() % 4) {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      // Either outcome is right; what is tested is that there is one.
      do {
        _ = try ProfileDocument.parse(bytes, for: RuntimeDefaultTests.target([]))
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
  }
}
