import JSONText

/// What unpacking one archive may cost before it is refused. The parent sends it to the confined child as JSON in `argv[1]`.
public struct UnpackLimits: Equatable, Sendable {
  /// The sum of all files' sizes in bytes, holes included; and the bytes of the decompressed archive.
  public var bytes: Int64
  /// The number of entries in the archive.
  public var entries: Int64
  /// The length of an entry's name, or of a link's target, in bytes.
  public var pathBytes: Int64
  /// How many directories deep an entry may lie, symbolic links resolved.
  public var depth: Int64
  /// How many times larger than the compressed archive its content may be.
  public var ratio: Int64
  /// Bytes of content up to which the ratio does not count.
  public var ratioFloor: Int64
  /// The extended attributes of one entry, names and values, in bytes.
  public var attributeBytes: Int64
  /// The number of opaque directories.
  public var opaqueDirectories: Int64
  /// The number of directories that have no entry of their own.
  public var impliedDirectories: Int64
  /// Address space in bytes that the child may use on top of what it has when it begins to read.
  public var memoryBytes: Int64
  /// Processor time in seconds (RLIMIT_CPU).
  public var cpuSeconds: Int64

  /// Limits that every real image of today stays well under.
  public static let standard = UnpackLimits()

  /// The standard limits; change what needs to differ.
  public init() {
    bytes = 64 << 30
    entries = 2_000_000
    pathBytes = 4095
    depth = 256
    ratio = 100
    ratioFloor = 256 << 20
    attributeBytes = 128 << 10
    opaqueDirectories = 10_000
    impliedDirectories = 50_000
    memoryBytes = 64 << 20
    cpuSeconds = 1800
  }

  private static var fields: [(name: String, path: WritableKeyPath<UnpackLimits, Int64>)] {
    [
      ("attributeBytes", \.attributeBytes), ("bytes", \.bytes), ("cpuSeconds", \.cpuSeconds), ("depth", \.depth),
      ("entries", \.entries), ("impliedDirectories", \.impliedDirectories), ("memoryBytes", \.memoryBytes),
      ("opaqueDirectories", \.opaqueDirectories), ("pathBytes", \.pathBytes), ("ratio", \.ratio),
      ("ratioFloor", \.ratioFloor),
    ]
  }

  /// The limits as JSON text.
  public var serialized: [UInt8] {
    JSONValue.object(Self.fields.map { JSONMember($0.name, .integer(self[keyPath: $0.path])) }).serialized()
  }

  /// Reads what `serialized` wrote: every field must be there, and no other.
  ///
  /// - Throws: `UnpackMessageError`.
  public init(parsing bytes: [UInt8]) throws(UnpackMessageError) {
    self.init()
    let value = try UnpackMessageError.parse(bytes, limit: 4096)
    guard let members = value.members, members.count == Self.fields.count else {
      throw UnpackMessageError("limits: expected an object of \(Self.fields.count) numbers")
    }
    for (name, path) in Self.fields {
      guard let number = value[name]?.integer, number > 0 else {
        throw UnpackMessageError("limits.\(name): expected a number above 0")
      }
      self[keyPath: path] = number
    }
  }
}

/// A message between parent and child that is not as agreed.
public struct UnpackMessageError: Error, Equatable, CustomStringConvertible {
  /// The field and what was expected.
  public let description: String

  init(_ description: String) { self.description = description }

  static func parse(_ bytes: [UInt8], limit: Int) throws(UnpackMessageError) -> JSONValue {
    do throws(JSONTextError) {
      return try JSONValue(parsing: bytes, limits: JSONLimits(bytes: limit, depth: 8, values: 200_000))
    } catch {
      throw UnpackMessageError("not acceptable JSON: \(error)")
    }
  }
}
