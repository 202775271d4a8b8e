import RuntimeAPI

/// One comparison of a 64-bit argument in the 32-bit words that classic BPF has.
struct ArgumentComparison {
  private(set) var instructions: [FilterInstruction] = []
  /// Which jumps mean "does not hold", and on which outcome.
  private(set) var failures: [(position: Int, onTrue: Bool)] = []

  /// - Parameter whole: Whether all 64 bits count; 32-bit calling conventions compare the low word.
  init(_ condition: SeccompArgument, whole: Bool) {
    let low = UInt32(truncatingIfNeeded: condition.value)
    let high = UInt32(truncatingIfNeeded: condition.value >> 32)
    let offset = 16 + 8 * condition.index
    if whole { appendHigh(condition, high, offset + 4) }
    instructions.append(.load(offset))
    switch condition.op {
    case .equal: test(FilterInstruction.jumpIfEqual, low, failsOnTrue: false)
    case .notEqual: test(FilterInstruction.jumpIfEqual, low, failsOnTrue: true)
    case .greater: test(FilterInstruction.jumpIfGreater, low, failsOnTrue: false)
    case .greaterOrEqual: test(FilterInstruction.jumpIfGreaterOrEqual, low, failsOnTrue: false)
    case .less: test(FilterInstruction.jumpIfGreaterOrEqual, low, failsOnTrue: true)
    case .lessOrEqual: test(FilterInstruction.jumpIfGreater, low, failsOnTrue: true)
    case .maskedEqual:
      instructions.append(FilterInstruction(FilterInstruction.bitAnd, low))
      test(FilterInstruction.jumpIfEqual, UInt32(truncatingIfNeeded: condition.valueTwo), failsOnTrue: false)
    }
  }

  /// The high word decides, or leaves it to the two instructions for the low word that follow.
  private mutating func appendHigh(_ condition: SeccompArgument, _ high: UInt32, _ offset: UInt32) {
    instructions.append(.load(offset))
    switch condition.op {
    case .equal: test(FilterInstruction.jumpIfEqual, high, failsOnTrue: false)
    case .notEqual:
      instructions.append(FilterInstruction(FilterInstruction.jumpIfEqual, high, ifTrue: 0, ifFalse: 2))
    case .greater, .greaterOrEqual:
      instructions.append(FilterInstruction(FilterInstruction.jumpIfGreater, high, ifTrue: 3, ifFalse: 0))
      test(FilterInstruction.jumpIfEqual, high, failsOnTrue: false)
    case .less, .lessOrEqual:
      test(FilterInstruction.jumpIfGreater, high, failsOnTrue: true)
      instructions.append(FilterInstruction(FilterInstruction.jumpIfEqual, high, ifTrue: 0, ifFalse: 2))
    case .maskedEqual:
      instructions.append(FilterInstruction(FilterInstruction.bitAnd, high))
      test(FilterInstruction.jumpIfEqual, UInt32(truncatingIfNeeded: condition.valueTwo >> 32), failsOnTrue: false)
    }
  }

  private mutating func test(_ code: UInt16, _ operand: UInt32, failsOnTrue: Bool) {
    failures.append((instructions.count, failsOnTrue))
    instructions.append(FilterInstruction(code, operand))
  }
}
