/// What a container says about its end, as `terminationMessagePath` and `terminationMessagePolicy` define it.
public enum TerminationMessage {
  /// Bytes of one message.
  public static let limit = 4096
  /// Bytes of a message that comes from the log.
  public static let logLimit = 2048
  /// Lines of a message that comes from the log.
  public static let logLines = 80
  /// Bytes of the messages of all containers of a pod together.
  public static let podLimit = 12 * 1024

  /// Bytes that each of so many containers may use.
  public static func share(containers: Int) -> Int {
    min(limit, podLimit / max(1, containers))
  }

  /// The message of a container: what it wrote to its file, or with the policy `FallbackToLogsOnError` the end of its
  /// log if it failed and wrote nothing.
  ///
  /// - Parameters:
  ///   - file: What the file holds, at least its first 4096 bytes.
  ///   - logTail: The last lines of its output, without timestamps.
  public static func choose(
    file: [UInt8],
    logTail: [UInt8],
    fallsBackToLog: Bool,
    failed: Bool,
    containers: Int
  ) -> String {
    let share = share(containers: containers)
    if file.isEmpty && fallsBackToLog && failed {
      return text(lastLines(logTail).suffix(min(logLimit, share)))
    }
    return text(file.prefix(share))
  }

  private static func lastLines(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    var lines = 0
    var index = bytes.endIndex
    while index > bytes.startIndex {
      let before = bytes.index(before: index)
      if bytes[before] == UInt8(ascii: "\n") && index != bytes.endIndex {
        lines += 1
        if lines == logLines { return bytes[index...] }
      }
      index = before
    }
    return bytes[...]
  }

  /// Cuts a character that the limit split instead of showing a replacement character for its half.
  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    var whole = bytes
    while let first = whole.first, first & 0xC0 == 0x80 { whole.removeFirst() }
    if let lead = whole.lastIndex(where: { $0 & 0xC0 != 0x80 }) {
      let expected = length(ofLead: whole[lead])
      if whole.distance(from: lead, to: whole.endIndex) < expected { whole = whole[..<lead] }
    }
    return String(decoding: whole, as: UTF8.self)
  }

  private static func length(ofLead byte: UInt8) -> Int {
    switch byte {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 1
    }
  }
}
