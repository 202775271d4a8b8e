import Glibc

/// Bytes of a file with a checksum behind them, so that what was damaged, torn or mistaken for another file is never acted
/// on. It is no protection against whoever can write the file.
public enum SealedRecord {
  /// A line of its own: the record stays readable for people.
  private static let length = 18

  /// The bytes with their checksum.
  ///
  /// - Parameter purpose: What the record is and whose: read for another purpose it is not accepted.
  public static func seal(_ bytes: [UInt8], as purpose: String) -> [UInt8] {
    bytes + trailer(checksum(bytes[...], purpose))
  }

  /// The bytes of a record. Throws EBADMSG for one that is not what ``seal(_:as:)`` made for this purpose.
  public static func open(_ record: [UInt8], as purpose: String) throws(SyscallError) -> [UInt8] {
    let bytes = record.dropLast(length)
    guard record.count >= length, Array(record[bytes.endIndex...]) == trailer(checksum(bytes, purpose)) else {
      throw SyscallError("verify the checksum", EBADMSG)
    }
    return Array(bytes)
  }

  private static func trailer(_ checksum: UInt64) -> [UInt8] {
    let digits = String(checksum, radix: 16)
    return Array(("\n" + String(repeating: "0", count: 16 - digits.utf8.count) + digits + "\n").utf8)
  }

  /// Each step is a bijection of the state, so that a change within one word is always noticed.
  private static func checksum(_ bytes: ArraySlice<UInt8>, _ purpose: String) -> UInt64 {
    var state = UInt64(bytes.count)
    func mix(_ word: UInt64) {
      state = (state ^ word) &* 0x9e37_79b9_7f4a_7c15
      state ^= state >> 32
    }
    for byte in purpose.utf8 { mix(UInt64(byte)) }
    bytes.withUnsafeBytes { buffer in
      let whole = buffer.count & ~7
      for offset in stride(from: 0, to: whole, by: 8) {
        mix(UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
      }
      for offset in whole..<buffer.count { mix(UInt64(buffer[offset])) }
    }
    return state
  }
}
