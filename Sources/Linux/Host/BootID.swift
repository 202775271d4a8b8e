import Glibc

/// The kernel's identity of this boot (`/proc/sys/kernel/random/boot_id`): records of another boot describe nothing that
/// still exists.
public func bootID() throws(SyscallError) -> String {
  try readKernelFile(AT_FDCWD, "/proc/sys/kernel/random/boot_id", limit: 64)
}
