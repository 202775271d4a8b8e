extension Volume: Codable {
  private enum CodingKeys: CodingKey {
    case name, emptyDir, hostPath, configMap, secret, downwardAPI, projected
  }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    if let source = try container.decodeIfPresent(EmptyDirVolume.self, forKey: .emptyDir) {
      self.source = .emptyDir(source)
    } else if let source = try container.decodeIfPresent(HostPathVolume.self, forKey: .hostPath) {
      self.source = .hostPath(source)
    } else if let source = try container.decodeIfPresent(KeyedVolume.ConfigMapForm.self, forKey: .configMap) {
      self.source = .configMap(source.volume)
    } else if let source = try container.decodeIfPresent(KeyedVolume.SecretForm.self, forKey: .secret) {
      self.source = .secret(source.volume)
    } else if let source = try container.decodeIfPresent(DownwardAPIVolume.self, forKey: .downwardAPI) {
      self.source = .downwardAPI(source)
    } else {
      source = .projected(try container.decode(ProjectedVolume.self, forKey: .projected))
    }
  }

  /// Writes the source under the field that names its kind.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    switch source {
    case .emptyDir(let source): try container.encode(source, forKey: .emptyDir)
    case .hostPath(let source): try container.encode(source, forKey: .hostPath)
    case .configMap(let source): try container.encode(KeyedVolume.ConfigMapForm(volume: source), forKey: .configMap)
    case .secret(let source): try container.encode(KeyedVolume.SecretForm(volume: source), forKey: .secret)
    case .downwardAPI(let source): try container.encode(source, forKey: .downwardAPI)
    case .projected(let source): try container.encode(source, forKey: .projected)
    }
  }
}

extension KeyedVolume {
  /// Where the object's name is under `name`.
  struct ConfigMapForm: Codable {
    var volume: KeyedVolume

    private enum CodingKeys: CodingKey { case name, items, defaultMode, optional }

    init(volume: KeyedVolume) { self.volume = volume }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      volume = KeyedVolume(
        name: try container.decode(.name, default: ""),
        items: try container.decode(.items, default: []),
        defaultMode: try container.decodeIfPresent(UInt16.self, forKey: .defaultMode),
        optional: try container.decode(.optional, default: false)
      )
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(volume.name, forKey: .name)
      try container.encodeUnlessEmpty(volume.items, forKey: .items)
      try container.encodeIfPresent(volume.defaultMode, forKey: .defaultMode)
      try container.encodeIfTrue(volume.optional, forKey: .optional)
    }
  }

  /// A Secret's own volume has it under `secretName`.
  struct SecretForm: Codable {
    var volume: KeyedVolume

    private enum CodingKeys: CodingKey { case secretName, items, defaultMode, optional }

    init(volume: KeyedVolume) { self.volume = volume }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      volume = KeyedVolume(
        name: try container.decode(.secretName, default: ""),
        items: try container.decode(.items, default: []),
        defaultMode: try container.decodeIfPresent(UInt16.self, forKey: .defaultMode),
        optional: try container.decode(.optional, default: false)
      )
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(volume.name, forKey: .secretName)
      try container.encodeUnlessEmpty(volume.items, forKey: .items)
      try container.encodeIfPresent(volume.defaultMode, forKey: .defaultMode)
      try container.encodeIfTrue(volume.optional, forKey: .optional)
    }
  }
}

extension DownwardAPIVolume: Codable {
  private enum CodingKeys: CodingKey { case items, defaultMode }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    items = try container.decode(.items, default: [])
    defaultMode = try container.decodeIfPresent(UInt16.self, forKey: .defaultMode)
  }

  /// Writes what is there.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeUnlessEmpty(items, forKey: .items)
    try container.encodeIfPresent(defaultMode, forKey: .defaultMode)
  }
}

extension DownwardAPIFile: Codable {
  private enum CodingKeys: CodingKey { case path, mode }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    path = try container.decode(String.self, forKey: .path)
    mode = try container.decodeIfPresent(UInt16.self, forKey: .mode)
    source = try PodFieldSource(from: decoder)
  }

  /// Writes the source beside the path.
  public func encode(to encoder: any Encoder) throws {
    try source.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(path, forKey: .path)
    try container.encodeIfPresent(mode, forKey: .mode)
  }
}

extension ProjectedVolume: Codable {
  private enum CodingKeys: CodingKey { case sources, defaultMode }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    sources = try container.decode(.sources, default: [])
    defaultMode = try container.decode(.defaultMode, default: Defaults.volumeFileMode)
  }

  /// Writes what is there.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(sources, forKey: .sources)
    try container.encode(defaultMode, forKey: .defaultMode)
  }
}

extension ProjectedVolume.Part: Codable {
  private enum CodingKeys: CodingKey { case configMap, secret, downwardAPI }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let source = try container.decodeIfPresent(KeyedVolume.ConfigMapForm.self, forKey: .configMap) {
      self = .configMap(source.volume)
    } else if let source = try container.decodeIfPresent(KeyedVolume.ConfigMapForm.self, forKey: .secret) {
      self = .secret(source.volume)
    } else {
      self = .downwardAPI(try container.decode(DownwardAPIVolume.self, forKey: .downwardAPI).items)
    }
  }

  /// Writes the part under the field that names its kind; a Secret's name is under `name` here.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .configMap(let source): try container.encode(KeyedVolume.ConfigMapForm(volume: source), forKey: .configMap)
    case .secret(let source): try container.encode(KeyedVolume.ConfigMapForm(volume: source), forKey: .secret)
    case .downwardAPI(let items): try container.encode(DownwardAPIVolume(items: items), forKey: .downwardAPI)
    }
  }
}

extension VolumeMount: Codable {
  private enum CodingKeys: CodingKey {
    case name, mountPath, readOnly, subPath, subPathExpr, recursiveReadOnly, mountPropagation
  }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    mountPath = try container.decode(String.self, forKey: .mountPath)
    readOnly = try container.decode(.readOnly, default: false)
    subPath = try container.decodeIfPresent(String.self, forKey: .subPath)
    subPathExpr = try container.decodeIfPresent(String.self, forKey: .subPathExpr)
    recursiveReadOnly = try container.decodeIfPresent(RecursiveReadOnly.self, forKey: .recursiveReadOnly)
    mountPropagation = try container.decodeIfPresent(Propagation.self, forKey: .mountPropagation)
  }

  /// Writes what is there.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(mountPath, forKey: .mountPath)
    try container.encodeIfTrue(readOnly, forKey: .readOnly)
    try container.encodeIfPresent(subPath, forKey: .subPath)
    try container.encodeIfPresent(subPathExpr, forKey: .subPathExpr)
    try container.encodeIfPresent(recursiveReadOnly, forKey: .recursiveReadOnly)
    try container.encodeIfPresent(mountPropagation, forKey: .mountPropagation)
  }
}
