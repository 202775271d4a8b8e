import CLinux
import Glibc
import LaunchPlan
import Linux

/// What the pod's containers are given to bind from. It is attached below the pod directory in the supervisor's own mount
/// namespace: the host never sees it, and it goes with the supervisor however that ends.
extension Supervisor {
  /// Holds an open file until the container of this name is forgotten, or another one takes its place.
  func hold(_ container: String, _ descriptors: inout DescriptorList, _ address: ReplyAddress) throws(Failure) {
    guard sandbox != nil, let file = descriptors.take(0) else {
      throw Failure(.malformed, step: "hold a file", detail: "a sandbox and an open file belong to this request")
    }
    held[container] = SharedFD(file)
    reply(address, .done)
  }

  /// Attaches a mount that the agent made.
  func addMount(_ name: String, _ descriptors: inout DescriptorList, _ address: ReplyAddress) throws(Failure) {
    guard let mount = descriptors.take(0) else {
      throw Failure(.malformed, step: "add a mount", detail: "a mount belongs to this request")
    }
    try attach(mount, name)
    reply(address, .done)
  }

  /// Attaches a copy of what is at a path in a volume, which other containers may be writing to.
  func addSubPath(_ path: String, of volume: String, _ name: String, _ address: ReplyAddress) throws(Failure) {
    let copy: OwnedFD
    do throws(SyscallError) {
      let root = try openAt(AT_FDCWD, volume, openPathOnly | O_DIRECTORY)
      let place = try openSubPath(path, of: root.raw)
      copy = try cloneMount(place.raw, recursive: true)
    } catch {
      let hint = error.errno == EXDEV ? "it leads out of the volume: " : ""
      throw Failure(.step, step: "open the subPath", errno: error.errno, detail: hint + path)
    }
    try attach(copy, name)
    reply(address, .done)
  }

  /// Detaches; containers that have bound it keep it.
  func removeMount(_ name: String, _ address: ReplyAddress) throws(Failure) {
    do throws(SyscallError) {
      let mounts = try mountDirectory(name)
      let target = try openBeneath(mounts.raw, name, openPathOnly | O_NOFOLLOW)
      try check("umount2") { lx_umount2("/proc/self/fd/\(target.raw)", Int32(LX_UMOUNT_DETACH)) }
    } catch {
      throw Failure(.step, step: "remove a mount", errno: error.errno, detail: name)
    }
    reply(address, .done)
  }

  private func attach(_ mount: borrowing OwnedFD, _ name: String) throws(Failure) {
    try refuseWhileEnding()
    let raw = mount.raw
    do throws(SyscallError) {
      let mounts = try mountDirectory(name)
      var status = stat()
      try check("fstat") { fstat(raw, &status) }
      if status.st_mode & S_IFMT == S_IFDIR {
        try ensureDirectory(mounts.raw, name)
      } else if mknodat(mounts.raw, name, S_IFREG | 0o600, 0) != 0, errno != EEXIST {
        throw SyscallError("mknodat", errno)
      }
      let target = try openBeneath(mounts.raw, name, openPathOnly | O_NOFOLLOW)
      try attachMount(raw, to: target.raw)
    } catch {
      throw Failure(.step, step: "add a mount", errno: error.errno, detail: name)
    }
  }

  /// One name below the sandbox's mounts, and nothing else.
  private func mountDirectory(_ name: String) throws(SyscallError) -> OwnedFD {
    guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")), name != ".", name != "..", name.utf8.count <= 255,
      let path = sandbox?.plan.mountsPath
    else { throw SyscallError("name of a mount", EINVAL) }
    // By its path: the agent's descriptor of the pod directory leads to the host's mount, on which nothing can be attached
    // from here.
    try ensureDirectory(AT_FDCWD, path)
    return try openAt(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  }
}
