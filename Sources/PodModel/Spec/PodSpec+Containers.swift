extension PodSpec {
  /// Init containers in their order, then the others.
  public var allContainers: [Container] { initContainers + containers }

  /// Init containers that stay beside the others, in the order in which they are started (KEP-753).
  public var sidecars: [Container] { initContainers.filter { $0.restartPolicy == .always } }

  /// Whether a container of this name is an init container; sidecars are.
  public func isInitContainer(_ name: String) -> Bool { initContainers.contains { $0.name == name } }
}
