import Glibc
import LaunchPlan
import Linux
import RuntimeAPI
import ShimClient
import StateStore

extension SupervisedSandbox {
  /// Hands a mount to the supervisor.
  public func addMount(_ mount: DetachedMount, named name: String) async throws(RuntimeError) -> String {
    let path = directory.path + "/mounts"
    try Failures.host("make a mount point", "\(path)/\(name)") { () throws(SyscallError) in
      try ensureDirectory(AT_FDCWD, path)
      let parent = try openDirectory(AT_FDCWD, path)
      var status = stat()
      try check("fstat") { fstat(mount.descriptor, &status) }
      if status.st_mode & S_IFMT == S_IFDIR {
        try ensureDirectory(parent.raw, name)
      } else {
        _ = try openAt(parent.raw, name, O_WRONLY | O_CREAT | O_NOFOLLOW)
      }
    }
    let descriptor = mount.descriptor
    _ = try await ask(.addMount(name: name), descriptors: [descriptor], "add a mount", "sandbox \(id)")
    withExtendedLifetime(mount) {}
    return "\(path)/\(name)"
  }

  /// Takes it away.
  public func removeMount(named name: String) async throws(RuntimeError) {
    _ = try await ask(.removeMount(name: name), "remove a mount", "sandbox \(id)")
  }
}
