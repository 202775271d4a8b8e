import PodModel

/// Where the ConfigMaps and Secrets are that pods refer to.
public protocol ObjectSource: Sendable {
  /// A ConfigMap; `nil` if there is none of this name.
  ///
  /// - Throws: An error whose description tells a person why nobody knows.
  func configMap(_ name: String, namespace: String) async throws -> ConfigMap?
  /// A Secret; `nil` if there is none of this name.
  ///
  /// - Throws: An error whose description tells a person why nobody knows.
  func secret(_ name: String, namespace: String) async throws -> Secret?
}

/// Nothing is there.
public struct NoObjects: ObjectSource {
  /// Has nothing.
  public init() {}
  /// Finds nothing.
  public func configMap(_ name: String, namespace: String) async throws -> ConfigMap? { nil }
  /// Finds nothing.
  public func secret(_ name: String, namespace: String) async throws -> Secret? { nil }
}

/// What somebody has read already: the objects beside a pod in its manifest.
public struct GivenObjects: ObjectSource {
  private let configMaps: [ConfigMap]
  private let secrets: [Secret]

  /// These and no others.
  public init(configMaps: [ConfigMap], secrets: [Secret]) {
    self.configMaps = configMaps
    self.secrets = secrets
  }

  /// The one of this name and namespace.
  public func configMap(_ name: String, namespace: String) async throws -> ConfigMap? {
    configMaps.first { $0.metadata.name == name && $0.metadata.namespace == namespace }
  }

  /// The one of this name and namespace.
  public func secret(_ name: String, namespace: String) async throws -> Secret? {
    secrets.first { $0.metadata.name == name && $0.metadata.namespace == namespace }
  }
}
