/// Cuts one output stream into records of the CRI log format: `<time> stdout F <text>`; a line longer than 16 KiB comes
/// as several records tagged `P` and a last one tagged `F`.
struct LogLines {
  /// The kubelet's and containerd's limit for one record.
  static let longest = 16 << 10

  private let stream: [UInt8]
  private var partial: [UInt8] = []
  /// Whether the last record was a `P`, which an `F` must follow.
  private var isContinued = false

  /// `name` is `stdout` or `stderr`.
  init(stream name: String) {
    stream = Array(" \(name) ".utf8)
  }

  /// Appends the records that `bytes` completes.
  mutating func add(_ bytes: ArraySlice<UInt8>, time: [UInt8], to records: inout [UInt8]) {
    var rest = bytes
    while !rest.isEmpty {
      let room = Self.longest - partial.count
      let piece = rest.prefix(room)
      if let newline = piece.firstIndex(of: 0x0A) {
        emit(rest[..<newline], tag: UInt8(ascii: "F"), time, &records)
        rest = rest[(newline + 1)...]
      } else if piece.count == room {
        emit(piece, tag: UInt8(ascii: "P"), time, &records)
        rest = rest[piece.endIndex...]
      } else {
        partial.append(contentsOf: piece)
        return
      }
    }
  }

  /// Appends what was written without a newline before the stream ended; a line that filled its last record is closed by
  /// an empty one, or readers would wait for the rest of it.
  mutating func finish(time: [UInt8], to records: inout [UInt8]) {
    if !partial.isEmpty || isContinued { emit([], tag: UInt8(ascii: "F"), time, &records) }
  }

  private mutating func emit(_ text: ArraySlice<UInt8>, tag: UInt8, _ time: [UInt8], _ records: inout [UInt8]) {
    records.append(contentsOf: time)
    records.append(contentsOf: stream)
    records.append(tag)
    records.append(UInt8(ascii: " "))
    records.append(contentsOf: partial)
    records.append(contentsOf: text)
    records.append(0x0A)
    partial.removeAll()
    isContinued = tag == UInt8(ascii: "P")
  }
}
