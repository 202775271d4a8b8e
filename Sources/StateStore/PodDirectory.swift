import Glibc
import Linux

/// The directory of one pod below the run directory: `<run-dir>/pods/<uid>`. It exists until the last trace of the pod
/// is gone, because its record says where the traces are.
public struct PodDirectory: Hashable, Sendable {
  /// Absolute path.
  public let path: String
  /// The pod's UID.
  public let pod: String

  /// The directory of a pod; it need not exist.
  public init(runDirectory: String, pod: String) {
    path = "\(runDirectory)/pods/\(pod)"
    self.pod = pod
  }

  /// Every pod that has a directory.
  public static func all(runDirectory: String) throws(SyscallError) -> [PodDirectory] {
    do throws(SyscallError) {
      let directory = try openDirectory(AT_FDCWD, runDirectory + "/pods")
      return try entries(of: directory.raw).filter { !$0.hasPrefix(".") }.map {
        PodDirectory(runDirectory: runDirectory, pod: $0)
      }
    } catch {
      if error.errno == ENOENT { return [] }
      throw error
    }
  }

  /// The socket's name.
  public static let socket = "shim"
  /// Where exits are recorded.
  public static let exits = "exits"
  /// The name of the lock beside the pods' directories.
  static let claimLock = ".claims"
  /// The record's name.
  public static let record = "record.json"

  /// Mount point of the memory filesystem that containers share.
  public var sharedMemory: String { path + "/shm" }
  /// Mount points of what containers bind from, in the supervisor's mount namespace.
  public var mounts: String { path + "/mounts" }
  /// Mount point of root filesystems, in each container's mount namespace.
  public var rootMountPoint: String { path + "/root" }
  /// Plans of containers, for `exec` after a restart of the agent.
  public var plans: String { path + "/plans" }
  /// Files that are generated for the pod: hosts, resolv.conf and the like.
  public var files: String { path + "/files" }

  /// Opens it.
  public func open() throws(SyscallError) -> OwnedFD { try openDirectory(AT_FDCWD, path) }

  /// Removes it with all that is in it.
  public func remove() throws(SyscallError) {
    guard let slash = path.lastIndex(of: "/") else { return }
    let pods = try openDirectory(AT_FDCWD, String(path[..<slash]))
    try removeTree(pods.raw, pod)
  }

  /// Whether it exists.
  public var exists: Bool { access(path, F_OK) == 0 }
}
