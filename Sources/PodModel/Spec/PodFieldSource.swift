/// Something that a pod says about itself, as a variable or a file (the downward API).
public enum PodFieldSource: Equatable, Sendable {
  /// A field of the pod (`v1.ObjectFieldSelector`): `metadata.name`, `metadata.labels['key']`, `status.podIP` and so on.
  case field(path: String)
  /// A resource of a container (`v1.ResourceFieldSelector`).
  case resource(ResourceField)
}

/// `v1.ResourceFieldSelector`.
public struct ResourceField: Equatable, Codable, Sendable {
  /// Whose; nil for the container whose variable it is.
  public var containerName: String?
  /// `limits.cpu`, `requests.memory` and so on.
  public var resource: String
  /// The unit; 1 when nothing is said. The answer is rounded up to a whole number of it.
  public var divisor: Quantity?

  /// A resource of a container.
  public init(containerName: String? = nil, resource: String, divisor: Quantity? = nil) {
    self.containerName = containerName
    self.resource = resource
    self.divisor = divisor
  }
}

extension PodFieldSource: Codable {
  private enum CodingKeys: CodingKey { case fieldRef, resourceFieldRef }

  private struct FieldReference: Codable {
    var apiVersion: String? = "v1"
    var fieldPath: String
  }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let reference = try container.decodeIfPresent(FieldReference.self, forKey: .fieldRef) {
      self = .field(path: reference.fieldPath)
    } else {
      self = .resource(try container.decode(ResourceField.self, forKey: .resourceFieldRef))
    }
  }

  /// Writes one of the two references.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .field(let path): try container.encode(FieldReference(fieldPath: path), forKey: .fieldRef)
    case .resource(let resource): try container.encode(resource, forKey: .resourceFieldRef)
    }
  }
}
