import RuntimeAPI

/// What rules decide that all look at one argument, as stretches of its values.
struct ArgumentStretches {
  /// From this value on, until the next stretch begins.
  struct Stretch: Equatable {
    var start: UInt64
    var verdict: UInt32
  }

  /// The argument's index.
  let index: UInt32
  /// In ascending order, the first begins at 0.
  let stretches: [Stretch]

  /// nil if the rules look at several arguments, at several of one call, or at single bits.
  ///
  /// - Parameter whole: Whether all 64 bits of an argument count, or the low 32.
  init?(_ rules: [RulePlan.Rule], otherwise: UInt32, whole: Bool) {
    guard let index = rules.first?.conditions.first?.index else { return nil }
    let mask: UInt64 = whole ? .max : 0xffff_ffff
    var tests: [(ranges: [ClosedRange<UInt64>], verdict: UInt32)] = []
    var otherwise = otherwise
    for rule in rules {
      if rule.conditions.isEmpty {
        otherwise = rule.verdict
        break
      }
      guard rule.conditions.count == 1, rule.conditions[0].index == index,
        let ranges = Self.ranges(rule.conditions[0], mask)
      else { return nil }
      tests.append((ranges, rule.verdict))
    }
    var starts: Set<UInt64> = [0]
    for range in tests.flatMap(\.ranges) {
      starts.insert(range.lowerBound)
      if range.upperBound < mask { starts.insert(range.upperBound + 1) }
    }
    var stretches: [Stretch] = []
    for start in starts.sorted() {
      let verdict = tests.first { $0.ranges.contains { $0.contains(start) } }?.verdict ?? otherwise
      if stretches.last?.verdict != verdict { stretches.append(Stretch(start: start, verdict: verdict)) }
    }
    self.index = index
    self.stretches = stretches
  }

  /// The values for which a comparison holds; nil for one of single bits.
  private static func ranges(_ condition: SeccompArgument, _ mask: UInt64) -> [ClosedRange<UInt64>]? {
    let value = condition.value & mask
    let below = value > 0 ? [0...value - 1] : []
    let above = value < mask ? [value + 1...mask] : []
    switch condition.op {
    case .equal: return [value...value]
    case .notEqual: return below + above
    case .less: return below
    case .lessOrEqual: return [0...value]
    case .greater: return above
    case .greaterOrEqual: return [value...mask]
    case .maskedEqual: return nil
    }
  }
}
