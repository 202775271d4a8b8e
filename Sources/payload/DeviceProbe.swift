import CLinux
import Glibc
import Linux

/// BOX-05: which device numbers can be made and opened.
///
/// A line is `TYPE MAJOR:MINOR mknod OUTCOME read OUTCOME write OUTCOME`. Where the node cannot be made and `/dev` has
/// one, that one is opened.
enum DeviceProbe {
  private static let numbers: [(type: String, major: UInt32, minor: UInt32, usual: String)] = [
    ("c", 1, 1, "/dev/mem"), ("c", 1, 3, "/dev/null"), ("c", 1, 4, "/dev/port"), ("c", 1, 5, "/dev/zero"),
    ("c", 1, 7, "/dev/full"), ("c", 1, 8, "/dev/random"), ("c", 1, 9, "/dev/urandom"), ("c", 1, 11, "/dev/kmsg"),
    ("c", 4, 0, "/dev/tty0"), ("c", 5, 0, "/dev/tty"), ("c", 5, 1, "/dev/console"), ("c", 5, 2, "/dev/pts/ptmx"),
    ("c", 10, 200, "/dev/net/tun"), ("c", 10, 229, "/dev/fuse"), ("c", 10, 232, "/dev/kvm"),
    ("c", 10, 237, "/dev/loop-control"),
    ("c", 136, 0, "/dev/pts/0"), ("c", 250, 0, ""), ("b", 7, 0, "/dev/loop0"), ("b", 8, 0, "/dev/sda"),
    ("b", 254, 0, "/dev/vda"), ("b", 259, 0, "/dev/nvme0n1"),
  ]

  static func run(in directory: String) throws {
    if mkdir(directory, 0o700) != 0 && errno != EEXIST { throw SyscallError("mkdir \(directory)", errno) }
    for device in numbers {
      let path = "\(directory)/\(device.type)-\(device.major)-\(device.minor)"
      let mode = (device.type == "c" ? S_IFCHR : S_IFBLK) | 0o600
      let made = Outcome.of { mknod(path, mode, dev_t(lx_makedev(device.major, device.minor))) }
      let target = made == "ok" ? path : device.usual
      try Output.line(
        "\(device.type) \(device.major):\(device.minor) mknod \(made) "
          + "read \(open(target, O_RDONLY)) write \(open(target, O_WRONLY))"
      )
      unlink(path)
    }
    rmdir(directory)
  }

  private static func open(_ path: String, _ access: Int32) -> String {
    if path.isEmpty { return "absent" }
    return Outcome.of { () throws(SyscallError) in _ = try openAt(AT_FDCWD, path, access | O_NONBLOCK | O_NOCTTY) }
  }
}
