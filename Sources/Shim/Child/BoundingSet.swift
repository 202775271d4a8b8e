import CLinux
import Glibc
import Linux

/// The capability bounding set of this process (capabilities(7)).
enum BoundingSet {
  /// Whether the kernel knows a capability. Only EINVAL says that it does not: anything else must not end a list of what
  /// is to be dropped.
  static func isKnown(_ capability: UInt64) throws(SyscallError) -> Bool {
    do throws(SyscallError) {
      try check("prctl(PR_CAPBSET_READ)") { lx_prctl(Int32(LX_PR_CAPBSET_READ), UInt(capability), 0, 0, 0) }
      return true
    } catch {
      if error.errno != EINVAL { throw error }
      return false
    }
  }
}
