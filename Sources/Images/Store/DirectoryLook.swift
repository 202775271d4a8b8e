import CExtendedAttributes
import CLinux
import Glibc
import Linux

/// All that a directory has besides what lies in it: owner, mode, modification time, extended attributes.
struct DirectoryLook: Equatable {
  private let mode: mode_t
  private let user: uid_t
  private let group: gid_t
  private let seconds: Int
  private let nanoseconds: Int
  private let attributes: [Attribute]

  private struct Attribute: Equatable {
    let name: String
    let value: [UInt8]
  }

  /// Reads it of a directory below `root`; no link is followed.
  init(_ path: [UInt8], in root: Int32) throws(ImageStoreError) {
    let directory = try Self.open(path, in: root)
    let raw = directory.raw
    var status = stat()
    try step("inherited directory") { () throws(SyscallError) in try check("fstat") { fstat(raw, &status) } }
    mode = status.st_mode & 0o7777
    (user, group) = (status.st_uid, status.st_gid)
    (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    attributes = try Self.attributes(raw)
  }

  /// Gives it to another directory.
  func apply(to path: [UInt8], in root: Int32) throws(ImageStoreError) {
    let directory = try Self.open(path, in: root)
    let raw = directory.raw
    let time = timespec(tv_sec: seconds, tv_nsec: nanoseconds)
    try step("inherited directory") { () throws(SyscallError) in
      try check("fchown") { fchown(raw, user, group) }
      try check("fchmod") { fchmod(raw, mode) }
      for attribute in attributes {
        try check("fsetxattr") { xa_fset(raw, attribute.name, attribute.value, attribute.value.count) }
      }
      try check("futimens") { futimens(raw, [time, time]) }
    }
  }

  private static func open(_ path: [UInt8], in root: Int32) throws(ImageStoreError) -> OwnedFD {
    let resolve = UInt64(LX_RESOLVE_BENEATH | LX_RESOLVE_NO_SYMLINKS | LX_RESOLVE_NO_XDEV)
    let flags = UInt64(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    return try step("inherited directory") { () throws(SyscallError) in
      OwnedFD(try check("openat2") { lx_openat2(root, InheritedDirectories.text(path), flags, 0, resolve) })
    }
  }

  /// `trusted.*` is overlayfs's own.
  private static func attributes(_ directory: Int32) throws(ImageStoreError) -> [Attribute] {
    let path = "/proc/self/fd/\(directory)/."
    var names = [CChar](repeating: 0, count: 64 << 10)
    let count = try step("inherited directory") { () throws(SyscallError) in
      try optional { () throws(SyscallError) in
        try checkCount("llistxattr") { xa_llist(path, &names, names.count) }
      } ?? 0
    }
    var attributes: [Attribute] = []
    for raw in names[..<count].split(separator: 0) {
      let name = String(decoding: raw.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
      if name.hasPrefix("trusted.") || name.hasPrefix("security.selinux") { continue }
      var value = [UInt8](repeating: 0, count: 64 << 10)
      let length = try step("inherited directory") { () throws(SyscallError) in
        try checkCount("lgetxattr") { xa_lget(path, name, &value, value.count) }
      }
      attributes.append(Attribute(name: name, value: Array(value[..<length])))
    }
    return attributes.sorted { $0.name < $1.name }
  }

  /// Nil on a file system without extended attributes.
  private static func optional(_ body: () throws(SyscallError) -> Int) throws(SyscallError) -> Int? {
    do throws(SyscallError) { return try body() } catch {
      if error.errno == EOPNOTSUPP { return nil }
      throw error
    }
  }
}
