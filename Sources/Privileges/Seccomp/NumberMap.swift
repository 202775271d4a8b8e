import RuntimeAPI

/// What a profile decides for every number of one calling convention, as stretches of numbers with one decision.
///
/// Neighbours mostly share their fate, so a few hundred names become a few dozen stretches.
struct NumberMap {
  /// What happens to a call.
  enum Decision: Hashable {
    case verdict(UInt32)
    /// The first rule whose conditions hold, else the profile's default.
    case rules([RulePlan.Rule])
  }

  /// The first number of a stretch; it ends where the next one begins.
  struct Stretch: Hashable {
    var start: UInt32
    var decision: Decision
  }

  /// In ascending order, beginning with the convention's first number.
  let stretches: [Stretch]

  /// - Throws: ``PrivilegesError`` where a profile asks for what i386 cannot tell apart.
  init(_ plan: RulePlan, _ architecture: SeccompArchitecture) throws(PrivilegesError) {
    let background = Self.background(plan, architecture)
    func fallback(at number: UInt32) -> Decision {
      background.last { $0.start <= number }?.decision ?? .verdict(plan.defaultVerdict)
    }
    var calls = try architecture == .x86 ? Self.multiplexed(plan) : [:]
    for name in plan.names {
      guard let number = SyscallNumbers.number(of: name, on: architecture), let rules = plan.rules[name], !rules.isEmpty
      else { continue }
      calls[number] = Self.decision(rules)
    }
    var starts: [UInt32: Decision] = [:]
    // Behind every call the background goes on, unless something else begins there.
    for number in calls.keys where number < .max { starts[number + 1] = fallback(at: number + 1) }
    for stretch in background { starts[stretch.start] = stretch.decision }
    starts.merge(calls) { $1 }
    var merged: [Stretch] = []
    for (start, decision) in starts.sorted(by: { $0.key < $1.key }) where merged.last?.decision != decision {
      merged.append(Stretch(start: start, decision: decision))
    }
    stretches = merged
  }

  private static func decision(_ rules: [RulePlan.Rule]) -> Decision {
    if rules.count == 1, rules[0].conditions.isEmpty { return .verdict(rules[0].verdict) }
    return .rules(rules)
  }

  /// What happens to numbers that the profile has no rule for: the default; and ENOSYS for those newer than any that it
  /// names, so that a new C library falls back as it does on an old kernel instead of failing with EPERM (as in runc).
  private static func background(_ plan: RulePlan, _ architecture: SeccompArchitecture) -> [Stretch] {
    let bit = architecture.numberBit
    let byDefault = Decision.verdict(plan.defaultVerdict)
    let missing = Decision.verdict(Verdict.errno(Verdict.notImplemented))
    var result = [Stretch(start: bit, decision: byDefault)]
    let end = architecture.endOfCommonNumbers | bit
    let numbers = plan.names.compactMap { SyscallNumbers.number(of: $0, on: architecture) }
    // A profile that knows nothing here says nothing about age.
    guard plan.answersUnknownCalls, let newest = numbers.filter({ $0 < end }).max() else { return result }
    result.append(Stretch(start: newest + 1, decision: missing))
    switch architecture {
    case .arm: result.append(Stretch(start: end, decision: byDefault))
    case .x32:
      // Its own calls are 512 to 547 for good: new ones come from the common numbers.
      result += [Stretch(start: end, decision: byDefault), Stretch(start: end + 36, decision: missing)]
    default: break
    }
    return result
  }

  /// i386's `socketcall` and `ipc`: the first argument says which call is meant, the others lie in memory where no filter
  /// sees them. A rule with conditions therefore applies to all arguments here, as libseccomp has it; a rule for
  /// `socketcall` or `ipc` itself, which every published profile has, comes before.
  private static func multiplexed(_ plan: RulePlan) throws(PrivilegesError) -> [UInt32: Decision] {
    var rules: [UInt32: [RulePlan.Rule]] = [:]
    for name in plan.names {
      guard let call = SyscallNumbers.multiplexer(of: name) else { continue }
      let verdicts = Set((plan.rules[name] ?? []).map(\.verdict))
      guard verdicts.count <= 1 else {
        throw PrivilegesError(
          .unsupported,
          "syscalls",
          "\(name) has several actions depending on its arguments, which cannot be seen on SCMP_ARCH_X86; leave that "
            + "architecture out or use one action"
        )
      }
      guard let verdict = verdicts.first else { continue }
      let selector = SeccompArgument(index: 0, value: UInt64(call.selector), op: .equal)
      rules[call.number, default: []].append(RulePlan.Rule(verdict: verdict, conditions: [selector]))
    }
    return rules.mapValues(Decision.rules)
  }
}
