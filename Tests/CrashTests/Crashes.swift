import Cgroups
import Glibc
import Testing

/// Everything here watches what is left on the machine, so that one test runs after the other.
@Suite(
  "A crash leaves nothing behind and weakens nothing",
  .serialized,
  .enabled(if: Requirements.root, "needs root"),
  .enabled(if: Requirements.busybox, "needs /bin/busybox, Debian's busybox-static")
)
struct Crashes {}

/// What these tests need of the machine.
enum Requirements {
  static let root = getuid() == 0
  static let busybox = access("/bin/busybox", X_OK) == 0
  /// There each command makes its cgroups in a scope of its own, where these tests do not look.
  static let systemd = CgroupHierarchy.isUnderSystemd
}
