import CLinux
import Glibc
import Linux
import UnpackPlan

/// Takes everything away from this process that unpacking does not need. Each step that fails is an error: nothing is
/// parsed outside the complete confinement.
struct Confinement {
  let limits: UnpackLimits

  /// Enters it, and returns the root directory, which is all that is left of the file system.
  func enter(target: Int32, report: Int32) throws(UnpackFailure) -> OwnedFD {
    do throws(SyscallError) {
      // Read while there is a /proc to read.
      let resources = try ResourceLimits(limits)
      try isolate(target: target)
      let root = try openAt(AT_FDCWD, "/", openPathOnly | O_DIRECTORY)
      try closeDescriptors(keeping: [0, 1, 2, report, root.raw])
      try resources.apply()
      try Privileges.reduce()
      try check("prctl(PR_SET_PDEATHSIG)") { lx_prctl(Int32(LX_PR_SET_PDEATHSIG), UInt(SIGKILL), 0, 0, 0) }
      try check("prctl(PR_SET_NO_NEW_PRIVS)") { lx_prctl(Int32(LX_PR_SET_NO_NEW_PRIVS), 1, 0, 0, 0) }
      try SystemCallFilter.install()
      return root
    } catch {
      throw UnpackFailure(
        .confinement,
        "the unpacker could not lock itself in, so nothing was read: \(error); it must run as root"
      )
    }
  }

  /// Namespaces of its own, with the target as the whole mount tree.
  ///
  /// The copy of the target's mount is made first: a descriptor names a mount of the namespace that it was opened in, and
  /// only mounts of one's own namespace can be copied (before Linux 6.15). It carries nodev, so that nodes in layers stay
  /// inert here too, and is private: nothing that happens in it is seen outside.
  private func isolate(target: Int32) throws(SyscallError) {
    let mount = try cloneMount(target, recursive: false)
    try setMountAttributes(mount.raw, set: [.noSetuid, .noDevices, .noExecute], propagation: .isPrivate)
    let namespaces =
      LX_CLONE_NEWNS | LX_CLONE_NEWNET | LX_CLONE_NEWIPC | LX_CLONE_NEWUTS | LX_CLONE_NEWCGROUP
    try check("unshare") { lx_unshare(Int32(truncatingIfNeeded: namespaces)) }
    let old = try openDirectory(AT_FDCWD, "/")
    try setMountAttributes(old.raw, propagation: .slave, recursive: true)
    try attachMount(mount.raw, to: old.raw)
    try pivotRoot(to: mount.raw)
    umask(0)
  }

  private func closeDescriptors(keeping kept: [Int32]) throws(SyscallError) {
    var first: UInt32 = 0
    for descriptor in kept.sorted() {
      let number = UInt32(bitPattern: descriptor)
      if number > first { try check("close_range") { lx_close_range(first, number - 1, 0) } }
      first = number + 1
    }
    try check("close_range") { lx_close_range(first, UInt32.max, 0) }
  }
}
