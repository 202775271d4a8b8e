/// One environment variable (`v1.EnvVar`).
public struct EnvironmentVariable: Equatable, Sendable {
  /// Printable ASCII without `=`.
  public var name: String
  /// The value, `$(…)` not yet expanded; empty where `valueFrom` tells it.
  public var value: String
  /// Where the value comes from instead.
  public var valueFrom: Source?

  /// Where a value comes from (`v1.EnvVarSource`).
  public enum Source: Equatable, Sendable {
    /// A value of a ConfigMap.
    case configMap(KeySelector)
    /// A value of a Secret.
    case secret(KeySelector)
    /// Something that the pod says about itself.
    case pod(PodFieldSource)
  }

  /// `name=value`.
  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }

  /// A variable with a value from elsewhere.
  public init(name: String, from source: Source) {
    self.name = name
    value = ""
    valueFrom = source
  }
}

/// One value of a ConfigMap or Secret (`v1.ConfigMapKeySelector`, `v1.SecretKeySelector`).
public struct KeySelector: Equatable, Sendable {
  /// The object's name.
  public var name: String
  /// Which value.
  public var key: String
  /// Whether object or value may be missing: the variable is then not set.
  public var optional: Bool

  /// One value.
  public init(name: String, key: String, optional: Bool = false) {
    self.name = name
    self.key = key
    self.optional = optional
  }
}

/// All values of an object as variables (`v1.EnvFromSource`).
public struct EnvironmentSource: Equatable, Sendable {
  /// The kinds of objects that values come from.
  public enum Kind: Equatable, Sendable {
    /// A ConfigMap.
    case configMap
    /// A Secret.
    case secret
  }

  /// Put before each key.
  public var prefix: String
  /// Which kind of object.
  public var kind: Kind
  /// The object's name.
  public var name: String
  /// Whether the object may be missing.
  public var optional: Bool

  /// All values of an object.
  public init(_ kind: Kind, name: String, prefix: String = "", optional: Bool = false) {
    self.kind = kind
    self.name = name
    self.prefix = prefix
    self.optional = optional
  }
}

extension EnvironmentVariable: Codable {
  private enum CodingKeys: CodingKey { case name, value, valueFrom }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    value = try container.decode(.value, default: "")
    valueFrom = try container.decodeIfPresent(Source.self, forKey: .valueFrom)
  }

  /// Writes the value or where it comes from.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    if let valueFrom {
      try container.encode(valueFrom, forKey: .valueFrom)
    } else {
      try container.encode(value, forKey: .value)
    }
  }
}

extension EnvironmentVariable.Source: Codable {
  private enum CodingKeys: CodingKey { case configMapKeyRef, secretKeyRef }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let selector = try container.decodeIfPresent(KeySelector.self, forKey: .configMapKeyRef) {
      self = .configMap(selector)
    } else if let selector = try container.decodeIfPresent(KeySelector.self, forKey: .secretKeyRef) {
      self = .secret(selector)
    } else {
      self = .pod(try PodFieldSource(from: decoder))
    }
  }

  /// Writes one of the references.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .configMap(let selector): try container.encode(selector, forKey: .configMapKeyRef)
    case .secret(let selector): try container.encode(selector, forKey: .secretKeyRef)
    case .pod(let source): try source.encode(to: encoder)
    }
  }
}

extension KeySelector: Codable {
  private enum CodingKeys: CodingKey { case name, key, optional }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      name: try container.decode(.name, default: ""),
      key: try container.decode(String.self, forKey: .key),
      optional: try container.decode(.optional, default: false)
    )
  }

  /// Writes what is there.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(key, forKey: .key)
    try container.encodeIfTrue(optional, forKey: .optional)
  }
}

extension EnvironmentSource: Codable {
  private enum CodingKeys: CodingKey { case prefix, configMapRef, secretRef }

  private struct Reference: Codable {
    var name: String
    var optional: Bool?
  }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    prefix = try container.decode(.prefix, default: "")
    let reference: Reference
    if let configMap = try container.decodeIfPresent(Reference.self, forKey: .configMapRef) {
      kind = .configMap
      reference = configMap
    } else {
      kind = .secret
      reference = try container.decode(Reference.self, forKey: .secretRef)
    }
    name = reference.name
    optional = reference.optional ?? false
  }

  /// Writes what is there.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(prefix, forKey: .prefix, unless: "")
    let reference = Reference(name: name, optional: optional ? true : nil)
    try container.encode(reference, forKey: kind == .configMap ? .configMapRef : .secretRef)
  }
}
