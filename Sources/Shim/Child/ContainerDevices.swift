import CLinux
import Glibc
import LaunchPlan
import Linux

/// Makes device nodes and links in the container's `/dev`, all relative to one descriptor of it, so that a `/dev` which
/// the image made a link leads nowhere (CVE-2026-41579).
enum ContainerDevices {
  static func make(_ filesystem: ContainerFilesystem, in places: ContainerPlaces) throws(StepFailure) {
    if filesystem.devices.isEmpty && filesystem.links.isEmpty { return }
    let dev = try open(filesystem.dev, places)
    try make(filesystem.devices, filesystem.links, in: dev.raw)
  }

  /// The same in a filesystem that is mounted nowhere yet.
  static func make(_ devices: [PreparedDevice], _ links: [PreparedLink], in dev: Int32) throws(StepFailure) {
    for device in devices {
      try step("make a device", device.place.full) { () throws(SyscallError) in
        try below(dev, device.place) { (parent, name) throws(SyscallError) in
          try check("mknodat") { mknodat(parent, name, device.mode, lx_makedev(device.major, device.minor)) }
          if device.uid == 0 && device.gid == 0 { return }
          try check("fchownat") { fchownat(parent, name, device.uid, device.gid, Int32(LX_AT_SYMLINK_NOFOLLOW)) }
        }
      }
    }
    for link in links {
      try step("make a link", link.place.full) { () throws(SyscallError) in
        try below(dev, link.place) { (parent, name) throws(SyscallError) in
          try check("symlinkat") { symlinkat(link.target, parent, name) }
        }
      }
    }
  }

  /// Puts the container's own `/dev/null` in place of a stream that is the host's, so that the stream is called what it
  /// is inside. Where device control refuses even this node the stream stays what it is, which is safe too.
  static func replaceNull(_ stream: Int32, _ path: PlacedPath, in places: ContainerPlaces) throws(StepFailure) {
    var status = stat()
    try step("open the container's /dev/null") { () throws(SyscallError) in
      try check("fstat") { fstat(stream, &status) }
    }
    guard status.st_mode & S_IFMT == S_IFCHR, UInt(status.st_rdev) == lx_makedev(1, 3) else { return }
    let dev = try open(path, places)
    try step("open the container's /dev/null") { () throws(SyscallError) in
      var own = stat()
      guard let null = try openUnlessRefused(dev.raw, "null") else { return }
      try check("fstat") { [raw = null.raw] in fstat(raw, &own) }
      if own.st_rdev != status.st_rdev { throw SyscallError("/dev/null is another device", ENODEV) }
      try check("dup3") { [raw = null.raw] in lx_dup3(raw, stream, O_CLOEXEC) }
    }
  }

  /// A device; `nil` if device control refuses it.
  private static func openUnlessRefused(_ directory: Int32, _ name: String) throws(SyscallError) -> OwnedFD? {
    do throws(SyscallError) { return try openBeneath(directory, name, O_RDWR | O_NOFOLLOW) } catch {
      if error.errno != EPERM { throw error }
      return nil
    }
  }

  /// Puts the container's own terminal on `/dev/console`, after checking that the node in its devpts is that terminal
  /// (CVE-2025-52565).
  static func makeConsole(_ path: PlacedPath, in places: ContainerPlaces, terminal: Int32) throws(StepFailure) {
    let dev = try open(path, places)
    try step("make the console", "/dev/console") { () throws(SyscallError) in
      var expected = stat()
      try check("fstat") { fstat(terminal, &expected) }
      let slave = try openBeneathMounts(dev.raw, "pts/0")
      var found = stat()
      try check("fstat") { fstat(slave.raw, &found) }
      if found.st_rdev != expected.st_rdev || found.st_mode & S_IFMT != S_IFCHR {
        throw SyscallError("fstat: pts/0 is another terminal", ENOTTY)
      }
      try check("mknodat") { mknodat(dev.raw, "console", S_IFREG | 0o600, 0) }
      let target = try openBeneath(dev.raw, "console", openPathOnly | O_NOFOLLOW)
      let mount = try cloneMount(slave.raw, recursive: false)
      try attachMount(mount.raw, to: target.raw)
    }
  }

  private static func openBeneathMounts(_ directory: Int32, _ path: String) throws(SyscallError) -> OwnedFD {
    let opened = try openBeneath(directory, path, openPathOnly | O_NOFOLLOW)
    try FilesystemKind.devpts.require(opened.raw)
    return opened
  }

  private static func open(_ path: PlacedPath, _ places: ContainerPlaces) throws(StepFailure) -> OwnedFD {
    try step("open the device directory", "/dev") { () throws(SyscallError) in
      let name = path.place == .root ? "dev" : "."
      let dev = try openBeneath(places[path.place], name, openPathOnly | O_DIRECTORY | O_NOFOLLOW)
      try FilesystemKind.tmpfs.require(dev.raw)
      return dev
    }
  }

  /// Works in the directory that holds a path such as `/dev/net/tun`; made where it is missing.
  private static func below(
    _ dev: Int32,
    _ path: DevicePath,
    _ body: (_ parent: Int32, _ name: String) throws(SyscallError) -> Void
  ) throws(SyscallError) {
    if path.directories.isEmpty { return try body(dev, path.name) }
    var current = try openBeneath(dev, ".", openPathOnly | O_DIRECTORY)
    for component in path.directories {
      let parent = current.raw
      try ensureDirectory(parent, component, mode: 0o755)
      current = try openBeneath(parent, component, openPathOnly | O_DIRECTORY | O_NOFOLLOW)
    }
    try body(current.raw, path.name)
  }
}
