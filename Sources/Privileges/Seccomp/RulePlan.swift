import RuntimeAPI

/// A profile checked and grouped by system call: what the compiler works on.
struct RulePlan: Hashable, Sendable {
  /// One rule for one system call.
  struct Rule: Hashable, Sendable {
    /// The kernel's `SECCOMP_RET_…` word.
    var verdict: UInt32
    /// All must hold; at most one per argument.
    var conditions: [SeccompArgument]
  }

  /// Bounds on the effort that a file can cause.
  enum Limits {
    static let names = 8_192
    static let rulesWithConditions = 1_024
  }

  /// What no rule decides.
  let defaultVerdict: UInt32
  /// `SECCOMP_FILTER_FLAG_…` for `seccomp(2)`.
  let flags: UInt32
  /// Every name that the profile has a rule for, in order of appearance, with the rules that differ from the default.
  private(set) var names: [String] = []
  /// The rules of a name in order; unconditional ones last and at most one.
  private(set) var rules: [String: [Rule]] = [:]

  /// Checks a profile.
  ///
  /// - Throws: ``PrivilegesError`` with the path of what is wrong, `syscalls[3].args[0].index`.
  init(_ profile: SeccompProfile) throws(PrivilegesError) {
    defaultVerdict = try Self.verdict(profile.defaultAction, profile.defaultErrnoRet, "default", "")
    flags = try Self.flags(profile.flags)
    var total = 0
    var conditional = 0
    for (index, rule) in profile.syscalls.enumerated() {
      let place = "syscalls[\(index)]"
      let verdict = try Self.verdict(rule.action, rule.errnoRet, "", place + ".")
      try Self.checkConditions(rule.args, place)
      guard !rule.names.isEmpty else {
        throw PrivilegesError(.invalid, place + ".names", "is empty; a rule names at least one system call")
      }
      total += rule.names.count
      conditional += rule.args.isEmpty ? 0 : rule.names.count
      guard total <= Limits.names, conditional <= Limits.rulesWithConditions else {
        throw PrivilegesError(
          .invalid,
          place,
          "the profile has more than \(Limits.names) names or \(Limits.rulesWithConditions) conditional rules"
        )
      }
      for name in rule.names {
        try add(Rule(verdict: verdict, conditions: rule.args.sorted { $0.index < $1.index }), name: name, place: place)
      }
    }
  }

  /// Whether a call that the profile does not know yet answers ENOSYS: only where it would be refused anyway, and not
  /// where a tracer decides (as in runc).
  var answersUnknownCalls: Bool {
    switch defaultVerdict & Verdict.actionMask {
    case Verdict.allow, Verdict.log, Verdict.trace: false
    default: defaultVerdict != Verdict.errno(Verdict.notImplemented)
    }
  }

  private mutating func add(_ rule: Rule, name: String, place: String) throws(PrivilegesError) {
    if rules[name] == nil {
      names.append(name)
      rules[name] = []
    }
    // What says no more than the default does changes nothing.
    guard rule.verdict != defaultVerdict, var present = rules[name], !present.contains(rule) else { return }
    for other in present where other.verdict != rule.verdict && !RuleOverlap.areDisjoint(rule, other) {
      throw PrivilegesError(
        .unsupported,
        place,
        "\(quoted(name)) has another action in an earlier rule, and both may apply to the same call; the order of "
          + "rules means nothing to the kernel's filter, so make their arguments exclude each other"
      )
    }
    if present.last?.conditions.isEmpty == true { return }
    if rule.conditions.isEmpty { present = [] }
    rules[name] = present + [rule]
  }

  private static func checkConditions(_ arguments: [SeccompArgument], _ place: String) throws(PrivilegesError) {
    var seen: Set<UInt32> = []
    for (position, argument) in arguments.enumerated() {
      let place = "\(place).args[\(position)]"
      guard argument.index < 6 else {
        throw PrivilegesError(.invalid, place + ".index", "is \(argument.index); a system call has arguments 0 to 5")
      }
      guard seen.insert(argument.index).inserted else {
        throw PrivilegesError(
          .unsupported,
          place,
          "a second comparison of argument \(argument.index) in one rule; runc would make them alternatives, write two "
            + "rules if that is meant"
        )
      }
      if argument.op == .maskedEqual, argument.valueTwo & ~argument.value != 0 {
        throw PrivilegesError(
          .invalid,
          place,
          "valueTwo has bits outside the mask in value, so the comparison can never hold"
        )
      }
    }
  }

  private static func flags(_ names: [String]) throws(PrivilegesError) -> UInt32 {
    var word: UInt32 = 0
    for (index, name) in names.enumerated() {
      switch name {
      case "SECCOMP_FILTER_FLAG_TSYNC": word |= 1
      case "SECCOMP_FILTER_FLAG_LOG": word |= 2
      case "SECCOMP_FILTER_FLAG_SPEC_ALLOW": word |= 4
      case "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV":
        throw PrivilegesError(.unsupported, "flags[\(index)]", "\(name) serves SCMP_ACT_NOTIFY, which is not supported")
      default: throw PrivilegesError(.invalid, "flags[\(index)]", "unknown flag \(quoted(name))")
      }
    }
    return word
  }
}
