import Glibc
import Linux
import RuntimeAPI

/// What must hold of this process before it makes containers.
public enum RootDirectoryCheck {
  /// Refuses a process that sees only a part of its mount namespace: containers would be less apart from the rest than
  /// they must be.
  public static func run() throws(RuntimeError) {
    do throws(SyscallError) {
      if try !isInChroot() { return }
    } catch {
      // Without CAP_SYS_CHROOT nobody joins a container's mount namespace, and no container can be given it.
      if error.errno == EPERM { return }
      throw .failed(step: "look at the root directory", errno: error.errno, detail: "/")
    }
    throw .failed(
      step: "make containers in a chroot",
      errno: 0,
      detail: "the root directory is not that of the mount namespace, and a container could reach what lies outside; "
        + "run swiftlet outside of the chroot, or make its directory the root (pivot_root(8))"
    )
  }
}
