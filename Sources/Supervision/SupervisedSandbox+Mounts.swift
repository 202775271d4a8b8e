import LaunchPlan
import RuntimeAPI
import ShimClient
import StateStore

extension SupervisedSandbox {
  /// Has the supervisor hold an open file until the container is deleted.
  public func hold(_ descriptor: Int32, for container: ContainerID) async throws(RuntimeError) {
    let operation = ShimRequest.Operation.hold(container: container.localName)
    _ = try await ask(operation, descriptors: [descriptor], "hold a file", "\(container)")
  }

  /// Hands a mount to the supervisor.
  public func addMount(_ mount: DetachedMount, named name: String) async throws(RuntimeError) -> String {
    let operation = ShimRequest.Operation.addMount(name: name)
    _ = try await ask(operation, descriptors: [mount.descriptor], "add a mount", "sandbox \(id)")
    withExtendedLifetime(mount) {}
    return path(ofMount: name)
  }

  /// Has the supervisor find a path in a volume.
  public func addSubPath(
    _ path: String,
    of volume: String,
    named name: String
  ) async throws(RuntimeError) -> String {
    let operation = ShimRequest.Operation.addSubPath(name: name, volume: volume, path: path)
    _ = try await ask(operation, "open a subPath", "sandbox \(id)")
    return self.path(ofMount: name)
  }

  /// Takes either away.
  public func removeMount(named name: String) async throws(RuntimeError) {
    _ = try await ask(.removeMount(name: name), "remove a mount", "sandbox \(id)")
  }

  private func path(ofMount name: String) -> String { "\(directory.mounts)/\(name)" }
}
