import CSeccomp
import Glibc
import PodModel
import Privileges
import RuntimeAPI
import Testing

/// How a call with null arguments ended: `KIND VALUE` of `payload syscalls`.
private typealias Outcomes = [String: [Int: String]]

/// What the default profile means for calls whose arguments are all zero, straight from its definition.
private struct NullCallModel {
  enum Verdict: Equatable { case allowed, refused, unknown, killed }

  let profile: RuntimeAPI.SeccompProfile

  /// Calling conventions by the names of the probe.
  static let conventions: [String: SeccompArchitecture] =
    SeccompPlatform.native == .amd64 ? ["native": .amd64, "i386": .x86, "x32": .x32] : ["native": .arm64]

  /// libseccomp's tokens of architectures (seccomp.h).
  private static let tokens: [SeccompArchitecture: UInt32] = [
    .amd64: 0xc000_003e, .x86: 0x4000_0003, .x32: 0x4000_003e, .arm64: 0xc000_00b7,
  ]

  /// Numbers that Debian 12's library has no names for, from the kernel's tables; the same on every architecture.
  private static let late: [Int: String] = [
    457: "statmount", 458: "listmount", 459: "lsm_get_self_attr", 460: "lsm_set_self_attr", 461: "lsm_list_modules",
    462: "mseal", 463: "setxattrat", 464: "getxattrat", 465: "listxattrat", 466: "removexattrat",
  ]

  static func name(_ number: Int, _ architecture: SeccompArchitecture) -> String? {
    if architecture == .amd64 && number == 335 { return "uretprobe" }
    let raw = Int32(bitPattern: UInt32(number) | architecture.numberBit)
    if let token = tokens[architecture], let text = seccomp_syscall_resolve_num_arch(token, raw) {
      defer { free(text) }
      return String(cString: text)
    }
    return late[number]
  }

  /// The highest number that the profile names, from which on nothing is known.
  func newest(_ architecture: SeccompArchitecture) -> Int {
    let named = Set(profile.syscalls.flatMap(\.names))
    let end = architecture == .x32 ? 512 : 700
    return (0..<end).last { Self.name($0, architecture).map(named.contains) ?? false } ?? -1
  }

  func verdict(_ number: Int, _ architecture: SeccompArchitecture, newest: Int) -> Verdict {
    if let name = Self.name(number, architecture) {
      let rules = profile.syscalls.filter { $0.names.contains(name) && $0.args.allSatisfy(Self.holdsForZero) }
      if rules.contains(where: { $0.action == .allow }) { return .allowed }
      if let rule = rules.first(where: { $0.action == .errno }) {
        return rule.errnoRet == UInt32(ENOSYS) ? .unknown : .refused
      }
    }
    if number > newest, !(architecture == .x32 && (512...547).contains(number)) { return .unknown }
    return .refused
  }

  private static func holdsForZero(_ condition: SeccompArgument) -> Bool {
    switch condition.op {
    case .equal: condition.value == 0
    case .notEqual: condition.value != 0
    case .less: condition.value > 0
    case .lessOrEqual: true
    case .greater: false
    case .greaterOrEqual: condition.value == 0
    case .maskedEqual: condition.valueTwo == 0
    }
  }
}

extension Sandbox {
  @Suite("BOX-02: every system call number is answered as the profile says, in every calling convention")
  struct SyscallTests {
    private func outcomes(_ pod: Pod) async throws -> (Outcomes, RuntimeAPI.SeccompProfile?) {
      var found: Outcomes = [:]
      var profile: RuntimeAPI.SeccompProfile?
      try await Node.with { node in
        let oracle = try EscapeOracle(node)
        let result = try await node.withSandbox(pod) { sandbox in
          let configuration = try await sandbox.configuration()
          profile = configuration.specification.linux.seccomp
          return try await sandbox.run(configuration)
        }
        #expect(result.exit.code == 0, "\(result.output.suffix(400))")
        for line in result.lines {
          let words = line.split(separator: " ").map(String.init)
          guard words.count == 4, let number = Int(words[1]) else { throw Trouble("the probe said: \(line)") }
          found[words[0], default: [:]][number] = "\(words[2]) \(words[3])"
        }
        try oracle.verify("every system call")
      }
      return (found, profile)
    }

    private func pod(_ name: String, _ change: @escaping (inout SecurityContext) -> Void) -> Pod {
      Pod.test(name, ["/payload", "syscalls", "600"]) { change(&$0.containers[0].securityContext) }
    }

    @Test("BOX-02: the default profile, with and without no_new_privs", arguments: [false, true])
    func defaultProfile(noNewPrivileges: Bool) async throws {
      let name = noNewPrivileges ? "box02-nnp" : "box02"
      let (confined, profile) = try await outcomes(
        pod(name) { $0.allowPrivilegeEscalation = noNewPrivileges ? false : nil }
      )
      // The same container without a filter: what the kernel itself says.
      let (free, none) = try await outcomes(
        pod(name + "-free") {
          $0.allowPrivilegeEscalation = noNewPrivileges ? false : nil
          $0.seccompProfile = .unconfined
        }
      )
      #expect(none == nil)
      let model = NullCallModel(profile: try #require(profile))
      #expect(Set(confined.keys) == Set(NullCallModel.conventions.keys))
      for (convention, architecture) in NullCallModel.conventions.sorted(by: { $0.key < $1.key }) {
        let newest = model.newest(architecture)
        #expect(newest > 400, "\(convention)")
        for number in 0...600 {
          let place = "\(convention) \(number) (\(NullCallModel.name(number, architecture) ?? "?"))"
          guard let confined = confined[convention]?[number], let free = free[convention]?[number] else {
            Issue.record("\(place) was not tried")
            continue
          }
          if convention == "native", Self.letPass.contains(number), confined == free { continue }
          verify(model.verdict(number, architecture, newest: newest), confined, free, place)
        }
      }
    }

    /// uretprobe and uprobe of x86_64, which the kernel lets pass every filter, since a process that is probed cannot help
    /// calling them; called by hand they fail (`__seccomp_filter` and `sys_uprobe` of Linux 6.18).
    private static let letPass: Set<Int> = SeccompPlatform.native == .amd64 ? [335, 336] : []

    private func verify(_ verdict: NullCallModel.Verdict, _ confined: String, _ free: String, _ place: String) {
      // A convention that the kernel does not have ends the process before any filter is asked.
      if free == "signal \(SIGSEGV)" && confined == free { return }
      switch verdict {
      case .refused: #expect(confined == "errno \(EPERM)", "\(place) is refused")
      case .unknown: #expect(confined == "errno \(ENOSYS)", "\(place) is unknown")
      case .killed: #expect(confined == "signal \(SIGSYS)", "\(place) kills")
      case .allowed:
        // Whatever the kernel says then; only not what a filter would say in its place.
        if ["errno \(EPERM)", "errno \(ENOSYS)", "signal \(SIGSYS)"].contains(confined) {
          #expect(confined == free, "\(place) is allowed")
        }
      }
    }
  }
}
