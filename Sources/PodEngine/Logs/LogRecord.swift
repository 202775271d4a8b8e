/// One record of a container's log file, as the Container Runtime Interface defines it:
/// `<RFC 3339 time> <stdout|stderr> <P|F> <text>`.
public struct LogRecord: Hashable, Sendable {
  /// Whether it was written to the standard error.
  public var isError: Bool
  /// Whether its line goes on in the next record of the same stream.
  public var isPartial: Bool
  /// When it was written, as the file says.
  public var time: String
  /// What was written.
  public var text: ArraySlice<UInt8>

  /// Reads one line of a log file, without its end of line; `nil` for anything else.
  public init?(_ line: ArraySlice<UInt8>) {
    let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
    guard fields.count == 4 else { return nil }
    time = String(decoding: fields[0], as: UTF8.self)
    switch String(decoding: fields[1], as: UTF8.self) {
    case "stdout": isError = false
    case "stderr": isError = true
    default: return nil
    }
    // Further tags may follow behind a colon.
    switch fields[2].first {
    case UInt8(ascii: "F"): isPartial = false
    case UInt8(ascii: "P"): isPartial = true
    default: return nil
    }
    text = fields[3]
  }
}

/// The end of a log file as the program wrote it.
enum LogTail {
  /// Bytes of a log file that are read for a termination message: more than its lines can need.
  static let window = 64 << 10

  /// The text of all whole records in the last part of a file. `isWhole` says that the part begins with the file.
  static func text(_ bytes: [UInt8], isWhole: Bool) -> [UInt8] {
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // What follows the last end of line is a record that is being written.
    if !lines.isEmpty { lines.removeLast() }
    if !isWhole && !lines.isEmpty { lines.removeFirst() }
    var text: [UInt8] = []
    for record in lines.compactMap(LogRecord.init) {
      text += record.text
      if !record.isPartial { text.append(UInt8(ascii: "\n")) }
    }
    return text
  }
}
