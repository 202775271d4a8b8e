import CLinux
import Glibc
import Linux

/// The capabilities that remain: those without which owners, modes and nodes could not be set (`capabilities(7)`).
enum Privileges {
  /// CAP_CHOWN 0, CAP_DAC_OVERRIDE 1, CAP_FOWNER 3, CAP_FSETID 4, CAP_MKNOD 27, CAP_SETFCAP 31 (linux/capability.h).
  static let kept: UInt64 = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 27 | 1 << 31

  /// Drops all others from every set, the bounding set included, and looks whether that is so.
  static func reduce() throws(SyscallError) {
    try check("prctl(PR_CAP_AMBIENT)") {
      lx_prctl(Int32(LX_PR_CAP_AMBIENT), UInt(LX_PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0)
    }
    for capability in 0..<64 where kept & (1 << UInt64(capability)) == 0 {
      // A number beyond the kernel's last capability is EINVAL.
      if lx_prctl(Int32(LX_PR_CAPBSET_READ), UInt(capability), 0, 0, 0) < 0 { break }
      try check("prctl(PR_CAPBSET_DROP)") { lx_prctl(Int32(LX_PR_CAPBSET_DROP), UInt(capability), 0, 0, 0) }
    }
    try check("capset") { lx_capset(kept, kept, 0) }
    var (effective, permitted, inheritable): (UInt64, UInt64, UInt64) = (0, 0, 0)
    try check("capget") { lx_capget(&effective, &permitted, &inheritable) }
    guard effective == kept, permitted == kept, inheritable == 0 else { throw SyscallError("capset", EPERM) }
  }
}
