import CLinux
import Glibc
import Linux

/// The capability bounding set of this process (capabilities(7)).
enum BoundingSet {
  /// Drops every capability that the kernel knows, but for those of a mask.
  static func drop(allBut kept: UInt64) throws(SyscallError) {
    for capability in UInt64(0)..<64 where kept & (1 << capability) == 0 {
      do throws(SyscallError) {
        try check("prctl(PR_CAPBSET_DROP)") { lx_prctl(Int32(LX_PR_CAPBSET_DROP), UInt(capability), 0, 0, 0) }
      } catch {
        // Only EINVAL says that the kernel knows no more: anything else must not end a list of what is to be dropped.
        if error.errno != EINVAL { throw error }
        return
      }
    }
  }
}
