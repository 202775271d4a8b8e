/// Values by name that are no secret (`v1.ConfigMap`).
public struct ConfigMap: Equatable, Sendable {
  /// Its name and namespace.
  public var metadata: ObjectMeta
  /// Texts.
  public var data: [String: String] = [:]
  /// Anything else, decoded; no key is in both.
  public var binaryData: [String: [UInt8]] = [:]

  /// The most bytes that all values have together (`MaxSecretSize` holds for both).
  public static let greatestSize = 1 << 20

  /// An empty one.
  public init(metadata: ObjectMeta) { self.metadata = metadata }
}
