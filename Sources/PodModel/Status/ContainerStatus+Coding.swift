extension ContainerStatus: Codable {
  private enum CodingKeys: CodingKey {
    case name, state, lastState, ready, started, restartCount, image, imageID, containerID, allocatedResources
    case resources, volumeMounts, user
  }

  private struct User: Codable { var linux: LinuxContainerUser? }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      name: try container.decode(String.self, forKey: .name),
      state: try container.decode(ContainerState.self, forKey: .state),
      image: try container.decode(String.self, forKey: .image)
    )
    lastState = try container.decodeIfPresent(OptionalState.self, forKey: .lastState)?.state
    ready = try container.decode(.ready, default: false)
    started = try container.decodeIfPresent(Bool.self, forKey: .started)
    restartCount = try container.decode(.restartCount, default: 0)
    imageID = try container.decode(.imageID, default: "")
    containerID = try container.decodeIfPresent(String.self, forKey: .containerID)
    allocatedResources = try container.decodeIfPresent(ResourceList.self, forKey: .allocatedResources)
    resources = try container.decodeIfPresent(ResourceRequirements.self, forKey: .resources)
    volumeMounts = try container.decode(.volumeMounts, default: [])
    user = try container.decodeIfPresent(User.self, forKey: .user)?.linux
  }

  /// Writes what is there, and the fields that Kubernetes writes even when they are empty.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(state, forKey: .state)
    try container.encode(OptionalState(state: lastState), forKey: .lastState)
    try container.encode(ready, forKey: .ready)
    try container.encodeIfPresent(started, forKey: .started)
    try container.encode(restartCount, forKey: .restartCount)
    try container.encode(image, forKey: .image)
    try container.encode(imageID, forKey: .imageID)
    try container.encodeIfPresent(containerID, forKey: .containerID)
    try container.encodeIfPresent(allocatedResources, forKey: .allocatedResources)
    try container.encodeIfPresent(resources, forKey: .resources)
    try container.encodeUnlessEmpty(volumeMounts, forKey: .volumeMounts)
    try container.encodeIfPresent(user.map(User.init), forKey: .user)
  }
}

extension VolumeMountStatus: Codable {
  private enum CodingKeys: CodingKey { case name, mountPath, readOnly, recursiveReadOnly }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      name: try container.decode(String.self, forKey: .name),
      mountPath: try container.decode(String.self, forKey: .mountPath),
      readOnly: try container.decode(.readOnly, default: false),
      recursiveReadOnly: try container.decodeIfPresent(
        VolumeMount.RecursiveReadOnly.self,
        forKey: .recursiveReadOnly
      )
    )
  }

  /// Writes what is there.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(mountPath, forKey: .mountPath)
    try container.encodeIfTrue(readOnly, forKey: .readOnly)
    try container.encodeIfPresent(recursiveReadOnly, forKey: .recursiveReadOnly)
  }
}

extension ContainerState: Codable {
  /// Reads what `encode` wrote; an empty object is a container that waits.
  public init(from decoder: any Decoder) throws {
    self = try OptionalState(from: decoder).state ?? .waiting(reason: nil, message: nil)
  }

  /// Writes one of the members `waiting`, `running` and `terminated`.
  public func encode(to encoder: any Encoder) throws { try OptionalState(state: self).encode(to: encoder) }
}

/// `{}` stands for no state at all.
private struct OptionalState: Codable {
  var state: ContainerState?

  private enum CodingKeys: CodingKey { case waiting, running, terminated }
  private struct Waiting: Codable { var reason, message: String? }
  private struct Running: Codable { var startedAt: Timestamp? }

  init(state: ContainerState?) { self.state = state }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let waiting = try container.decodeIfPresent(Waiting.self, forKey: .waiting) {
      state = .waiting(reason: waiting.reason, message: waiting.message)
    } else if let running = try container.decodeIfPresent(Running.self, forKey: .running) {
      state = .running(startedAt: running.startedAt)
    } else {
      state = try container.decodeIfPresent(ContainerTermination.self, forKey: .terminated).map { .terminated($0) }
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch state {
    case .waiting(let reason, let message):
      try container.encode(Waiting(reason: reason, message: message), forKey: .waiting)
    case .running(let startedAt): try container.encode(Running(startedAt: startedAt), forKey: .running)
    case .terminated(let termination): try container.encode(termination, forKey: .terminated)
    case nil: break
    }
  }
}
