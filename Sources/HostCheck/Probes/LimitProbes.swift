import CHostProbe
import CLinux
import Glibc
import Linux
import Privileges

/// Reads limits; sets none.
enum LimitProbes {
  static func collect(_ capabilities: CapabilityHost) -> LimitFindings {
    let mayRaise = capabilities.held.contains(named: "SYS_RESOURCE")
    return LimitFindings(
      openFiles: openFiles(mayRaise),
      // Without the capability nothing below the least value that was set before (proc_pid_oom_score_adj(5)).
      leastOOMScore: mayRaise ? -1000 : kernelNumber("/proc/self/oom_score_adj") ?? 0,
      inotifyInstances: kernelNumber("/proc/sys/fs/inotify/max_user_instances"),
      inotifyWatches: kernelNumber("/proc/sys/fs/inotify/max_user_watches"),
      processIDs: kernelNumber("/proc/sys/kernel/pid_max"),
      clock: clock()
    )
  }

  private static func openFiles(_ mayRaise: Bool) -> UInt64 {
    if mayRaise, let most = kernelNumber("/proc/sys/fs/nr_open") { return UInt64(clamping: most) }
    var soft: UInt64 = 0
    var hard: UInt64 = 0
    // It fails for a wrong argument only; no open file is then the safe answer.
    guard lx_getrlimit(Int32(RLIMIT_NOFILE.rawValue), &soft, &hard) == 0 else { return 0 }
    return hard
  }

  private static func clock() -> Finding {
    switch hp_clock_is_synchronised() {
    case 1: .works("synchronised")
    case 0: .fails("not synchronised")
    default: .unknown("adjtimex: \(errorText(errno))")
    }
  }
}
