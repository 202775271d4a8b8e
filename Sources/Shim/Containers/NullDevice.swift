import CLinux
import Glibc
import Linux

/// The host's `/dev/null`.
enum NullDevice {
  /// Opens it and makes sure that it is character device 1:3 and nothing else: what is bound over a masked path, or read
  /// as standard input, must not be of somebody else's choosing (CVE-2025-31133).
  static func open(_ flags: Int32) throws(SyscallError) -> OwnedFD {
    let file = try openAt(AT_FDCWD, "/dev/null", flags)
    try verify(file.raw)
    return file
  }

  /// What a mount of the host's node has that a container can reach.
  static let attributes: MountAttributes = [.readOnly, .noSetuid, .noExecute]

  fileprivate static func verify(_ file: Int32) throws(SyscallError) {
    var status = stat()
    try check("fstat") { fstat(file, &status) }
    if status.st_mode & S_IFMT != S_IFCHR || UInt(status.st_rdev) != lx_makedev(1, 3) {
      throw SyscallError("/dev/null is not character device 1:3", ENODEV)
    }
  }
}

/// The host's `/dev/null` as the standard stream of a container, through a read-only mount: reading and writing are the
/// same, but mode, owner, times and attributes of the host's node cannot be changed through the descriptor by a root inside.
struct ContainerNullDevice: ~Copyable {
  let file: OwnedFD
  /// Closing the last descriptor of a mount that is attached nowhere waits for an RCU grace period.
  private let mount: OwnedFD

  init() throws(SyscallError) {
    let mount = try cloneMount(AT_FDCWD, "/dev/null", recursive: false)
    try setMountAttributes(mount.raw, set: NullDevice.attributes)
    let file = try openAt(AT_FDCWD, "/proc/self/fd/\(mount.raw)", O_RDWR)
    try NullDevice.verify(file.raw)
    self.mount = mount
    self.file = file
  }
}
