import CLinux
import Glibc

/// Mount attributes (`mount_setattr(2)`).
public struct MountAttributes: OptionSet, Hashable, Sendable {
  /// The kernel's bits.
  public let rawValue: UInt32
  /// Takes the kernel's bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Nothing can be written.
  public static let readOnly = MountAttributes(rawValue: UInt32(LX_MOUNT_RDONLY))
  /// set-user-id bits and file capabilities have no effect.
  public static let noSetuid = MountAttributes(rawValue: UInt32(LX_MOUNT_NOSUID))
  /// Device nodes cannot be opened.
  public static let noDevices = MountAttributes(rawValue: UInt32(LX_MOUNT_NODEV))
  /// Programs cannot be executed.
  public static let noExecute = MountAttributes(rawValue: UInt32(LX_MOUNT_NOEXEC))
  /// Access times are always kept.
  public static let strictAccessTime = MountAttributes(rawValue: UInt32(LX_MOUNT_STRICTATIME))
}

/// How mounts and unmounts travel between copies of a mount tree (`mount_namespaces(7)`).
public enum Propagation: Sendable {
  case isPrivate, slave, shared

  var raw: UInt64 {
    switch self {
    case .isPrivate: UInt64(LX_MS_PRIVATE)
    case .slave: UInt64(LX_MS_SLAVE)
    case .shared: UInt64(LX_MS_SHARED)
    }
  }
}

/// One option of a filesystem: a word, or a name with a value.
public struct FilesystemOption: Hashable, Sendable {
  /// The name.
  public let name: String
  /// The value, at most 255 bytes on any kernel (`fsconfig(2)`).
  public let value: String?

  /// Makes an option.
  public init(_ name: String, _ value: String? = nil) {
    self.name = name
    self.value = value
  }
}

/// Makes a filesystem that is mounted nowhere yet (`fsopen(2)`, `fsconfig(2)`, `fsmount(2)`). Its source, the first column
/// of `/proc/mounts`, is the name of its type, as every other container runtime and `mount(8)` have it.
public func makeDetachedFilesystem(
  _ type: String,
  _ options: [FilesystemOption],
  _ attributes: MountAttributes
) throws(SyscallError) -> OwnedFD {
  let fs = OwnedFD(try check("fsopen") { lx_fsopen(type) })
  let raw = fs.raw
  try check("fsconfig(source)") { lx_fsconfig_string(raw, "source", type) }
  for option in options {
    if let value = option.value {
      try check("fsconfig") { lx_fsconfig_string(raw, option.name, value) }
    } else {
      try check("fsconfig") { lx_fsconfig_flag(raw, option.name) }
    }
  }
  try check("fsconfig(create)") { lx_fsconfig_create(raw) }
  return OwnedFD(try check("fsmount") { lx_fsmount(raw, attributes.rawValue) })
}

/// Puts a mount on a directory or file that is given by descriptor, never by path (CVE-2021-30465).
public func attachMount(_ mount: Int32, to target: Int32) throws(SyscallError) {
  try check("move_mount") { lx_move_mount(mount, target, "") }
}

/// A copy of a mount (with all below it, if `recursive`) that is attached nowhere (`open_tree(2)` with
/// OPEN_TREE_CLONE). An empty path means the descriptor itself.
public func cloneMount(_ directory: Int32, _ path: String = "", recursive: Bool) throws(SyscallError) -> OwnedFD {
  OwnedFD(try check("open_tree") { lx_open_tree_clone(directory, path, recursive ? 1 : 0) })
}

/// Changes attributes of a mount. An empty path means the descriptor itself.
public func setMountAttributes(
  _ directory: Int32,
  _ path: String = "",
  set: MountAttributes = [],
  clear: MountAttributes = [],
  propagation: Propagation? = nil,
  recursive: Bool = false
) throws(SyscallError) {
  // Changing the access time mode needs the whole mask cleared (mount_setattr(2)).
  let cleared = UInt64(clear.rawValue) | (set.contains(.strictAccessTime) ? UInt64(LX_MOUNT_ATIME_MASK) : 0)
  try check("mount_setattr") {
    lx_mount_setattr(directory, path, recursive ? 1 : 0, UInt64(set.rawValue), cleared, propagation?.raw ?? 0)
  }
}

/// Makes `root` the root directory of this mount namespace and drops the old one from it (`pivot_root(2)` with both
/// arguments `"."`). Afterwards the working directory is the new root.
public func pivotRoot(to root: Int32) throws(SyscallError) {
  let old = try openAt(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY)
  let oldRoot = old.raw
  try check("fchdir") { fchdir(root) }
  try check("pivot_root") { lx_pivot_root(".", ".") }
  // From inside the old root, whatever is stacked there; EINVAL says that it is in no namespace any more. From the new
  // one the loop would go on to take that away too.
  try check("fchdir") { fchdir(oldRoot) }
  try check("umount2") { lx_umount2(".", Int32(LX_UMOUNT_DETACH)) }
  while lx_umount2(".", Int32(LX_UMOUNT_DETACH)) == 0 {}
  try check("chdir") { chdir("/") }
}
