/// Writes tar archives byte by byte, including ones that no honest program would write.
public struct TarWriter {
  /// The archive so far, without its end.
  public private(set) var bytes: [UInt8] = []

  /// An empty archive.
  public init() {}

  /// Everything a header says.
  public struct Header {
    /// The type flag.
    public var type: Character = "0"
    /// Permission bits.
    public var mode = 0o644
    /// Owner.
    public var uid: UInt64 = 0
    /// Group.
    public var gid: UInt64 = 0
    /// What the header says of the size.
    public var size = 0
    /// Modification time.
    public var mtime: UInt64 = 1_000_000_000
    /// Target of a link.
    public var link = ""
    /// Device, first part.
    public var major: UInt64 = 0
    /// Device, second part.
    public var minor: UInt64 = 0
    /// Extended header records (pax) for this entry.
    public var pax: [(key: String, value: [UInt8])] = []

    /// A plain file.
    public init() {}
  }

  /// One entry with its data.
  public mutating func entry(_ name: String, data: [UInt8] = [], _ change: (inout Header) -> Void = { _ in }) {
    entry(bytes: Array(name.utf8), data: data, change)
  }

  /// One entry whose name need not be UTF-8.
  public mutating func entry(bytes name: [UInt8], data: [UInt8] = [], _ change: (inout Header) -> Void = { _ in }) {
    var header = Header()
    header.size = data.count
    change(&header)
    var records = header.pax
    if name.count > 100 { records.append(("path", name)) }
    if header.link.utf8.count > 100 { records.append(("linkpath", Array(header.link.utf8))) }
    if !records.isEmpty {
      let body = records.flatMap { Self.record($0.key, $0.value) }
      var extended = Header()
      extended.type = "x"
      extended.size = body.count
      block(Array("PaxHeader".utf8), extended)
      append(body)
    }
    block(Array(name.prefix(100)), header)
    append(data)
  }

  /// A file with text.
  public mutating func file(_ name: String, _ text: String = "", mode: Int = 0o644) {
    entry(name, data: Array(text.utf8)) { $0.mode = mode }
  }

  /// A directory.
  public mutating func directory(_ name: String, mode: Int = 0o755, mtime: UInt64 = 1_000_000_000) {
    entry(name) {
      $0.type = "5"
      $0.mode = mode
      $0.mtime = mtime
    }
  }

  /// A symbolic link.
  public mutating func symlink(_ target: String, _ name: String) {
    entry(name) {
      $0.type = "2"
      $0.link = target
      $0.mode = 0o777
    }
  }

  /// A hard link.
  public mutating func link(_ target: String, _ name: String) {
    entry(name) {
      $0.type = "1"
      $0.link = target
    }
  }

  /// The archive with the two empty blocks that end it.
  public var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

  /// `<length> <key>=<value>\n`, where the length counts itself.
  private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
    let rest = [UInt8(ascii: " ")] + Array(key.utf8) + [UInt8(ascii: "=")] + value + [UInt8(ascii: "\n")]
    var length = rest.count
    while String(length).utf8.count + rest.count != length { length = String(length).utf8.count + rest.count }
    return Array(String(length).utf8) + rest
  }

  private mutating func append(_ data: [UInt8]) {
    bytes += data
    bytes += [UInt8](repeating: 0, count: (512 - data.count % 512) % 512)
  }

  private mutating func block(_ name: [UInt8], _ header: Header) {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: [UInt8], _ offset: Int) { block.replaceSubrange(offset..<(offset + text.count), with: text) }
    func octal(_ value: UInt64, _ offset: Int, _ width: Int) {
      let digits = String(value, radix: 8)
      if digits.utf8.count < width {
        put(Array((String(repeating: "0", count: width - 1 - digits.utf8.count) + digits).utf8), offset)
      } else {
        // GNU's form for large numbers: the first bit set, then the value, most significant byte first.
        var bytes = [UInt8](repeating: 0, count: width)
        for index in 0..<min(8, width) {
          bytes[width - 1 - index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))
        }
        bytes[0] |= 0x80
        put(bytes, offset)
      }
    }
    put(name, 0)
    octal(UInt64(header.mode), 100, 8)
    octal(header.uid, 108, 8)
    octal(header.gid, 116, 8)
    octal(UInt64(header.size), 124, 12)
    octal(header.mtime, 136, 12)
    put(Array("        ".utf8), 148)
    put(Array(String(header.type).utf8), 156)
    put(Array(header.link.utf8.prefix(100)), 157)
    put(Array("ustar\u{0}00".utf8), 257)
    octal(header.major, 329, 8)
    octal(header.minor, 337, 8)
    let sum = block.reduce(0) { $0 + Int($1) }
    octal(UInt64(sum), 148, 7)
    block[155] = UInt8(ascii: " ")
    bytes += block
  }
}
