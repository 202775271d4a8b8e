import RuntimeAPI

/// The kernel's program for a profile: first the calling convention, then a search by halves over the stretches of
/// numbers, then the rules of a call that has conditions.
///
/// Written here and not exported from libseccomp for two reasons that were measured with its version 2.5.4. For calls with
/// several rules on the same argument its programs both miss calls and take calls that no rule names. And by joining
/// what shares a verdict the default profile takes a fourth of its 1,500 instructions, which the kernel translates at
/// every start of a container. Names and numbers are libseccomp's.
struct FilterProgram {
  private var assembler = FilterAssembler()
  private let defaultVerdict: UInt32

  /// As the kernel reads them.
  var instructions: [FilterInstruction] { assembler.instructions }

  /// - Throws: ``PrivilegesError`` where a profile asks for what i386 cannot tell apart.
  init(_ plan: RulePlan, _ architectures: [SeccompArchitecture]) throws(PrivilegesError) {
    defaultVerdict = plan.defaultVerdict
    // Whoever calls by another convention is killed, as with libseccomp.
    var next = assembler.verdict(Verdict.killThread)
    for architecture in architectures.reversed() where architecture != .x32 {
      var stretches = try NumberMap(plan, architecture).stretches
      if architecture == .amd64 {
        // x32 comes with x86_64's architecture word; where it is not filtered it is as foreign as another machine.
        let foreign = NumberMap.Stretch(
          start: SeccompArchitecture.x32.numberBit,
          decision: .verdict(Verdict.killThread)
        )
        stretches += architectures.contains(.x32) ? try NumberMap(plan, .x32).stretches : [foreign]
      }
      assembler.goOn(at: search(stretches[...], architecture.comparesWholeArguments))
      let section = assembler.prepend(.load(0))
      // The accumulator still holds the architecture where the next section begins.
      next = assembler.branch(
        FilterInstruction.jumpIfEqual,
        architecture.auditArchitecture,
        then: section,
        otherwise: next
      )
    }
    assembler.goOn(at: next)
    _ = assembler.prepend(.load(4))
  }

  private mutating func search(_ stretches: ArraySlice<NumberMap.Stretch>, _ whole: Bool) -> FilterAssembler.Label {
    let middle = stretches.startIndex + stretches.count / 2
    guard stretches.count > 1, let pivot = stretches[middle...].first else {
      return stretches.first.map { code(for: $0.decision, whole) } ?? assembler.verdict(defaultVerdict)
    }
    let (below, above) = (stretches[..<middle], stretches[middle...])
    // The longer part first, so that a shared verdict of the shorter one is chosen when it is as near as it gets.
    let (then, otherwise): (FilterAssembler.Label, FilterAssembler.Label)
    if Self.weight(below) >= Self.weight(above) {
      otherwise = search(below, whole)
      then = search(above, whole)
    } else {
      then = search(above, whole)
      otherwise = search(below, whole)
    }
    return assembler.branch(FilterInstruction.jumpIfGreaterOrEqual, pivot.start, then: then, otherwise: otherwise)
  }

  /// Roughly how much code a part needs.
  private static func weight(_ stretches: ArraySlice<NumberMap.Stretch>) -> Int {
    stretches.reduce(0) { sum, stretch in
      if case .rules(let rules) = stretch.decision { return sum + 10 * rules.count }
      return sum + 1
    }
  }

  private mutating func code(for decision: NumberMap.Decision, _ whole: Bool) -> FilterAssembler.Label {
    switch decision {
    case .verdict(let verdict): return assembler.verdict(verdict)
    case .rules(let rules):
      let otherwise = defaultVerdict
      return assembler.block(rules, whole: whole) { Self.write(rules, otherwise, whole, &$0) }
    }
  }

  private static func write(
    _ rules: [RulePlan.Rule],
    _ otherwise: UInt32,
    _ whole: Bool,
    _ assembler: inout FilterAssembler
  ) -> FilterAssembler.Label {
    if let map = ArgumentStretches(rules, otherwise: otherwise, whole: whole) {
      return ArgumentSearch(argument: map.index, whole: whole).write(map.stretches[...], &assembler)
    }
    var label = assembler.verdict(otherwise)
    for rule in rules.reversed() {
      var holds = assembler.verdict(rule.verdict)
      for condition in rule.conditions.reversed() {
        holds = ArgumentComparison(condition, whole: whole).write(then: holds, otherwise: label, &assembler)
      }
      label = holds
    }
    return label
  }
}
