import Glibc
import Linux
import PodModel
import RuntimeAPI
import Volumes

/// Makes the volumes of a pod in its sandbox. What is in memory is made as detached mounts, filled, and handed to the
/// sandbox: no path of this machine ever leads to a secret, and a crash at any moment leaves nothing to clean up.
struct PodVolumes {
  let pod: Pod
  let sandbox: SandboxID
  let runtime: any ContainerRuntime
  /// Of the pod's volumes on disk.
  let directory: String
  let values: ValueFiles

  /// The name of the mount that holds the files of all volumes made of values.
  private static let valuesMount = "values"

  private var group: UInt32? { pod.spec.securityContext.fsGroup }

  /// Where the containers bind each volume from, by name.
  ///
  /// - Throws: ``VolumeError``, or the runtime's error, for the first volume that cannot be made.
  func make() async throws -> [String: PodVolume] {
    var made: [String: PodVolume] = [:]
    var trees: [(name: String, tree: ValueTree)] = []
    var files: [String: Set<String>] = [:]
    for volume in pod.spec.volumes {
      do {
        if let found = try await values.files(of: volume) {
          trees.append((volume.name, try ValueTree(found, group: group)))
          files[volume.name] = Set(found.map(\.path))
        } else {
          made[volume.name] = try await make(volume)
        }
      } catch {
        throw VolumeError("MountVolume.SetUp failed for volume \"\(volume.name)\" : \(error)")
      }
    }
    if trees.isEmpty { return made }
    let path = try await give(trees)
    for (name, _) in trees { made[name] = PodVolume(source: "\(path)/\(name)", isReadOnly: true, files: files[name]) }
    return made
  }

  private func make(_ volume: Volume) async throws -> PodVolume? {
    switch volume.source {
    case .configMap, .secret, .downwardAPI, .projected: return nil
    case .hostPath(let source):
      try HostPath.prepare(source)
      return PodVolume(source: source.path, isOnHost: true)
    case .emptyDir(let source) where source.medium == .memory:
      let mount = try MemoryFilesystem.make(mode: EmptyDirectory.mode, bytes: pod.spec.memorySize(of: source))
      // A mount's own descriptor names a place and cannot change it (O_PATH).
      let root = try openDirectory(mount.raw, ".")
      try EmptyDirectory.share(root.raw, group)
      let detached = DetachedMount(descriptor: mount.release())
      return PodVolume(source: try await runtime.addMount(detached, named: "memory-\(volume.name)", to: sandbox))
    case .emptyDir:
      try ensureDirectories(directory)
      let parent = try openDirectory(AT_FDCWD, directory)
      try EmptyDirectory.make(in: parent.raw, volume.name, group: group)
      return PodVolume(source: "\(directory)/\(volume.name)", isOnHost: true)
    }
  }

  /// One filesystem for all of them: each would cost as much as a tenth of a container's start.
  private func give(_ trees: [(name: String, tree: ValueTree)]) async throws -> String {
    let memory = try MemoryFilesystem.make(mode: 0o755, keptFromSwap: true)
    for (name, tree) in trees {
      try makeDirectory(memory.raw, name)
      let directory = try openDirectory(memory.raw, name)
      try tree.write(to: directory.raw, version: "1")
    }
    let detached = DetachedMount(descriptor: memory.release())
    return try await runtime.addMount(detached, named: Self.valuesMount, to: sandbox)
  }
}

/// A volume that its pod's containers can bind.
struct PodVolume: Hashable, Sendable {
  /// Where it is, as the containers of the sandbox see this machine.
  var source: String
  /// Whether nobody may write to it: the kubelet mounts volumes of values so, whatever the mount says.
  var isReadOnly = false
  /// Whether its source is a path of the host, where something can be mounted below it later.
  var isOnHost = false
  /// The files of a volume of values, by their paths in it.
  var files: Set<String>?

  /// Whether a volume of values has nothing at a path in it.
  func lacks(_ path: String) -> Bool {
    guard let files else { return false }
    let name = MountPath.normalised(path).dropFirst()
    return !name.isEmpty && !files.contains { $0 == name || $0.hasPrefix(name + "/") }
  }
}

extension PodSpec {
  /// The most bytes of a filesystem in memory: what the volume may hold, or what the pod may use in all, whichever is less
  /// (kubelet `calculateEmptyDirMemorySize`). Nil for the kernel's default, half of the memory.
  func memorySize(of volume: EmptyDirVolume) -> Int64? {
    [volume.sizeLimit?.value, memoryLimit].compactMap { $0 }.filter { $0 > 0 }.min()
  }

  /// What the containers together may use at any time; nil if one of them may use whatever there is.
  private var memoryLimit: Int64? {
    var (beside, greatest): (Int64, Int64) = (0, 0)
    for container in allContainers {
      guard let limit = container.resources.limits.memory?.value, limit > 0 else { return nil }
      let (sum, overflow) = beside.addingReportingOverflow(limit)
      greatest = max(greatest, overflow ? .max : sum)
      // An init container that ends has gone when the next one comes.
      let stays = container.restartPolicy == .always || !isInitContainer(container.name)
      if stays { beside = overflow ? .max : sum }
    }
    return greatest
  }
}
