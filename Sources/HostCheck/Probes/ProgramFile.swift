/// The head of an ELF program (elf(5)).
enum ProgramFile {
  private static let programHeaderSize = 56
  private static let interpreter: UInt32 = 3

  /// Whether the kernel starts a loader for it (PT_INTERP); `nil` for what is no little-endian 64-bit ELF file, or has its
  /// program headers beyond the given bytes.
  static func needsLoader(_ head: [UInt8]) -> Bool? {
    guard head.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]), head.count >= 64 else { return nil }
    let offset = number(head, at: 32, bytes: 8)
    let size = number(head, at: 54, bytes: 2)
    let count = number(head, at: 56, bytes: 2)
    let room = UInt64(head.count)
    guard size == programHeaderSize, count > 0, offset <= room, count * size <= room - offset else { return nil }
    return (0..<count).contains { UInt32(number(head, at: Int(offset + $0 * size), bytes: 4)) == interpreter }
  }

  private static func number(_ bytes: [UInt8], at offset: Int, bytes count: Int) -> UInt64 {
    (0..<count).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64($1 * 8) }
  }
}
