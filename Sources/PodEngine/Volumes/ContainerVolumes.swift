import PodModel
import RuntimeAPI

/// A volume as one container sees it.
struct ContainerVolume: Equatable, Sendable {
  /// What is bound.
  var source: String
  /// Where.
  var mount: VolumeMount
  /// Whether the container may only read.
  var isReadOnly: Bool
  /// The name of the sandbox's mount that was made for it alone; `nil` for a whole volume.
  var ownMount: String?

  /// Its path without `.`, `..`, and slashes that mean nothing.
  var path: String { ImageVolumes.normalised(mount.mountPath) }
}

extension ContainerRun {
  /// What the container mounts, sub-paths opened, the ones nearer to the root first.
  func containerVolumes(_ environment: ResolvedEnvironment) async throws(ConfigurationError) -> [ContainerVolume] {
    let field = runner.pod.spec.field(of: container)
    var volumes: [ContainerVolume] = []
    for (index, mount) in container.volumeMounts.enumerated() {
      let place = "\(field).volumeMounts[\(index)]"
      guard let volume = resources.volumes[mount.name] else {
        throw ConfigurationError("\(place).name", "the pod has no volume of the name \(mount.name)")
      }
      var found = ContainerVolume(
        source: volume.source,
        mount: mount,
        isReadOnly: mount.readOnly || volume.isReadOnly
      )
      try refuseKernelPlaces(found.path, place)
      if let path = try subPath(mount, environment, place) {
        let name = "\(id.localName).\(index)"
        do throws(RuntimeError) {
          found.source = try await runner.runtime.addSubPath(path, of: volume.source, named: name, to: id.sandbox)
        } catch {
          throw ConfigurationError("\(place).subPath", "failed to prepare subPath for volumeMount \(mount.name): \(error)")
        }
        found.ownMount = name
      }
      volumes.append(found)
    }
    return volumes.sorted { a, b in a.path.split(separator: "/").count < b.path.split(separator: "/").count }
  }

  /// What is there belongs to the kernel, and masks and devices are placed in it.
  private func refuseKernelPlaces(_ path: String, _ place: String) throws(ConfigurationError) {
    if ["/", "/proc", "/sys", "/dev"].contains(path) {
      throw ConfigurationError("\(place).mountPath", "\(path) cannot be mounted over; choose a directory below it")
    }
  }

  private func subPath(
    _ mount: VolumeMount,
    _ environment: ResolvedEnvironment,
    _ place: String
  ) throws(ConfigurationError) -> String? {
    if let path = mount.subPath, !path.isEmpty { return path }
    guard let expression = mount.subPathExpr, !expression.isEmpty else { return nil }
    let path = Expansion.expand(expression, environment.byName)
    let isUsable = !path.hasPrefix("/") && !path.split(separator: "/").contains("..") && !path.contains("$(")
    if isUsable { return path }
    throw ConfigurationError(
      "\(place).subPathExpr",
      "\(expression) became \(path): a relative path without .. was expected, of variables that are set"
    )
  }

  /// What was made for this attempt alone; those that are not there any more went with the sandbox.
  func removeOwnMounts() async {
    for index in container.volumeMounts.indices where container.volumeMounts[index].hasSubPath {
      // It lives in the supervisor's mount namespace, and ends with it at the latest.
      try? await runner.runtime.removeMount(named: "\(id.localName).\(index)", from: id.sandbox)
    }
  }
}

extension VolumeMount {
  fileprivate var hasSubPath: Bool { subPath?.isEmpty == false || subPathExpr?.isEmpty == false }
}
