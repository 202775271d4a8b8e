import Glibc
import Linux
import RuntimeAPI

/// One record of a log file in the CRI format.
public struct LogRecord: Hashable, Sendable {
  /// The time's text.
  public var time: String
  /// `stdout` or `stderr`.
  public var stream: String
  /// Whether the line goes on in the next record of the same stream.
  public var isPartial: Bool
  /// The text.
  public var text: [UInt8]
}

/// What a container wrote, read from its log files.
public struct LogText: Sendable {
  /// Its records, the oldest first.
  public let records: [LogRecord]
  /// The files that they came from, the oldest first, with their sizes.
  public let files: [(name: String, size: Int)]

  /// Reads a log with its rotated files. Throws where a record is not in form.
  public init(directory: String, file: String) throws {
    let parts = file.split(separator: "/")
    let folder = try openDirectory(
      AT_FDCWD,
      directory + (parts.count > 1 ? "/" + parts.dropLast().joined(separator: "/") : "")
    )
    let name = parts.last.map(String.init) ?? file
    let rotated = try entries(of: folder.raw).compactMap { entry -> (Int, String)? in
      guard entry.hasPrefix(name + "."), let number = Int(entry.dropFirst(name.utf8.count + 1)) else { return nil }
      return (number, entry)
    }
    var records: [LogRecord] = []
    var files: [(name: String, size: Int)] = []
    for (_, entry) in rotated.sorted(by: { $0.0 > $1.0 }) + [(0, name)] {
      let bytes = try readRegularFile(folder.raw, entry, limit: 1 << 30)
      files.append((entry, bytes.count))
      try expect(
        bytes.isEmpty || bytes.last == 0x0A,
        "\(entry) to end with a whole record",
        seen: "no newline at its end"
      )
      for line in bytes.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false) where !bytes.isEmpty {
        records.append(try Self.record(line, entry))
      }
    }
    self.records = records
    self.files = files
  }

  private static func record(_ line: ArraySlice<UInt8>, _ file: String) throws -> LogRecord {
    let fields = line.split(separator: 0x20, maxSplits: 3, omittingEmptySubsequences: false)
    let words = fields.prefix(3).map { String(decoding: $0, as: UTF8.self) }
    let isInForm =
      fields.count == 4 && words[0].utf8.count == 30 && ["stdout", "stderr"].contains(words[1])
      && ["P", "F"].contains(words[2])
    guard isInForm else {
      throw ConformanceFailure(
        expected: "records '<time> stdout|stderr P|F <text>' in \(file)",
        seen: String(decoding: line.prefix(80), as: UTF8.self)
      )
    }
    return LogRecord(time: words[0], stream: words[1], isPartial: words[2] == "P", text: Array(fields[3]))
  }

  /// The bytes of one stream; a newline after each whole line.
  public func bytes(_ stream: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for record in records where record.stream == stream {
      bytes += record.text
      if !record.isPartial { bytes.append(0x0A) }
    }
    return bytes
  }

  /// Standard output as text.
  public var output: String { String(decoding: bytes("stdout"), as: UTF8.self) }
  /// Standard error as text.
  public var errorOutput: String { String(decoding: bytes("stderr"), as: UTF8.self) }
  /// Standard output by lines.
  public var lines: [String] {
    // By bytes: to Swift a carriage return and a newline are one character.
    bytes("stdout").split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
      .map { String(decoding: $0, as: UTF8.self) }
  }
}
