import RuntimeAPI

/// One comparison of a 64-bit argument in the 32-bit words that classic BPF has.
struct ArgumentComparison {
  private let condition: SeccompArgument
  private let whole: Bool

  /// - Parameter whole: Whether all 64 bits count; 32-bit calling conventions compare the low word.
  init(_ condition: SeccompArgument, whole: Bool) {
    self.condition = condition
    self.whole = whole
  }

  private typealias Code = FilterInstruction

  /// Writes the code that goes on at one of two places.
  func write(
    then: FilterAssembler.Label,
    otherwise: FilterAssembler.Label,
    _ assembler: inout FilterAssembler
  ) -> FilterAssembler.Label {
    let low = lowWord(then, otherwise, &assembler)
    return whole ? highWord(low, then, otherwise, &assembler) : low
  }

  private func lowWord(
    _ then: FilterAssembler.Label,
    _ otherwise: FilterAssembler.Label,
    _ assembler: inout FilterAssembler
  ) -> FilterAssembler.Label {
    let value = UInt32(truncatingIfNeeded: condition.value)
    let test: FilterAssembler.Label
    switch condition.op {
    case .equal: test = assembler.branch(Code.jumpIfEqual, value, then: then, otherwise: otherwise)
    case .notEqual: test = assembler.branch(Code.jumpIfEqual, value, then: otherwise, otherwise: then)
    case .greater: test = assembler.branch(Code.jumpIfGreater, value, then: then, otherwise: otherwise)
    case .greaterOrEqual: test = assembler.branch(Code.jumpIfGreaterOrEqual, value, then: then, otherwise: otherwise)
    case .less: test = assembler.branch(Code.jumpIfGreaterOrEqual, value, then: otherwise, otherwise: then)
    case .lessOrEqual: test = assembler.branch(Code.jumpIfGreater, value, then: otherwise, otherwise: then)
    case .maskedEqual:
      let wanted = UInt32(truncatingIfNeeded: condition.valueTwo)
      assembler.goOn(at: assembler.branch(Code.jumpIfEqual, wanted, then: then, otherwise: otherwise))
      test = assembler.prepend(Code(Code.bitAnd, value))
    }
    assembler.goOn(at: test)
    return assembler.prepend(.load(16 + 8 * condition.index))
  }

  /// The high word decides, or leaves it to the low one.
  private func highWord(
    _ low: FilterAssembler.Label,
    _ then: FilterAssembler.Label,
    _ otherwise: FilterAssembler.Label,
    _ assembler: inout FilterAssembler
  ) -> FilterAssembler.Label {
    let value = UInt32(truncatingIfNeeded: condition.value >> 32)
    // No bit of this word is asked for.
    if condition.op == .maskedEqual && value == 0 && condition.valueTwo >> 32 == 0 { return low }
    let test: FilterAssembler.Label
    switch condition.op {
    case .equal: test = assembler.branch(Code.jumpIfEqual, value, then: low, otherwise: otherwise)
    case .notEqual: test = assembler.branch(Code.jumpIfEqual, value, then: low, otherwise: then)
    case .greater, .greaterOrEqual:
      let equal = assembler.branch(Code.jumpIfEqual, value, then: low, otherwise: otherwise)
      test = assembler.branch(Code.jumpIfGreater, value, then: then, otherwise: equal)
    case .less, .lessOrEqual:
      let equal = assembler.branch(Code.jumpIfEqual, value, then: low, otherwise: then)
      test = assembler.branch(Code.jumpIfGreater, value, then: otherwise, otherwise: equal)
    case .maskedEqual:
      let wanted = UInt32(truncatingIfNeeded: condition.valueTwo >> 32)
      assembler.goOn(at: assembler.branch(Code.jumpIfEqual, wanted, then: low, otherwise: otherwise))
      test = assembler.prepend(Code(Code.bitAnd, value))
    }
    assembler.goOn(at: test)
    return assembler.prepend(.load(16 + 8 * condition.index + 4))
  }
}

/// A search by halves over the values of one argument, by its high word and then by its low one.
struct ArgumentSearch {
  let argument: UInt32
  let whole: Bool

  private struct Word {
    let start: UInt32
    let stretches: ArraySlice<ArgumentStretches.Stretch>
  }

  /// Writes the code; the stretches begin at 0.
  func write(
    _ stretches: ArraySlice<ArgumentStretches.Stretch>,
    _ assembler: inout FilterAssembler
  ) -> FilterAssembler.Label {
    if !whole || stretches.count < 2 { return lowWord(stretches, &assembler) }
    // For each high word at which something changes: what its low words mean.
    var words: [(start: UInt32, stretches: [ArgumentStretches.Stretch])] = []
    for stretch in stretches {
      let high = UInt32(truncatingIfNeeded: stretch.start >> 32)
      let low = UInt64(UInt32(truncatingIfNeeded: stretch.start))
      if words.last?.start != high {
        let before = words.last?.stretches.last?.verdict
        if let last = words.last, let before, last.stretches.count > 1, last.start + 1 < high {
          words.append((last.start + 1, [.init(start: 0, verdict: before)]))
        }
        words.append((high, low == 0 ? [] : [.init(start: 0, verdict: before ?? stretch.verdict)]))
      }
      words[words.count - 1].stretches.append(.init(start: low, verdict: stretch.verdict))
    }
    if let last = words.last, let verdict = last.stretches.last?.verdict, last.stretches.count > 1, last.start < .max {
      words.append((last.start + 1, [.init(start: 0, verdict: verdict)]))
    }
    let label = highWord(words[...], &assembler)
    assembler.goOn(at: label)
    return assembler.prepend(.load(16 + 8 * argument + 4))
  }

  private func highWord(
    _ words: ArraySlice<(start: UInt32, stretches: [ArgumentStretches.Stretch])>,
    _ assembler: inout FilterAssembler
  ) -> FilterAssembler.Label {
    let middle = words.startIndex + words.count / 2
    if words.count == 1 { return lowWord(words[middle].stretches[...], &assembler) }
    let otherwise = highWord(words[..<middle], &assembler)
    let then = highWord(words[middle...], &assembler)
    return assembler.branch(
      FilterInstruction.jumpIfGreaterOrEqual,
      words[middle].start,
      then: then,
      otherwise: otherwise
    )
  }

  private func lowWord(
    _ stretches: ArraySlice<ArgumentStretches.Stretch>,
    _ assembler: inout FilterAssembler
  ) -> FilterAssembler.Label {
    let label = lowSearch(stretches, &assembler)
    if stretches.count < 2 { return label }
    assembler.goOn(at: label)
    return assembler.prepend(.load(16 + 8 * argument))
  }

  private func lowSearch(
    _ stretches: ArraySlice<ArgumentStretches.Stretch>,
    _ assembler: inout FilterAssembler
  ) -> FilterAssembler.Label {
    let middle = stretches.startIndex + stretches.count / 2
    if stretches.count == 1 { return assembler.verdict(stretches[middle].verdict) }
    let otherwise = lowSearch(stretches[..<middle], &assembler)
    let then = lowSearch(stretches[middle...], &assembler)
    return assembler.branch(
      FilterInstruction.jumpIfGreaterOrEqual,
      UInt32(truncatingIfNeeded: stretches[middle].start),
      then: then,
      otherwise: otherwise
    )
  }
}
