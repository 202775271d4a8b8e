import CLinux

/// Whether this process sees another root directory than its mount namespace has, as in a `chroot`.
///
/// Whoever joins the namespace of a container that was made from there (setns(2)) finds itself at the root that `chroot`
/// only hides, and `pivot_root` leaves it above the container's own. It is found out in a thread that ends with it.
///
/// - Throws: EPERM without CAP_SYS_ADMIN and CAP_SYS_CHROOT.
public func isInChroot() throws(SyscallError) -> Bool {
  try check("setns(CLONE_NEWNS)") { lx_is_in_chroot() } == 1
}
