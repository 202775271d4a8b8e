import CLinux
import Glibc
import LaunchPlan
import Linux

/// Places mounts inside a root directory, every target by descriptor (CVE-2021-30465).
struct ContainerMounts {
  private(set) var places: ContainerPlaces
  /// Copies of what follows the host, by the place of their mount in the list; -1 for the others.
  private let copies: [Int32]

  init(root: Int32, copies: [Int32]) {
    places = ContainerPlaces(root: root)
    self.copies = copies
  }

  /// Copies what is to follow the host, while mounts still come from there: a copy goes on to get them.
  static func copyFollowers(_ filesystem: ContainerFilesystem) throws(StepFailure) -> [Int32] {
    if !filesystem.followsHost { return [] }
    var copies = [Int32](repeating: -1, count: filesystem.mounts.count)
    for (index, mount) in filesystem.mounts.enumerated() where mount.followsHost {
      guard case .bind(let path, let recursive) = mount.source else { continue }
      let copy = try step("clone", path) { () throws(SyscallError) in
        try cloneMount(AT_FDCWD, path, recursive: recursive)
      }
      // What is mounted inside stays there.
      try step("make a slave", path) { () throws(SyscallError) in
        try setMountAttributes(copy.raw, propagation: .slave, recursive: true)
      }
      copies[index] = copy.release()
    }
    return copies
  }

  /// Makes all mounts.
  mutating func make(_ mounts: [PreparedMount]) throws(StepFailure) {
    for (index, mount) in mounts.enumerated() { try make(mount, copy: copies.isEmpty ? -1 : copies[index]) }
  }

  private mutating func make(_ mount: PreparedMount, copy: Int32) throws(StepFailure) {
    let place = mount.target.full
    switch mount.source {
    case .made(let filesystem):
      let target = try directory(mount)
      try step("mount", place) { () throws(SyscallError) in try attachMount(filesystem, to: target.raw) }
      if let becomes = mount.becomes { places.keep(OwnedFD(filesystem), at: becomes) }
    case .filesystem(let type, let options):
      let target = try directory(mount)
      let made = try step("mount", place) { () throws(SyscallError) in
        let made = try makeDetachedFilesystem(type, options, mount.attributes)
        try attachMount(made.raw, to: target.raw)
        return made
      }
      if let becomes = mount.becomes { places.keep(made, at: becomes) }
    case .bind(let path, let recursive):
      let source = try step("clone", path) { () throws(SyscallError) in
        copy >= 0 ? OwnedFD(copy) : try cloneMount(AT_FDCWD, path, recursive: recursive)
      }
      try bind(source, path, mount)
      if let becomes = mount.becomes { places.keep(source, at: becomes) }
    }
  }

  private func bind(_ source: borrowing OwnedFD, _ path: String, _ mount: PreparedMount) throws(StepFailure) {
    let raw = source.raw
    let isDirectory = try step("clone", path) { () throws(SyscallError) in try Self.isDirectory(raw) }
    let target = isDirectory ? try directory(mount) : try file(mount)
    try step("bind", mount.target.full) { () throws(SyscallError) in
      if !mount.attributes.isEmpty { try setMountAttributes(raw, set: mount.attributes) }
      if !mount.recursiveAttributes.isEmpty {
        try setMountAttributes(raw, set: mount.recursiveAttributes, recursive: true)
      }
      try attachMount(raw, to: target.raw)
    }
  }

  private static func isDirectory(_ descriptor: Int32) throws(SyscallError) -> Bool {
    var status = stat()
    try check("fstat") { fstat(descriptor, &status) }
    return status.st_mode & S_IFMT == S_IFDIR
  }

