import Crypto

/// A compiled filter as it lies on disk:
///
///     "SWLBPF01" · key (32) · flags (4) · program length (4) · notes length (4) · program · notes · SHA-256 of all that (32)
///
/// Numbers are little-endian; notes are lines of UTF-8.
enum FilterFile {
  private static let magic = Array("SWLBPF01".utf8)
  private static let headerLength = 8 + 32 + 12
  private static let digestLength = 32
  private static let maximumNotesLength = 64 << 10

  /// The largest file that can be a filter.
  static let maximumLength =
    headerLength + FilterInstruction.maximumCount * FilterInstruction.size + maximumNotesLength + digestLength

  /// The file's content; `nil` when it would be too large, which only happens with absurdly long notes.
  static func encode(_ filter: CompiledFilter, key: FilterKey) -> [UInt8]? {
    let notes = Array(filter.notes.joined(separator: "\n").utf8)
    guard notes.count <= maximumNotesLength else { return nil }
    var bytes = magic + key.bytes
    for number in [
      filter.flags, UInt32(truncatingIfNeeded: filter.bytes.count), UInt32(truncatingIfNeeded: notes.count),
    ] {
      bytes += (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
    bytes += filter.bytes + notes
    return bytes + Array(SHA256.hash(data: bytes))
  }

  /// The filter in a file's content; `nil` for anything that ``encode(_:key:)`` did not write for this key.
  static func decode(_ bytes: [UInt8], key: FilterKey) -> CompiledFilter? {
    guard bytes.count >= headerLength + digestLength, bytes.count <= maximumLength else { return nil }
    let content = bytes.dropLast(digestLength)
    guard Array(SHA256.hash(data: content)) == Array(bytes.suffix(digestLength)) else { return nil }
    guard Array(bytes[..<8]) == magic, Array(bytes[8..<40]) == key.bytes else { return nil }
    let (programLength, notesLength) = (Int(number(bytes, 44)), Int(number(bytes, 48)))
    guard programLength > 0, programLength % FilterInstruction.size == 0,
      programLength <= FilterInstruction.maximumCount * FilterInstruction.size,
      notesLength <= maximumNotesLength, content.count == headerLength + programLength + notesLength
    else { return nil }
    let program = Array(content[headerLength..<(headerLength + programLength)])
    let notes = String(decoding: content[(headerLength + programLength)...], as: UTF8.self)
    return CompiledFilter(
      bytes: program,
      flags: number(bytes, 40),
      notes: notes.isEmpty ? [] : notes.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    )
  }

  private static func number(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
  }
}
