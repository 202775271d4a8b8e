import Glibc
import Linux
import PodModel
import RuntimeAPI

/// A volume as one container sees it.
struct ContainerVolume: Equatable, Sendable {
  /// What the container may do, as options of mount(8).
  enum Access: String {
    case readWrite = "rw"
    /// What is mounted below it stays as it is.
    case readOnly = "ro"
    /// What is mounted below it as well.
    case readOnlyBelow = "rro"
  }

  /// What is bound.
  var source: String
  /// Where.
  var mount: VolumeMount
  /// Where the pod says so.
  var field: String
  /// What the container may do.
  var access: Access
  /// The name of the sandbox's mount that was made for it alone; `nil` for a whole volume.
  var ownMount: String?
  /// A sub-path that a volume of values does not have: an empty directory stands for it, as with the kubelet.
  var missing: String?

  /// Its path without `.`, `..`, and slashes that mean nothing.
  var path: String { MountPath.normalised(mount.mountPath) }
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
        field: place,
        access: ContainerVolume.Access(of: mount, on: volume)
      )
      try refuseKernelPlaces(found.path, place)
      if mount.mountPropagation == .hostToContainer, volume.isOnHost { try requirePropagation(volume.source, place) }
      if let path = try subPath(mount, environment, place) {
        let name = "\(id.localName).\(index)"
        do throws(RuntimeError) {
          found.source = try await runner.runtime.addSubPath(path, of: volume.source, named: name, to: id.sandbox)
        } catch {
          throw ConfigurationError(
            "\(place).subPath",
            "failed to prepare subPath for volumeMount \(mount.name): \(error)"
          )
        }
        found.ownMount = name
        if volume.lacks(path) { found.missing = path }
      }
      volumes.append(found)
    }
    return volumes.sorted { a, b in a.path.split(separator: "/").count < b.path.split(separator: "/").count }
  }

  /// Manifests are refused earlier; not every pod comes from one.
  private func refuseKernelPlaces(_ path: String, _ place: String) throws(ConfigurationError) {
    guard let obstacle = MountPath.obstacle(at: path) else { return }
    throw ConfigurationError("\(place).mountPath", "\(path) \(obstacle.problem); \(obstacle.advice)")
  }

  /// From a private mount nothing would ever arrive (containerd refuses it, too).
  private func requirePropagation(_ source: String, _ place: String) throws(ConfigurationError) {
    let mount: MountEntry?
    do throws(SyscallError) {
      let opened = try openAt(AT_FDCWD, source, openPathOnly)
      mount = try MountEntry.containing(opened.raw)
    } catch {
      throw ConfigurationError("\(place).mountPropagation", "\(source): \(error)")
    }
    guard let mount, !mount.passesOnMounts else { return }
    let point = mount.mountPoint
    throw ConfigurationError(
      "\(place).mountPropagation",
      "\(source) is on the mount \(point), which is private, so that later mounts would never appear; "
        + "run `mount --make-rshared \(point)` on the host before the pod starts, or take None"
    )
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

extension [ContainerVolume] {
  /// Why a container could not be made, with the field of the mount that it was about.
  func explain(_ error: RuntimeError) -> String {
    guard case .failed(_, _, let place) = error, let volume = first(where: { $0.path == place }) else {
      return error.description
    }
    let cause = volume.missing.map {
      "; the volume \(volume.mount.name) has no \($0): an empty directory stands for it"
    }
    return "\(volume.field): \(error)" + (cause ?? "")
  }
}

extension ContainerVolume.Access {
  /// A volume of values is read-only whatever the mount says. In it nothing is mounted.
  init(of mount: VolumeMount, on volume: PodVolume) {
    let isRecursive = volume.isReadOnly || [.enabled, .ifPossible].contains(mount.recursiveReadOnly)
    self = mount.readOnly || volume.isReadOnly ? (isRecursive ? .readOnlyBelow : .readOnly) : .readWrite
  }
}

extension VolumeMount {
  fileprivate var hasSubPath: Bool { subPath?.isEmpty == false || subPathExpr?.isEmpty == false }
}
