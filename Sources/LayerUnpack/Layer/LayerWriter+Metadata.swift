import CExtendedAttributes
import CLinux
import Glibc
import Linux
import UnpackPlan

/// Owner, mode, extended attributes and times. In this order: a change of owner clears set-user-id bits and file
/// capabilities, and everything but itself changes the times.
extension LayerWriter {
  /// Describes an open file or directory.
  mutating func describe(_ file: Int32, _ entry: ArchiveEntry, withTimes: Bool) throws(UnpackFailure) {
    let owner = try entry.owner()
    let mode = entry.permissions
    try FileSystem.attempt { () throws(SyscallError) in
      try check("fchown") { fchown(file, owner.user, owner.group) }
      try check("fchmod") { fchmod(file, mode) }
    }
    try setAttributes(entry) { name, value in xa_fset(file, name, value.baseAddress, value.count) }
    guard withTimes else { return }
    let times = entry.times
    try FileSystem.attempt { () throws(SyscallError) in try check("futimens") { futimens(file, times) } }
  }

  /// Describes what cannot be opened: a node, which this mount keeps shut, or a symbolic link, which has no mode.
  ///
  /// `fchmodat` would follow a link; here the name is a node that was made a moment ago in a tree nobody else can reach.
  mutating func describe(_ place: Place, _ entry: ArchiveEntry, isLink: Bool) throws(UnpackFailure) {
    let owner = try entry.owner()
    let (mode, times) = (entry.permissions, entry.times)
    try FileSystem.attempt { () throws(SyscallError) in
      try check("fchownat") { fchownat(place.directory, place.name, owner.user, owner.group, AT_SYMLINK_NOFOLLOW) }
      if !isLink { try check("fchmodat") { fchmodat(place.directory, place.name, mode, 0) } }
      // There is no *at call for extended attributes before Linux 6.13: the name is relative to the working directory.
      try check("fchdir") { fchdir(place.directory) }
    }
    try setAttributes(entry) { name, value in xa_lset(place.name, name, value.baseAddress, value.count) }
    try FileSystem.attempt { () throws(SyscallError) in
      try check("utimensat") { utimensat(place.directory, place.name, times, AT_SYMLINK_NOFOLLOW) }
    }
  }

  private mutating func setAttributes(
    _ entry: ArchiveEntry,
    _ set: (UnsafePointer<CChar>, UnsafeRawBufferPointer) -> Int32
  ) throws(UnpackFailure) {
    let limit = limits.attributeBytes
    var bytes: Int64 = 0
    var skipped: [UnpackSkip] = []
    try entry.forEachAttribute { (name, value) throws(UnpackFailure) in
      bytes &+= Int64(strlen(name)) &+ Int64(value.count)
      guard bytes <= limit else {
        throw UnpackFailure(.attributesTooLarge, "more than \(limit) bytes of extended attributes")
      }
      let policy = AttributePolicy(String(cString: name))
      guard policy != .drop else {
        skipped.append(.extendedAttribute)
        return
      }
      do throws(SyscallError) {
        try check("setxattr") { set(name, value) }
      } catch {
        // user.* is for files and directories only (EPERM); a file system may have no extended attributes at all.
        guard error.errno == EOPNOTSUPP || (error.errno == EPERM && policy == .user) else {
          throw UnpackFailure(error, about: "extended attribute \(String(cString: name))")
        }
        skipped.append(.unsupportedAttribute)
      }
    }
    for reason in skipped { skip(reason) }
  }
}

/// Which extended attributes of an archive a layer keeps.
///
/// `trusted.*` and `user.overlay.*` are dropped because overlayfs takes orders from them (redirects to any directory, for
/// one); of `security.*` only file capabilities are an image's business.
enum AttributePolicy: Equatable {
  case keep, user, drop

  init(_ name: String) {
    if name == "security.capability" || name.hasPrefix("system.posix_acl_") {
      self = .keep
    } else if name.hasPrefix("user."), !name.hasPrefix("user.overlay.") {
      self = .user
    } else {
      self = .drop
    }
  }
}
