import Glibc
import Linux

/// The directory of an `emptyDir` volume: writable for everybody in the pod, or for its group (kubelet `emptydir`).
public enum EmptyDirectory {
  /// Permissions of its root.
  public static let mode: mode_t = 0o777

  /// Makes it below a directory of ours; one that is there, from before a restart of the sandbox, keeps its content.
  ///
  /// - Parameter group: `fsGroup`: the directory's group, which what is made in it inherits.
  public static func make(in parent: Int32, _ name: String, group: UInt32?) throws(VolumeError) {
    try about("the directory of the volume \(name)") { () throws(SyscallError) in
      do throws(SyscallError) { try makeDirectory(parent, name) } catch {
        if error.errno != EEXIST { throw error }
        return
      }
      let directory = try openDirectory(parent, name)
      try share(directory.raw, group)
    }
  }

  /// Gives a root its permissions, whatever this process's umask is.
  public static func share(_ root: Int32, _ group: UInt32?) throws(SyscallError) {
    if let group { try check("fchown") { fchown(root, 0, group) } }
    // After the owner, which would take set-group-id away.
    try check("fchmod") { fchmod(root, mode | (group == nil ? 0 : S_ISGID)) }
  }
}
