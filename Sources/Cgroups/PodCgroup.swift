import CLinux
import Glibc
import Linux

/// The cgroup of one pod: a leaf for its supervisor and one cgroup for each attempt of a container.
public struct PodCgroup: Hashable, Sendable {
  /// Absolute path.
  public let path: String

  /// The pod's cgroup below the base; it need not exist.
  public init(_ hierarchy: CgroupHierarchy, pod: String) {
    path = hierarchy.path("pod-" + pod)
  }

  /// A cgroup that a record names.
  public init(path: String) { self.path = path }

  /// The name of the supervisor's leaf.
  public static let supervisor = "shim"

  /// The name, below a container's cgroup, of the one that an OCI runtime makes for itself.
  public static let external = "oci"

  /// Makes it with the supervisor's leaf, and hands controllers down. One that exists already is an error: the name
  /// claims the pod.
  public func make(_ hierarchy: CgroupHierarchy) throws(CgroupError) {
    try claim(hierarchy)
    try wrap(path) { () throws(SyscallError) in
      try makeDirectory(AT_FDCWD, path + "/" + Self.supervisor, mode: 0o755)
    }
    try hierarchy.enableControllers(at: path)
  }

  /// Whoever removes the last pod takes the base away too, so it may have to be made again.
  private func claim(_ hierarchy: CgroupHierarchy) throws(CgroupError) {
    for _ in 0..<100 {
      if mkdir(path, 0o755) == 0 { return }
      let code = errno
      if code != ENOENT { throw .failed(path: path, SyscallError("mkdirat", code)) }
      try hierarchy.prepare()
    }
    throw .failed(path: path, SyscallError("mkdirat", ENOENT))
  }

  /// Opens the supervisor's leaf, in which it is started.
  public func openSupervisor() throws(CgroupError) -> OwnedFD {
    try wrap(path) { () throws(SyscallError) in try openDirectory(AT_FDCWD, path + "/" + Self.supervisor) }
  }

  /// Makes a container's cgroup with its limits and its device control, before any process is in it, and opens it.
  public func makeContainer(
    _ name: String,
    settings: [CgroupSetting],
    devices: DeviceProgram,
    loadedBy programs: DevicePrograms = DevicePrograms()
  ) throws(CgroupError) -> OwnedFD {
    let container = path + "/" + name
    // mkdir that refuses an existing name is the claim of this attempt.
    let directory = try wrap(container) { () throws(SyscallError) in
      try makeDirectory(AT_FDCWD, container, mode: 0o755)
      return try openDirectory(AT_FDCWD, container)
    }
    do throws(CgroupError) {
      for setting in settings { try apply(setting, to: directory.raw, at: container) }
      try programs.attach(devices, to: directory.raw)
    } catch {
      rmdir(container)
      throw error
    }
    return directory
  }

  private func apply(_ setting: CgroupSetting, to directory: Int32, at path: String) throws(CgroupError) {
    do throws(SyscallError) { try writeKernelFile(directory, setting.file, setting.value) } catch {
      if error.errno == ENOENT && setting.isOptional { return }
      if error.errno == ENOENT { throw .controllerMissing(setting.controller) }
      throw .failed(path: path + "/" + setting.file, error)
    }
  }

  /// Opens it.
  public func open() throws(CgroupError) -> OwnedFD {
    try wrap(path) { () throws(SyscallError) in try openDirectory(AT_FDCWD, path) }
  }

  /// Whether it exists.
  public var exists: Bool { access(path, F_OK) == 0 }

  /// Ends every process in the pod, the supervisor included, and removes the cgroup with all below it. What is gone
  /// already is no error. Waits at most `milliseconds` for processes to go; beyond that the cgroup is busy, because a
  /// process sits in the kernel where no signal reaches it.
  public func destroy(milliseconds: Int32 = 10_000) throws(CgroupError) {
    guard exists else { return }
    let path = path
    do throws(SyscallError) {
      try writeKernelFile(AT_FDCWD, path + "/cgroup.kill", "1")
      if try !waitUntilEmpty(milliseconds: milliseconds) { throw SyscallError("cgroup.events", ETIMEDOUT) }
      try removeBelow(path)
      removeEmptyBase()
    } catch {
      if error.errno == ENOENT || error.errno == ENODEV { return }
      if error.errno == ETIMEDOUT || error.errno == EBUSY { throw .busy(path: path) }
      throw .failed(path: path, error)
    }
  }

  /// The last pod takes the base with it where that is ours; under systemd it is a unit's, and systemd's business.
  private func removeEmptyBase() {
    let components = path.split(separator: "/")
    guard components.count > 2, components[components.count - 3] == "swiftlet" else { return }
    // Refused while there are other pods in it (EBUSY), which is what is wanted.
    rmdir("/" + components.dropLast().joined(separator: "/"))
  }

  /// cgroup.events becomes exceptionally readable whenever it changes (cgroups(7)).
  private func waitUntilEmpty(milliseconds: Int32) throws(SyscallError) -> Bool {
    let events = try openAt(AT_FDCWD, path + "/cgroup.events", O_RDONLY)
    let deadline = Clock.monotonicNanoseconds() + Int64(milliseconds) * 1_000_000
    while true {
      var text = [UInt8](repeating: 0, count: 256)
      let raw = events.raw
      let count = try checkCount("pread") { pread(raw, &text, text.count, 0) }
      if String(decoding: text.prefix(count), as: UTF8.self).contains("populated 0") { return true }
      let rest = (deadline - Clock.monotonicNanoseconds()) / 1_000_000
      if rest <= 0 { return false }
      var entry = pollfd(fd: raw, events: Int16(POLLPRI), revents: 0)
      try check("poll") { poll(&entry, 1, Int32(clamping: rest)) }
    }
  }

  private func removeBelow(_ path: String) throws(SyscallError) {
    let directory = try openDirectory(AT_FDCWD, path)
    for entry in try entries(of: directory.raw) {
      var status = stat()
      if fstatat(directory.raw, entry, &status, Int32(LX_AT_SYMLINK_NOFOLLOW)) == 0, status.st_mode & S_IFMT == S_IFDIR
      {
        try removeBelow(path + "/" + entry)
      }
    }
    // A cgroup whose last process is being reaped is busy for a moment.
    for _ in 0..<200 {
      if rmdir(path) == 0 || errno == ENOENT { return }
      if errno != EBUSY { throw SyscallError("rmdir", errno) }
      usleep(1000)
    }
    throw SyscallError("rmdir", EBUSY)
  }
}
