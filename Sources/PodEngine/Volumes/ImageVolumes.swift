import Glibc
import Linux
import PodModel

/// A directory that an image declares as a volume: each attempt of a container gets an empty one of its own there, writable
/// even where the root is not, with owner and mode of the image's (as containerd's CRI plug-in has it).
struct ImageVolume: Hashable, Sendable {
  /// Absolute path inside the container, without `.` and `..`.
  var path: String
  /// Owner, group and permissions.
  var uid: UInt32
  var gid: UInt32
  var mode: UInt32
}

/// Looks at an image's volumes, whose paths are untrusted.
///
/// Where the image has something in that directory, or none but a link, nothing is mounted: the container's own writable
/// layer shows what is there.
struct ImageVolumes {
  let layers: [String]

  /// - Parameter taken: Paths where the pod or the kernel has something of its own, or below which it has.
  /// - Throws: ``ConfigurationError`` for a path that nothing can be mounted on.
  func empty(_ paths: [String], except taken: [String]) throws(ConfigurationError) -> [ImageVolume] {
    var volumes: [ImageVolume] = []
    for path in Set(paths.map(MountPath.normalised)).sorted() {
      let first = path.split(separator: "/", maxSplits: 1).first ?? ""
      if path == "/" || ["proc", "sys", "dev"].contains(first) {
        throw ConfigurationError("image", "declares a volume at \(path), where none can be")
      }
      // A file of the pod's would be hidden.
      if taken.contains(where: { $0 == path || $0.hasPrefix(path + "/") }) { continue }
      do throws(SyscallError) {
        if let volume = try volume(path) { volumes.append(volume) }
      } catch {
        throw ConfigurationError("image", "its volume \(path) cannot be looked at: \(error)")
      }
    }
    return volumes
  }

  /// nil if the image has something there.
  private func volume(_ path: String) throws(SyscallError) -> ImageVolume? {
    var found: ImageVolume?
    for layer in layers {
      let root = try openDirectory(AT_FDCWD, layer)
      let directory: OwnedFD
      do throws(SyscallError) {
        directory = try openBeneath(root.raw, String(path.dropFirst()), O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
      } catch {
        switch error.errno {
        case ENOENT: continue
        // A file or a link somewhere on the way: whatever it means, it is not an empty directory.
        case ENOTDIR, ELOOP: return nil
        default: throw error
        }
      }
      if try !entryNames(of: directory.raw, atMost: 1).isEmpty { return nil }
      let raw = directory.raw
      var status = stat()
      try check("fstat") { fstat(raw, &status) }
      found = ImageVolume(path: path, uid: status.st_uid, gid: status.st_gid, mode: status.st_mode & 0o7777)
    }
    return found ?? ImageVolume(path: path, uid: 0, gid: 0, mode: 0o755)
  }
}
