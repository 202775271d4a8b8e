/// One instruction of classic BPF (`struct sock_filter` of `<linux/filter.h>`).
public struct FilterInstruction: Hashable, Sendable {
  /// Operation.
  public var code: UInt16
  /// Instructions to skip if a condition holds.
  public var ifTrue: UInt8
  /// Instructions to skip if it does not.
  public var ifFalse: UInt8
  /// The operand.
  public var operand: UInt32

  /// Makes an instruction.
  public init(_ code: UInt16, _ operand: UInt32, ifTrue: UInt8 = 0, ifFalse: UInt8 = 0) {
    self.code = code
    self.operand = operand
    self.ifTrue = ifTrue
    self.ifFalse = ifFalse
  }

  /// The size in bytes.
  public static let size = 8

  /// `BPF_MAXINSNS`: what `seccomp(2)` takes.
  public static let maximumCount = 4096

  /// The bytes that the kernel reads. Every machine that this program knows is little-endian.
  var bytes: [UInt8] {
    [
      UInt8(truncatingIfNeeded: code), UInt8(truncatingIfNeeded: code >> 8), ifTrue, ifFalse,
      UInt8(truncatingIfNeeded: operand), UInt8(truncatingIfNeeded: operand >> 8),
      UInt8(truncatingIfNeeded: operand >> 16), UInt8(truncatingIfNeeded: operand >> 24),
    ]
  }
}

extension FilterInstruction {
  static let loadWord: UInt16 = 0x20
  static let bitAnd: UInt16 = 0x54
  static let jump: UInt16 = 0x05
  static let jumpIfEqual: UInt16 = 0x15
  static let jumpIfGreater: UInt16 = 0x25
  static let jumpIfGreaterOrEqual: UInt16 = 0x35
  static let returnConstant: UInt16 = 0x06

  /// Loads a word of `struct seccomp_data`: the number at 0, the architecture at 4, argument n at 16 + 8n.
  static func load(_ offset: UInt32) -> FilterInstruction { FilterInstruction(loadWord, offset) }

  /// Ends with a verdict.
  static func verdict(_ value: UInt32) -> FilterInstruction { FilterInstruction(returnConstant, value) }
}
