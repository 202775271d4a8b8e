import CLinux
import Glibc

/// Which filesystem a descriptor is on (`statfs(2)`, `f_type`).
public enum FilesystemKind: Int64, Sendable {
  case proc = 0x9fa0
  case sysfs = 0x6265_6572
  case cgroup2 = 0x6367_7270
  case tmpfs = 0x0102_1994
  case devpts = 0x1cd1

  /// Whether the descriptor is on it.
  public func holds(_ descriptor: Int32) throws(SyscallError) -> Bool {
    var type: Int64 = 0
    try check("fstatfs") { lx_fstatfs_type(descriptor, &type) }
    return type == rawValue
  }

  /// Throws EINVAL where the descriptor is on any other filesystem: what was opened is then not what its path claims.
  public func require(_ descriptor: Int32) throws(SyscallError) {
    if try !holds(descriptor) { throw SyscallError("fstatfs: not on \(self)", EINVAL) }
  }
}
