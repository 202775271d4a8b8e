import CLinux
import Glibc
import Linux

/// BOX-04: what should be masked is read, what should be read-only is written, and both are remounted and unmounted.
///
/// A line is `read|list|write|create|remount|unmount|change PATH OUTCOME`; `read` answers `bytes N`, `list` `entries N`.
enum MaskProbe {
  private static let masked = [
    "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
    "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
    "/sys/devices/virtual/powercap", "/sys/devices/system/cpu/cpu0/thermal_throttle",
    "/sys/devices/system/cpu/cpu1/thermal_throttle",
  ]
  private static let readOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
  /// Files below the read-only directories whose writing would show.
  private static let sensitive = [
    "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hostname",
    "/proc/sys/vm/swappiness",
    "/proc/sys/net/ipv4/ip_forward", "/proc/sys/fs/file-max", "/proc/irq/default_smp_affinity",
    "/sys/kernel/uevent_helper",
    "/sys/power/state", "/sys/module/apparmor/parameters/enabled",
  ]

  /// In a user namespace of its own the probe has every capability, and the mounts are locked (mount_namespaces(7)).
  static func run(inUserNamespace: Bool) throws {
    if inUserNamespace {
      try check("unshare") { lx_unshare(Int32(LX_CLONE_NEWUSER | LX_CLONE_NEWNS)) }
    }
    for path in masked { try read(path) }
    for path in readOnly + sensitive { try write(path) }
    for path in masked + readOnly {
      try Output.line("remount \(path) " + Outcome.of { lx_mount(nil, path, nil, remount, nil) })
      try Output.line("unmount \(path) " + Outcome.of { lx_umount2(path, Int32(LX_UMOUNT_DETACH)) })
    }
    for path in masked { try read(path) }
    for path in readOnly + sensitive { try write(path) }
    for path in masked + ["/proc/self/fd/0"] { try change(path) }
    try mountAfresh()
  }

  /// What covers a file must not be changed through the cover: it may be the host's. Setting the mode that a file has
  /// asks for all that another one would need and does no harm. A file that is the container's own does not count.
  private static func change(_ path: String) throws {
    var (status, null) = (stat(), stat())
    guard stat(path, &status) == 0 else { return try Output.line("change \(path) errno \(errno)") }
    let isOwn = lstat("/dev/null", &null) == 0 && null.st_dev == status.st_dev && null.st_ino == status.st_ino
    let outcome = Outcome.of { Glibc.chmod(path, status.st_mode & 0o7777) }
    try Output.line("change \(path) " + (isOwn ? "own" : outcome))
  }

  /// MS_REMOUNT | MS_BIND without MS_RDONLY.
  private static let remount: UInt = 32 | 4096

  private static func read(_ path: String) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else { return try Output.line("read \(path) errno \(errno)") }
    if status.st_mode & S_IFMT == S_IFDIR {
      do throws(SyscallError) {
        try Output.line("list \(path) entries \(Dump.entryNames(path).count)")
      } catch {
        try Output.line("list \(path) errno \(error.errno)")
      }
    } else {
      do throws(SyscallError) {
        let file = try openAt(AT_FDCWD, path, O_RDONLY | O_NONBLOCK)
        try Output.line("read \(path) bytes \(readSome(file.raw, capacity: 4096).count)")
      } catch {
        try Output.line("read \(path) errno \(error.errno)")
      }
    }
  }

  private static func write(_ path: String) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else { return try Output.line("write \(path) errno \(errno)") }
    let isDirectory = status.st_mode & S_IFMT == S_IFDIR
    let target = isDirectory ? path + "/.probe" : path
    let flags = O_WRONLY | O_NONBLOCK | (isDirectory ? O_CREAT | O_EXCL : 0)
    // Opened and not written: an open for writing is what a read-only mount refuses, and this must be safe to run.
    let outcome = Outcome.of { () throws(SyscallError) in _ = try openAt(AT_FDCWD, target, flags) }
    try Output.line("\(isDirectory ? "create" : "write") \(target) \(outcome)")
  }

  /// A second instance of the filesystems, without masks.
  private static func mountAfresh() throws {
    let place = "/tmp/.payload-mount"
    let made = Outcome.of { mkdir(place, 0o700) }
    for type in ["proc", "sysfs", "cgroup2", "devtmpfs", "tmpfs"] {
      try Output.line("mount \(type) " + (made == "ok" ? Outcome.of { lx_mount(type, place, type, 0, nil) } : made))
    }
    for flag in [LX_CLONE_NEWNS, LX_CLONE_NEWUSER, LX_CLONE_NEWCGROUP, LX_CLONE_NEWNET] {
      try Output.line("unshare \(String(flag, radix: 16)) " + Outcome.of { lx_unshare(Int32(flag)) })
    }
    rmdir(place)
  }
}
