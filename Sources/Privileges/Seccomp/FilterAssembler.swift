/// Writes a classic BPF program from its last instruction to its first.
///
/// Jumps of that machine only go forward, so whoever writes backwards knows every target already, and can let many jumps
/// end at one instruction: the default profile then takes 330 instructions instead of 760. The kernel translates
/// each of them twice at every start of a container.
struct FilterAssembler {
  /// An instruction that is written already: how many stand behind it.
  struct Label: Hashable {
    fileprivate let following: Int
  }

  /// The last instruction first.
  private var backwards: [FilterInstruction] = []
  private var verdicts: [UInt32: Label] = [:]
  private var blocks: [Block: Label] = [:]

  /// A piece of the program that may be wanted again.
  private struct Block: Hashable {
    let rules: [RulePlan.Rule]
    let whole: Bool
  }

  /// What a conditional jump passes over at most.
  private static let reach = 255
  /// What is nearer than this is still in reach when the instruction that jumps there has been written.
  private static let near = 248

  /// The program as the kernel reads it.
  var instructions: [FilterInstruction] { backwards.reversed() }

  /// Puts an instruction in front.
  mutating func prepend(_ instruction: FilterInstruction) -> Label {
    backwards.append(instruction)
    return Label(following: backwards.count - 1)
  }

  /// Where a verdict is given; near enough to be the target of one of the next instructions in front.
  mutating func verdict(_ value: UInt32) -> Label {
    if let known = verdicts[value], isNear(known) { return known }
    let label = prepend(.verdict(value))
    verdicts[value] = label
    return label
  }

  /// The code that `make` writes for some rules, or the same code where it stands already.
  mutating func block(
    _ rules: [RulePlan.Rule],
    whole: Bool,
    make: (inout FilterAssembler) -> Label
  ) -> Label {
    let block = Block(rules: rules, whole: whole)
    if let known = blocks[block], isNear(known) { return known }
    let label = make(&self)
    blocks[block] = label
    return label
  }

  /// Puts a comparison of the accumulator in front that goes on at one of two places.
  mutating func branch(_ code: UInt16, _ operand: UInt32, then: Label, otherwise: Label) -> Label {
    if then == otherwise { return then }
    // A jump put in front for one target moves the other one farther away.
    var (then, otherwise) = (then, otherwise)
    if passed(then) >= Self.reach { then = jump(to: then) }
    if passed(otherwise) > Self.reach { otherwise = jump(to: otherwise) }
    return prepend(
      FilterInstruction(
        code,
        operand,
        ifTrue: UInt8(clamping: passed(then)),
        ifFalse: UInt8(clamping: passed(otherwise))
      )
    )
  }

  /// Makes sure that what is put in front next runs on into `label`.
  mutating func goOn(at label: Label) {
    if passed(label) > 0 { _ = jump(to: label) }
  }

  private mutating func jump(to label: Label) -> Label {
    prepend(FilterInstruction(FilterInstruction.jump, UInt32(passed(label))))
  }

  /// How many instructions lie between the next one in front and a label.
  private func passed(_ label: Label) -> Int { backwards.count - 1 - label.following }

  private func isNear(_ label: Label) -> Bool { passed(label) < Self.near }
}
