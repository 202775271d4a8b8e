/// A pod: what is wanted, and what is.
public struct Pod: Equatable, Sendable {
  /// Who the pod is.
  public var metadata: ObjectMeta
  /// What is wanted.
  public var spec: PodSpec
  /// What was last observed; nil before anything was.
  public var status: PodStatus?

  /// A pod of which nothing has been observed.
  public init(metadata: ObjectMeta, spec: PodSpec, status: PodStatus? = nil) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }
}

extension Pod: Codable {
  private enum CodingKeys: CodingKey { case apiVersion, kind, metadata, spec, status }

  /// Reads what `encode` wrote. Manifests of users go through the `Manifests` target, which checks them.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    metadata = try container.decode(ObjectMeta.self, forKey: .metadata)
    spec = try container.decode(PodSpec.self, forKey: .spec)
    status = try container.decodeIfPresent(PodStatus.self, forKey: .status)
  }

  /// Writes the pod as Kubernetes does, `apiVersion` and `kind` included.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode("v1", forKey: .apiVersion)
    try container.encode("Pod", forKey: .kind)
    try container.encode(metadata, forKey: .metadata)
    try container.encode(spec, forKey: .spec)
    try container.encodeIfPresent(status, forKey: .status)
  }
}
