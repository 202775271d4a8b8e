import CSeccomp
import Glibc
import RuntimeAPI

@testable import Privileges

/// What a profile means, written down straight from its definition: no groups, no tree, no instructions.
struct ProfileModel {
  let profile: SeccompProfile
  let platform: SeccompPlatform

  /// Numbers that Debian 12's library has no names for, from the kernel's tables.
  static let late: [String: UInt32] = [
    "statmount": 457, "listmount": 458, "lsm_get_self_attr": 459, "lsm_set_self_attr": 460, "lsm_list_modules": 461,
    "mseal": 462, "setxattrat": 463, "getxattrat": 464, "listxattrat": 465, "removexattrat": 466,
    "open_tree_attr": 467, "file_getattr": 468, "file_setattr": 469,
  ]

  /// The name behind a number, from the library's tables backwards.
  static func name(_ number: UInt32, _ architecture: SeccompArchitecture) -> String? {
    let plain = number & ~architecture.numberBit
    if architecture == .amd64 && plain == 335 { return "uretprobe" }
    if let text = seccomp_syscall_resolve_num_arch(architecture.token, Int32(bitPattern: number)) {
      defer { free(text) }
      return String(cString: text)
    }
    return late.first { $0.value == plain }?.key
  }

  static func word(_ action: SeccompAction, _ errno: UInt32?) -> UInt32 {
    switch action {
    case .kill, .killThread: 0
    case .killProcess: 0x8000_0000
    case .trap: 0x3_0000
    case .errno: 0x5_0000 + (errno ?? 1)
    case .trace: 0x7ff0_0000 + (errno ?? 1)
    case .log: 0x7ffc_0000
    case .allow: 0x7fff_0000
    case .notify: 0x7fc0_0000
    }
  }

  /// The highest common number that the profile names on an architecture.
  func newest(_ architecture: SeccompArchitecture) -> UInt32? {
    let named = Set(profile.syscalls.flatMap(\.names))
    let end: UInt32 = architecture == .x32 ? 512 : 700
    return (0..<end).last { Self.name($0 | architecture.numberBit, architecture).map(named.contains) ?? false }
  }

  func verdict(_ call: Call, newest: [SeccompArchitecture: UInt32]) -> UInt32 {
    let isX32 = call.architecture == SeccompArchitecture.amd64.token && call.number & 0x4000_0000 != 0
    let architecture = platform.architectures.first {
      $0.auditArchitecture == call.architecture && ($0 == .x32) == isX32
    }
    guard let architecture,
      architecture == platform.primary || profile.architectures.contains(architecture.rawValue)
    else { return 0 }
    let byDefault = Self.word(profile.defaultAction, profile.defaultErrnoRet)
    if let name = Self.name(call.number, architecture) {
      let rules = profile.syscalls.filter { $0.names.contains(name) && Self.word($0.action, $0.errnoRet) != byDefault }
      if let rule = rules.first(where: \.args.isEmpty) { return Self.word(rule.action, rule.errnoRet) }
      let whole = architecture != .x86 && architecture != .arm
      if let rule = rules.first(where: { $0.args.allSatisfy { Self.holds($0, call, whole: whole) } }) {
        return Self.word(rule.action, rule.errnoRet)
      }
    }
    let plain = call.number & ~architecture.numberBit
    let isRefusal = [SeccompAction.errno, .kill, .killThread, .killProcess, .trap].contains(profile.defaultAction)
    if isRefusal, let bound = newest[architecture] {
      let isOwnX32 = architecture == .x32 && (512...547).contains(plain)
      let isOwnARM = architecture == .arm && plain >= 0xf_0000
      if plain > bound && !isOwnX32 && !isOwnARM { return 0x5_0000 + 38 }
    }
    return byDefault
  }

  static func holds(_ condition: SeccompArgument, _ call: Call, whole: Bool) -> Bool {
    let width: UInt64 = whole ? .max : 0xffff_ffff
    let argument = call.arguments[Int(condition.index)] & width
    let value = condition.value & width
    return switch condition.op {
    case .equal: argument == value
    case .notEqual: argument != value
    case .less: argument < value
    case .lessOrEqual: argument <= value
    case .greater: argument > value
    case .greaterOrEqual: argument >= value
    case .maskedEqual: argument & value == condition.valueTwo & width
    }
  }
}
