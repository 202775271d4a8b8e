import LaunchPlan
import RuntimeAPI
import ShimClient
import StateStore

extension SupervisedSandbox {
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

  private func path(ofMount name: String) -> String { "\(directory.path)/mounts/\(name)" }
}
