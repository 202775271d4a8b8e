/// Name, namespace and annotations of an object (`metav1.ObjectMeta`).
public struct ObjectMeta: Equatable, Sendable {
  /// A DNS subdomain, unique within the namespace.
  public var name: String
  /// A DNS label.
  public var namespace: String
  /// Unique over time; nil until whoever accepts the pod gives it one. Safe as a part of a path.
  public var uid: String?
  /// What the pod is selected by.
  public var labels: [String: String]
  /// What others keep with the pod.
  public var annotations: [String: String]
  /// Counts changes of the spec; nil for a pod that no API server has seen.
  public var generation: Int64?
  /// When the pod was accepted.
  public var creationTimestamp: Timestamp?
  /// When the pod is to be gone; nil unless it is being deleted.
  public var deletionTimestamp: Timestamp?
  /// Fields that have no effect here (`ownerReferences`, `resourceVersion`, …), kept to be shown again.
  public var withoutEffect: [String: FieldValue]

  /// The name of an object that nobody has accepted yet.
  public init(
    name: String,
    namespace: String = Defaults.namespace,
    uid: String? = nil,
    labels: [String: String] = [:],
    annotations: [String: String] = [:]
  ) {
    self.name = name
    self.namespace = namespace
    self.uid = uid
    self.labels = labels
    self.annotations = annotations
    withoutEffect = [:]
  }
}

extension ObjectMeta: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case name, namespace, uid, labels, annotations, generation, creationTimestamp, deletionTimestamp
  }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    namespace = try container.decode(.namespace, default: Defaults.namespace)
    uid = try container.decodeIfPresent(String.self, forKey: .uid)
    labels = try container.decode(.labels, default: [:])
    annotations = try container.decode(.annotations, default: [:])
    generation = try container.decodeIfPresent(Int64.self, forKey: .generation)
    creationTimestamp = try container.decodeIfPresent(Timestamp.self, forKey: .creationTimestamp)
    deletionTimestamp = try container.decodeIfPresent(Timestamp.self, forKey: .deletionTimestamp)
    withoutEffect = try decoder.fields(except: CodingKeys.allCases.map(\.rawValue))
  }

  /// Writes what is there, under Kubernetes' names.
  public func encode(to encoder: any Encoder) throws {
    try encoder.encode(fields: withoutEffect)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(namespace, forKey: .namespace)
    try container.encodeIfPresent(uid, forKey: .uid)
    try container.encodeUnlessEmpty(labels, forKey: .labels)
    try container.encodeUnlessEmpty(annotations, forKey: .annotations)
    try container.encodeIfPresent(generation, forKey: .generation)
    try container.encodeIfPresent(creationTimestamp, forKey: .creationTimestamp)
    try container.encodeIfPresent(deletionTimestamp, forKey: .deletionTimestamp)
  }
}
