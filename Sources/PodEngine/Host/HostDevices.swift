import Glibc
import Linux
import RuntimeAPI

/// The host's device nodes, which a privileged container gets as they are.
enum HostDevices {
  /// Filesystems of their own and what every container has already.
  private static let skipped: Set<String> = [
    "pts", "shm", "mqueue", "fd", "console", "ptmx", "null", "zero", "full", "random", "urandom", "tty", "stdin",
    "stdout", "stderr", "core", "hugepages",
  ]
  private static let deepest = 8

  static func all() throws(HostFactsError) -> [RuntimeSpecification.Device] {
    var devices: [RuntimeSpecification.Device] = []
    do throws(SyscallError) {
      let root = try openDirectory(AT_FDCWD, "/dev")
      try collect(root.raw, "/dev", depth: 0, into: &devices)
    } catch {
      throw HostFactsError("/dev: \(error)")
    }
    return devices
  }

  private static func collect(
    _ directory: Int32,
    _ path: String,
    depth: Int,
    into devices: inout [RuntimeSpecification.Device]
  ) throws(SyscallError) {
    for name in try entries(of: directory) where depth > 0 || !skipped.contains(name) {
      var status = stat()
      // A node that went away since the listing is no device any more.
      guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
      switch status.st_mode & S_IFMT {
      case S_IFDIR where depth < deepest:
        let below = try openAt(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        try collect(below.raw, "\(path)/\(name)", depth: depth + 1, into: &devices)
      case S_IFCHR: devices.append(device("c", "\(path)/\(name)", status))
      case S_IFBLK: devices.append(device("b", "\(path)/\(name)", status))
      default: continue
      }
    }
  }

  private static func device(_ type: String, _ path: String, _ status: stat) -> RuntimeSpecification.Device {
    RuntimeSpecification.Device(
      type: type,
      path: path,
      major: Int64(gnuMajor(status.st_rdev)),
      minor: Int64(gnuMinor(status.st_rdev)),
      fileMode: UInt32(status.st_mode & 0o7777),
      uid: status.st_uid,
      gid: status.st_gid
    )
  }

  /// makedev(3) in 64 bits.
  private static func gnuMajor(_ device: dev_t) -> UInt64 {
    let device = UInt64(device)
    return ((device >> 8) & 0xfff) | ((device >> 32) & ~0xfff)
  }

  private static func gnuMinor(_ device: dev_t) -> UInt64 {
    let device = UInt64(device)
    return (device & 0xff) | ((device >> 12) & ~0xff)
  }
}
