import Glibc
import Linux

/// The cgroup v2 hierarchy of this machine and the place in it where our cgroups go.
public struct CgroupHierarchy: Hashable, Sendable {
  /// Where it is mounted: `/sys/fs/cgroup`, or `/sys/fs/cgroup/unified` beside v1 controllers.
  public let mountPoint: String
  /// Path below the mount point, without slashes at its ends; empty for the mount point itself.
  public let base: String

  /// Controllers that we use where they exist.
  public static let wanted = ["cpu", "memory", "pids", "io"]

  /// Takes a known place.
  public init(mountPoint: String, base: String) {
    self.mountPoint = mountPoint
    self.base = base
  }

  /// Finds the hierarchy. Under systemd our place is the cgroup that this process was given with `Delegate=yes`;
  /// elsewhere it is `swiftlet/<instance>` at the top.
  public static func discover(instance: String, underSystemd: Bool) throws(CgroupError) -> CgroupHierarchy {
    let entries: [MountEntry]
    do throws(SyscallError) { entries = try MountEntry.ofThisProcess() } catch {
      throw .failed(path: "/proc/self/mountinfo", error)
    }
    // The last one mounted at a place is the one that can be seen; a mount of a part of the hierarchy is none of ours.
    guard let mount = entries.last(where: { $0.type == "cgroup2" && $0.root == "/" }) else {
      throw .noUnifiedHierarchy
    }
    let base = underSystemd ? try ownPath() : "swiftlet/\(instance)"
    return CgroupHierarchy(mountPoint: mount.mountPoint, base: base)
  }

  /// The cgroup of this process in the v2 hierarchy (`0::/path`, cgroups(7)), without the leaf that it moved itself to.
  private static func ownPath() throws(CgroupError) -> String {
    let text: String
    do throws(SyscallError) { text = try readKernelFile(AT_FDCWD, "/proc/self/cgroup") } catch {
      throw .failed(path: "/proc/self/cgroup", error)
    }
    for line in text.split(separator: "\n") where line.hasPrefix("0::/") {
      let path = String(line.dropFirst(4))
      return path.hasSuffix("/" + leaf) ? String(path.dropLast(leaf.count + 1)) : path
    }
    throw .noUnifiedHierarchy
  }

  /// The leaf that the agent itself lives in: a cgroup with controllers for its children must have no process
  /// (cgroups(7), "no internal processes").
  static let leaf = "agent"

  /// Whether systemd runs this machine (`sd_booted(3)`).
  public static var isUnderSystemd: Bool { access("/run/systemd/system", F_OK) == 0 }

  /// The absolute path of a cgroup below the base; of the base itself for an empty name.
  public func path(_ name: String = "") -> String {
    [mountPoint, base, name].filter { !$0.isEmpty }.joined(separator: "/")
  }

  /// Makes the base with every wanted controller that can be had, moving this process into a leaf where it is in the
  /// way. Repeating it does no harm.
  public func prepare() throws(CgroupError) {
    if CgroupHierarchy.isUnderSystemd {
      let leaf = path(Self.leaf)
      try wrap(leaf) { () throws(SyscallError) in
        try ensureDirectory(AT_FDCWD, leaf, mode: 0o755)
        try writeKernelFile(AT_FDCWD, leaf + "/cgroup.procs", "0")
      }
      try enableControllers(at: path())
      return
    }
    // Whoever removes the last pod takes the base away, perhaps while it is being made here.
    for _ in 0..<100 {
      do throws(CgroupError) { return try makeBase() } catch {
        guard case .failed(_, let reason) = error, reason.errno == ENOENT || reason.errno == ENODEV else { throw error }
      }
    }
    try makeBase()
  }

  private func makeBase() throws(CgroupError) {
    var current = mountPoint
    for component in base.split(separator: "/") {
      try enableControllers(at: current)
      current += "/" + component
      let next = current
      try wrap(next) { () throws(SyscallError) in try ensureDirectory(AT_FDCWD, next, mode: 0o755) }
    }
    try enableControllers(at: current)
  }

  /// Removes the base while no pod has a cgroup in it. Whoever is about to make one makes the base again
  /// (``PodCgroup/make(_:)``). Under systemd it is a unit's, and systemd's business.
  public func removeUnused() {
    // Refused while there is anything in it (EBUSY), which is what is wanted.
    if base.hasPrefix("swiftlet/") { rmdir(path()) }
  }

  /// Controllers that can be used below our base.
  public func availableControllers() -> Set<String> {
    // A base that does not exist yet gets what the nearest existing parent has.
    var candidate = path()
    while candidate.utf8.count >= mountPoint.utf8.count {
      // What cannot be read does not exist yet.
      if let text = try? readKernelFile(AT_FDCWD, candidate + "/cgroup.controllers") {
        return Set(text.split(separator: " ").map(String.init))
      }
      guard let slash = candidate.lastIndex(of: "/") else { break }
      candidate = String(candidate[..<slash])
    }
    return []
  }

  /// Hands the wanted controllers that are there down to the children of a cgroup.
  func enableControllers(at path: String) throws(CgroupError) {
    try wrap(path) { () throws(SyscallError) in
      let available = try readKernelFile(AT_FDCWD, path + "/cgroup.controllers").split(separator: " ")
      let enabled = try readKernelFile(AT_FDCWD, path + "/cgroup.subtree_control").split(separator: " ")
      for controller in Self.wanted
      where available.contains(Substring(controller)) && !enabled.contains(Substring(controller)) {
        try writeKernelFile(AT_FDCWD, path + "/cgroup.subtree_control", "+" + controller)
      }
    }
  }
}

/// Names the cgroup that a system call failed on.
func wrap<T: ~Copyable>(_ path: String, _ body: () throws(SyscallError) -> T) throws(CgroupError) -> T {
  do throws(SyscallError) { return try body() } catch { throw .failed(path: path, error) }
}
