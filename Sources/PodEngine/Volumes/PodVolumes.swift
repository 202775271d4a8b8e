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
    for volume in pod.spec.volumes {
      do {
        if let files = try await values.files(of: volume) {
          trees.append((volume.name, try ValueTree(files, group: group)))
        } else {
          made[volume.name] = try await make(volume)
        }
      } catch {
        throw VolumeError("MountVolume.SetUp failed for volume \"\(volume.name)\" : \(error)")
      }
    }
    if trees.isEmpty { return made }
    let path = try await give(trees)
    for (name, _) in trees { made[name] = PodVolume(source: "\(path)/\(name)", isReadOnly: true) }
    return made
  }

  private func make(_ volume: Volume) async throws -> PodVolume? {
    switch volume.source {
    case .configMap, .secret, .downwardAPI, .projected: return nil
    case .hostPath(let source):
      try HostPath.prepare(source)
      return PodVolume(source: source.path)
    case .emptyDir(let source) where source.medium == .memory:
      let mount = try MemoryFilesystem.make(mode: EmptyDirectory.mode, bytes: source.sizeLimit?.value)
      try EmptyDirectory.share(mount.raw, group)
      let detached = DetachedMount(descriptor: mount.release())
      return PodVolume(source: try await runtime.addMount(detached, named: "memory-\(volume.name)", to: sandbox))
    case .emptyDir:
      try ensureDirectories(directory)
      let parent = try openDirectory(AT_FDCWD, directory)
      try EmptyDirectory.make(in: parent.raw, volume.name, group: group)
      return PodVolume(source: "\(directory)/\(volume.name)")
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
}
