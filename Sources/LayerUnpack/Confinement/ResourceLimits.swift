import CLinux
import Glibc
import Linux
import UnpackPlan

/// Limits of the kernel's own, below what `Budget` counts (`setrlimit(2)`).
struct ResourceLimits {
  private let values: [(resource: __rlimit_resource, value: UInt64)]

  /// The address space is bounded relative to what the program and its libraries take up already.
  init(_ limits: UnpackLimits) throws(SyscallError) {
    let used = try Self.addressSpace()
    values = [
      (RLIMIT_AS, used &+ UInt64(limits.memoryBytes)),
      (RLIMIT_FSIZE, UInt64(limits.bytes)),
      (RLIMIT_CPU, UInt64(limits.cpuSeconds)),
      (RLIMIT_NOFILE, 512),
      (RLIMIT_CORE, 0),
    ]
  }

  func apply() throws(SyscallError) {
    // A file beyond its limit is an error of write(2) that names the entry, not a signal that names nothing.
    signal(SIGXFSZ, SIG_IGN)
    for (resource, value) in values {
      try check("setrlimit") { lx_setrlimit(Int32(resource.rawValue), value, value) }
    }
  }

  /// The first field of `/proc/self/statm`: pages of address space.
  private static func addressSpace() throws(SyscallError) -> UInt64 {
    let text = try readKernelFile(AT_FDCWD, "/proc/self/statm", limit: 4096)
    let pageSize = sysconf(Int32(_SC_PAGESIZE))
    guard let pages = text.split(separator: " ").first.flatMap({ UInt64($0) }), pageSize > 0 else {
      throw SyscallError("/proc/self/statm", EINVAL)
    }
    return pages &* UInt64(pageSize)
  }
}
