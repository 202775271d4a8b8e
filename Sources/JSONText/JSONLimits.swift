/// What a text may cost its reader before it is refused.
public struct JSONLimits: Sendable {
  /// The longest text in bytes.
  public var bytes: Int
  /// The deepest nesting of arrays and objects; never more than `deepest`, whatever is asked for.
  public var depth: Int
  /// The greatest number of values, containers included.
  public var values: Int

  /// Limits of `bytes` bytes, `depth` levels and `values` values.
  public init(bytes: Int = 1 << 20, depth: Int = 32, values: Int = 200_000) {
    self.bytes = bytes
    self.depth = depth
    self.values = values
  }

  /// 1 MiB, 32 levels, 200,000 values.
  public static let standard = JSONLimits()

  /// The reader recurses once per level: this many levels fit the smallest stack it runs on.
  public static let deepest = 256
}

/// Why a text is no JSON, or more of it than the limits allow.
public struct JSONTextError: Error, Equatable, CustomStringConvertible {
  /// Where it was noticed, in bytes from the start of the text.
  public var offset: Int
  /// What was wrong, in a few words.
  public var reason: String

  /// An error at byte `offset`.
  public init(offset: Int, reason: String) {
    self.offset = offset
    self.reason = reason
  }

  /// `byte 17: duplicate name`.
  public var description: String { "byte \(offset): \(reason)" }
}
