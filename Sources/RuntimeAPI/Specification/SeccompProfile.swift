/// `linux.seccomp` of `config-linux.md`.
public struct SeccompProfile: Codable, Hashable, Sendable {
  /// What happens to system calls that no rule names.
  public var defaultAction: SeccompAction
  /// The error number of a default action that returns one.
  public var defaultErrnoRet: UInt32?
  /// `SCMP_ARCH_X86_64` and its like; empty means the native one.
  public var architectures: [String]
  /// `SECCOMP_FILTER_FLAG_LOG` and its like.
  public var flags: [String]
  /// The rules.
  public var syscalls: [SeccompRule]

  /// Makes a profile.
  public init(
    defaultAction: SeccompAction,
    defaultErrnoRet: UInt32? = nil,
    architectures: [String] = [],
    flags: [String] = [],
    syscalls: [SeccompRule] = []
  ) {
    self.defaultAction = defaultAction
    self.defaultErrnoRet = defaultErrnoRet
    self.architectures = architectures
    self.flags = flags
    self.syscalls = syscalls
  }
}

/// One entry of `linux.seccomp.syscalls`.
public struct SeccompRule: Codable, Hashable, Sendable {
  /// System call names.
  public var names: [String]
  /// What happens to them.
  public var action: SeccompAction
  /// The error number of an action that returns one.
  public var errnoRet: UInt32?
  /// All of these must hold for the rule to apply.
  public var args: [SeccompArgument]

  /// Makes a rule.
  public init(names: [String], action: SeccompAction, errnoRet: UInt32? = nil, args: [SeccompArgument] = []) {
    self.names = names
    self.action = action
    self.errnoRet = errnoRet
    self.args = args
  }
}

/// One condition on an argument.
public struct SeccompArgument: Codable, Hashable, Sendable {
  /// Which argument, from 0.
  public var index: UInt32
  /// The value to compare with; the mask of a masked comparison.
  public var value: UInt64
  /// The value that a masked comparison must give.
  public var valueTwo: UInt64
  /// The comparison.
  public var op: SeccompOperator

  /// Makes a condition.
  public init(index: UInt32, value: UInt64, valueTwo: UInt64 = 0, op: SeccompOperator) {
    self.index = index
    self.value = value
    self.valueTwo = valueTwo
    self.op = op
  }
}

/// Actions of `seccomp(2)` in the spelling of `config-linux.md`.
public enum SeccompAction: String, Codable, Hashable, Sendable {
  case kill = "SCMP_ACT_KILL"
  case killProcess = "SCMP_ACT_KILL_PROCESS"
  case killThread = "SCMP_ACT_KILL_THREAD"
  case trap = "SCMP_ACT_TRAP"
  case errno = "SCMP_ACT_ERRNO"
  case trace = "SCMP_ACT_TRACE"
  case allow = "SCMP_ACT_ALLOW"
  case log = "SCMP_ACT_LOG"
  case notify = "SCMP_ACT_NOTIFY"
}

/// Comparisons of `config-linux.md`.
public enum SeccompOperator: String, Codable, Hashable, Sendable {
  case notEqual = "SCMP_CMP_NE"
  case less = "SCMP_CMP_LT"
  case lessOrEqual = "SCMP_CMP_LE"
  case equal = "SCMP_CMP_EQ"
  case greaterOrEqual = "SCMP_CMP_GE"
  case greater = "SCMP_CMP_GT"
  case maskedEqual = "SCMP_CMP_MASKED_EQ"
}

extension SeccompProfile {
  /// Reads the specification's JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    defaultAction = try container.decode(SeccompAction.self, forKey: .defaultAction)
    defaultErrnoRet = try container.decodeIfPresent(UInt32.self, forKey: .defaultErrnoRet)
    architectures = try container.value(.architectures, default: [])
    flags = try container.value(.flags, default: [])
    syscalls = try container.value(.syscalls, default: [])
  }
}

extension SeccompRule {
  /// Reads the specification's JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    names = try container.decode([String].self, forKey: .names)
    action = try container.decode(SeccompAction.self, forKey: .action)
    errnoRet = try container.decodeIfPresent(UInt32.self, forKey: .errnoRet)
    args = try container.value(.args, default: [])
  }
}

extension SeccompArgument {
  /// Reads the specification's JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    index = try container.decode(UInt32.self, forKey: .index)
    value = try container.decode(UInt64.self, forKey: .value)
    valueTwo = try container.value(.valueTwo, default: 0)
    op = try container.decode(SeccompOperator.self, forKey: .op)
  }
}