  /// On procfs a mount stands in for what the kernel and privileged programs take orders from, such as
  /// `/proc/self/attr` (CVE-2019-16884), whatever link of an image or a volume leads there.
  private func refuseProcfs(_ target: Int32, _ mount: PreparedMount) throws(StepFailure) {
    if mount.isOfProcfs { return }
    let isOnProcfs = try step("look at a mount's place", mount.target.full) { () throws(SyscallError) in
      try FilesystemKind.proc.holds(target)
    }
    if isOnProcfs {
      throw StepFailure(step: "mount where procfs is, which can hold no mount", errno: EPERM, detail: mount.target.full)
    }
  }

  private func directory(_ mount: PreparedMount) throws(StepFailure) -> OwnedFD {
    let place = mount.target.full
    // Below /proc, /sys and /dev nothing of the image may decide where a mount lands: a /proc that is a symbolic link
    // would take the masks with it (CVE-2019-19921, CVE-2023-27561).
    if let own = mount.becomes {
      return try step("make a mount's directory", place) { () throws(SyscallError) in try ordinaryDirectory(own) }
    }
    let opened: OwnedFD
    do throws(SyscallError) { opened = try openDirectory(mount.target) } catch {
      if error.errno != ENOTDIR {
        throw StepFailure(step: "make a mount's directory", errno: error.errno, detail: place)
      }
      throw StepFailure(step: "mount a directory where a file is", errno: ENOTDIR, detail: place)
    }
    try refuseProcfs(opened.raw, mount)
    return opened
  }

  private func openDirectory(_ target: PlacedPath) throws(SyscallError) -> OwnedFD {
    let base = places[target.place]
    // Straight below a place it is missing as a rule: `/dev` is new, and three mounts want a directory in it.
    if let name = target.name { try ensureDirectory(base, name, mode: 0o755) }
    do throws(SyscallError) { return try openInRoot(base, target.path, openPathOnly | O_DIRECTORY) } catch {
      if error.errno != ENOENT { throw error }
    }
    return try makeDirectories(inRoot: base, target.path)
  }

  private func ordinaryDirectory(_ place: Place) throws(SyscallError) -> OwnedFD {
    let name =
      switch place {
      case .root: "."
      case .proc: "proc"
      case .sys: "sys"
      case .dev: "dev"
      }
    do throws(SyscallError) {
      return try openBeneath(places.root, name, openPathOnly | O_DIRECTORY | O_NOFOLLOW)
    } catch {
      if error.errno != ENOENT { throw error }
    }
    try ensureDirectory(places.root, name, mode: 0o755)
    return try openBeneath(places.root, name, openPathOnly | O_DIRECTORY | O_NOFOLLOW)
  }

  private func file(_ mount: PreparedMount) throws(StepFailure) -> OwnedFD {
    let target = mount.target
    let opened = try step("make a mount's file", target.full) { () throws(SyscallError) in try openFile(target) }
    let raw = opened.raw
    if try step("make a mount's file", target.full, { () throws(SyscallError) in try Self.isDirectory(raw) }) {
      throw StepFailure(step: "mount a file where a directory is", errno: EISDIR, detail: target.full)
    }
    try refuseProcfs(raw, mount)
    return opened
  }

  /// A file to mount on, made where it is missing, also behind a dangling link of the image such as `/etc/resolv.conf`.
  private func openFile(_ target: PlacedPath) throws(SyscallError) -> OwnedFD {
    let root = places[target.place]
    var path = target.path
    for _ in 0..<10 {
      do throws(SyscallError) { return try openInRoot(root, path, openPathOnly) } catch {
        if error.errno != ENOENT { throw error }
      }
      let parent = try makeDirectories(inRoot: root, FilePath.directory(of: path))
      let name = FilePath.name(of: path)
      if mknodat(parent.raw, name, S_IFREG | 0o644, 0) != 0 {
        if errno != EEXIST { throw SyscallError("mknodat", errno) }
        path = FilePath.resolve(try readLink(parent.raw, name), from: FilePath.directory(of: path))
      }
    }
    throw SyscallError("openat2", ELOOP)
  }
}
