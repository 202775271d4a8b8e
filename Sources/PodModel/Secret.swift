/// Confidential values by name (`v1.Secret`).
public struct Secret: Equatable, Sendable {
  /// Its name and namespace.
  public var metadata: ObjectMeta
  /// What kind of values it holds; `Opaque` where nobody says.
  public var type = Secret.opaque
  /// The values, decoded; those of `stringData` included.
  public var data: [String: [UInt8]] = [:]

  /// Values of no particular kind.
  public static let opaque = "Opaque"
  /// Registry credentials in the form of docker's `config.json`, under ``dockerConfigKey``.
  public static let dockerConfig = "kubernetes.io/dockerconfigjson"
  /// The same in docker's older form, under ``dockerCfgKey``.
  public static let dockerCfg = "kubernetes.io/dockercfg"
  /// The key of ``dockerConfig``.
  public static let dockerConfigKey = ".dockerconfigjson"
  /// The key of ``dockerCfg``.
  public static let dockerCfgKey = ".dockercfg"
  /// The most bytes that all values have together (`MaxSecretSize`).
  public static let greatestSize = 1 << 20

  /// An empty one.
  public init(metadata: ObjectMeta) { self.metadata = metadata }
}
