import RuntimeAPI

/// Decides whether two rules for the same system call can apply to the same arguments.
enum RuleOverlap {
  /// Whether it is certain that no call meets the conditions of both.
  ///
  /// Judged on the low 32 bits too, which is all that a 32-bit calling convention compares.
  static func areDisjoint(_ first: RulePlan.Rule, _ second: RulePlan.Rule) -> Bool {
    [UInt64.max, UInt64(UInt32.max)].allSatisfy { width in
      first.conditions.contains { one in
        second.conditions.contains { other in
          one.index == other.index && areDisjoint(truncated(one, width), truncated(other, width), width)
        }
      }
    }
  }

  private static func truncated(_ condition: SeccompArgument, _ width: UInt64) -> SeccompArgument {
    SeccompArgument(
      index: condition.index,
      value: condition.value & width,
      valueTwo: condition.valueTwo & width,
      op: condition.op
    )
  }

  private static func areDisjoint(_ one: SeccompArgument, _ other: SeccompArgument, _ width: UInt64) -> Bool {
    switch (one.op, other.op) {
    case (.maskedEqual, .maskedEqual): return (one.valueTwo ^ other.valueTwo) & one.value & other.value != 0
    case (.maskedEqual, .equal): return other.value & one.value != one.valueTwo
    case (.equal, .maskedEqual): return one.value & other.value != other.valueTwo
    case (.notEqual, .equal), (.equal, .notEqual): return one.value == other.value
    default:
      guard let first = range(of: one, width), let second = range(of: other, width) else { return false }
      return first.isEmpty || second.isEmpty || first.high < second.low || second.high < first.low
    }
  }

  /// The values that a comparison accepts, where they are one range.
  private static func range(of condition: SeccompArgument, _ width: UInt64) -> Range? {
    let value = condition.value
    return switch condition.op {
    case .equal: Range(low: value, high: value)
    case .less: value == 0 ? .none(width) : Range(low: 0, high: value - 1)
    case .lessOrEqual: Range(low: 0, high: value)
    case .greater: value == width ? .none(width) : Range(low: value + 1, high: width)
    case .greaterOrEqual: Range(low: value, high: width)
    case .notEqual, .maskedEqual: nil
    }
  }

  private struct Range {
    var low: UInt64
    var high: UInt64
    var isEmpty: Bool { low > high }

    static func none(_ width: UInt64) -> Range { Range(low: width, high: 0) }
  }
}
