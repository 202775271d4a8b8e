import RuntimeAPI

/// The kernel's program for a profile: first the calling convention, then a search by halves over the stretches of
/// numbers, then the rules of a call that has conditions.
///
/// Written here and not exported from libseccomp for two reasons that were measured with its version 2.5.4. For calls with
/// several rules on the same argument its programs both miss calls and take calls that no rule names. And by joining
/// numbers that share a verdict the default profile takes 760 instructions instead of 1,500, which the kernel installs in
/// 0.17 ms instead of 0.34, a tenth of a container's start. Names and numbers are libseccomp's.
struct FilterProgram {
  private(set) var instructions: [FilterInstruction] = [.load(4)]
  private let defaultVerdict: UInt32

  /// - Throws: ``PrivilegesError`` where a profile asks for what i386 cannot tell apart.
  init(_ plan: RulePlan, _ architectures: [SeccompArchitecture]) throws(PrivilegesError) {
    defaultVerdict = plan.defaultVerdict
    for architecture in architectures where architecture != .x32 {
      var stretches = try NumberMap(plan, architecture).stretches
      if architecture == .amd64 {
        // x32 comes with x86_64's architecture word; where it is not filtered it is as foreign as another machine.
        let foreign = NumberMap.Stretch(
          start: SeccompArchitecture.x32.numberBit,
          decision: .verdict(Verdict.killThread)
        )
        stretches += architectures.contains(.x32) ? try NumberMap(plan, .x32).stretches : [foreign]
      }
      let section = [.load(0)] + search(stretches[...], architecture)
      // The accumulator still holds the architecture for the next section when this one is skipped.
      instructions += Self.branch(FilterInstruction.jumpIfEqual, architecture.auditArchitecture, over: section.count)
      instructions += section
    }
    // Whoever calls by another convention is killed, as with libseccomp.
    instructions.append(.verdict(Verdict.killThread))
  }

  /// Goes on if the comparison holds, else behind the next `count` instructions. A conditional jump reaches 255 of them.
  private static func branch(_ code: UInt16, _ operand: UInt32, over count: Int) -> [FilterInstruction] {
    if let reach = UInt8(exactly: count) { return [FilterInstruction(code, operand, ifTrue: 0, ifFalse: reach)] }
    return [
      FilterInstruction(code, operand, ifTrue: 1, ifFalse: 0),
      FilterInstruction(FilterInstruction.jump, UInt32(count)),
    ]
  }

  private func search(
    _ stretches: ArraySlice<NumberMap.Stretch>,
    _ architecture: SeccompArchitecture
  ) -> [FilterInstruction] {
    let middle = stretches.startIndex + stretches.count / 2
    guard stretches.count > 1, let pivot = stretches[middle...].first else {
      return stretches.first.map { block($0.decision, architecture) } ?? []
    }
    let upper = search(stretches[middle...], architecture)
    let lower = search(stretches[..<middle], architecture)
    return Self.branch(FilterInstruction.jumpIfGreaterOrEqual, pivot.start, over: upper.count) + upper + lower
  }

  private func block(_ decision: NumberMap.Decision, _ architecture: SeccompArchitecture) -> [FilterInstruction] {
    switch decision {
    case .verdict(let verdict): return [.verdict(verdict)]
    case .rules(let rules):
      let tests = rules.flatMap { test($0, architecture) }
      let isComplete = rules.last?.conditions.isEmpty == true
      return isComplete ? tests : tests + [.verdict(defaultVerdict)]
    }
  }

  /// Answers if all conditions hold, else goes on behind.
  private func test(_ rule: RulePlan.Rule, _ architecture: SeccompArchitecture) -> [FilterInstruction] {
    var tests: [FilterInstruction] = []
    var failures: [(position: Int, onTrue: Bool)] = []
    for condition in rule.conditions {
      let comparison = ArgumentComparison(condition, whole: architecture.comparesWholeArguments)
      failures += comparison.failures.map { ($0.position + tests.count, $0.onTrue) }
      tests += comparison.instructions
    }
    for failure in failures {
      // At most six comparisons of six instructions: always within a conditional jump's reach.
      let distance = UInt8(truncatingIfNeeded: tests.count - failure.position)
      if failure.onTrue {
        tests[failure.position].ifTrue = distance
      } else {
        tests[failure.position].ifFalse = distance
      }
    }
    return tests + [.verdict(rule.verdict)]
  }
}
