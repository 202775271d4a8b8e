import Glibc

/// Readings of the kernel's clocks.
public enum Clock {
  /// Nanoseconds since boot, not counting sleep; never jumps (CLOCK_MONOTONIC).
  public static func monotonicNanoseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
  }

  /// Seconds and nanoseconds since 1970 (CLOCK_REALTIME). It jumps: only for people and API fields.
  public static func wall() -> (seconds: Int64, nanoseconds: Int64) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return (Int64(now.tv_sec), Int64(now.tv_nsec))
  }
}
