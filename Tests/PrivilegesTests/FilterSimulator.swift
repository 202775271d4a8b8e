import Privileges

/// What the kernel shows a filter: `struct seccomp_data`.
struct Call {
  var architecture: UInt32
  var number: UInt32
  var arguments: [UInt64]

  func word(at offset: UInt32) -> UInt32? {
    switch offset {
    case 0: number
    case 4: architecture
    case 8, 12: 0
    case 16..<64 where offset % 4 == 0:
      UInt32(truncatingIfNeeded: arguments[Int(offset - 16) / 8] >> (offset % 8 == 0 ? 0 : 32))
    default: nil
    }
  }
}

/// Runs classic BPF as the kernel does, and refuses what the kernel's checker refuses (`net/core/filter.c`,
/// `kernel/seccomp.c`): unknown instructions, jumps out of the program, loads out of bounds, no return at the end.
struct FilterSimulator {
  struct Broken: Error { var reason: String }

  let program: [FilterInstruction]

  init(_ bytes: [UInt8]) throws {
    guard bytes.count % 8 == 0, (1...4096).contains(bytes.count / 8) else { throw Broken(reason: "length") }
    program = stride(from: 0, to: bytes.count, by: 8).map { at in
      let code = UInt16(bytes[at]) | UInt16(bytes[at + 1]) << 8
      var operand: UInt32 = 0
      for index in 0..<4 { operand |= UInt32(bytes[at + 4 + index]) << UInt32(8 * index) }
      return FilterInstruction(code, operand, ifTrue: bytes[at + 2], ifFalse: bytes[at + 3])
    }
    for (index, instruction) in program.enumerated() {
      switch instruction.code {
      case 0x20:
        guard instruction.operand % 4 == 0, instruction.operand < 64 else { throw Broken(reason: "load at \(index)") }
      case 0x05:
        guard UInt64(index) + 1 + UInt64(instruction.operand) < UInt64(program.count) else {
          throw Broken(reason: "jump at \(index)")
        }
      case 0x15, 0x25, 0x35:
        let far = Int(max(instruction.ifTrue, instruction.ifFalse))
        guard index + 1 + far < program.count else { throw Broken(reason: "branch at \(index)") }
      case 0x54, 0x06: break
      default: throw Broken(reason: "instruction \(instruction.code) at \(index)")
      }
    }
    guard program.last?.code == 0x06 else { throw Broken(reason: "no return at the end") }
  }

  func verdict(_ call: Call) throws -> UInt32 {
    var accumulator: UInt32 = 0
    var position = 0
    while true {
      let instruction = program[position]
      position += 1
      switch instruction.code {
      case 0x20:
        guard let word = call.word(at: instruction.operand) else { throw Broken(reason: "load") }
        accumulator = word
      case 0x54: accumulator &= instruction.operand
      case 0x05: position += Int(instruction.operand)
      case 0x15: position += Int(accumulator == instruction.operand ? instruction.ifTrue : instruction.ifFalse)
      case 0x25: position += Int(accumulator > instruction.operand ? instruction.ifTrue : instruction.ifFalse)
      case 0x35: position += Int(accumulator >= instruction.operand ? instruction.ifTrue : instruction.ifFalse)
      default: return instruction.operand
      }
    }
  }
}
