import Crypto

/// A filter ready for `seccomp(2)`.
public struct CompiledFilter: Hashable, Sendable {
  /// The program: ``FilterInstruction/size`` bytes each, at most ``FilterInstruction/maximumCount`` of them.
  public let bytes: [UInt8]
  /// `SECCOMP_FILTER_FLAG_…` to install it with.
  public let flags: UInt32
  /// SHA-256 of the program in lower-case hexadecimal.
  public let digest: String
  /// What the profile names and nobody here knows; for the container's events, never an error.
  public let notes: [String]

  init(bytes: [UInt8], flags: UInt32, notes: [String]) {
    self.bytes = bytes
    self.flags = flags
    self.notes = notes
    digest = hexadecimal(SHA256.hash(data: bytes))
  }

  /// How many instructions it has.
  public var instructionCount: Int { bytes.count / FilterInstruction.size }
}

/// Bytes as lower-case hexadecimal digits.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
