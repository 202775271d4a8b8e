/// One file of a volume that is made of values.
public struct ValueFile: Hashable, Sendable {
  /// Relative, without `.` and `..`.
  public var path: String
  /// What is in it.
  public var content: [UInt8]
  /// Its permissions.
  public var mode: UInt16

  /// A file.
  public init(path: String, content: [UInt8], mode: UInt16) {
    self.path = path
    self.content = content
    self.mode = mode
  }
}
