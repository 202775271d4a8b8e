import CExtendedAttributes
import CHostProbe
import CLinux
import Glibc
import Linux

/// Looks at the directories of ours, or at what exists of them; makes none.
enum StorageProbes {
  static func collect(_ places: HostPlaces, mayAdminister: Bool) -> StorageFindings {
    let existing = nearestExisting(places.state)
    return StorageFindings(
      state: directory(places.state),
      run: directory(places.run),
      trustedAttributes: trustedAttributes(existing, mayAdminister),
      entryTypes: entryTypes(existing)
    )
  }

  /// The path itself, or the parent that it would be made in.
  private static func nearestExisting(_ path: String) -> String {
    var candidate = path
    while candidate.count > 1, access(candidate, F_OK) != 0, let slash = candidate.lastIndex(of: "/") {
      candidate = String(candidate[..<slash])
    }
    return candidate.isEmpty ? "/" : candidate
  }

  private static func directory(_ path: String) -> DirectoryFindings {
    let existing = nearestExisting(path)
    var findings = DirectoryFindings(
      path: path,
      existing: existing,
      filesystem: "?",
      writable: .works(),
      freeBytes: 0,
      freeFiles: nil
    )
    do throws(SyscallError) {
      let opened = try openDirectory(AT_FDCWD, existing)
      let raw = opened.raw
      var type: Int64 = 0
      try check("fstatfs") { lx_fstatfs_type(raw, &type) }
      findings.filesystem = FilesystemName.of(type)
      var space = statvfs()
      try check("fstatvfs") { fstatvfs(raw, &space) }
      let bytes = UInt64(space.f_bavail).multipliedReportingOverflow(by: UInt64(space.f_frsize))
      findings.freeBytes = bytes.overflow ? .max : bytes.partialValue
      findings.freeFiles = space.f_files == 0 ? nil : UInt64(space.f_favail)
      try check("access") { access(existing, W_OK) }
    } catch {
      findings.writable = .fails("\(existing): \(errorText(error.errno))")
    }
    return findings
  }

  /// On a file that has no name and goes when it is closed.
  private static func trustedAttributes(_ directory: String, _ mayAdminister: Bool) -> Finding {
    let file = hp_unnamed_file(directory)
    if file < 0 { return .unknown("no unnamed file to try it on: \(errorText(errno))") }
    let owned = OwnedFD(file)
    return attempt(isEntitled: mayAdminister) { () throws(SyscallError) in
      let raw = owned.raw
      try check("fsetxattr(trusted.overlay.…)") { xa_fset(raw, "trusted.overlay.swiftlet", "y", 1) }
    }
  }

  private static func entryTypes(_ path: String) -> Finding {
    guard let stream = opendir(path) else { return .unknown("\(path): \(errorText(errno))") }
    defer { closedir(stream) }
    guard let entry = readdir(stream) else { return .unknown("\(path) has no entries") }
    return entry.pointee.d_type == UInt8(DT_UNKNOWN) ? .fails("directories do not tell types (d_type)") : .works()
  }
}

/// Names of filesystems by `f_type` (statfs(2), `<linux/magic.h>`).
enum FilesystemName {
  private static let known: [Int64: String] = [
    0xEF53: "ext4", 0x5846_5342: "xfs", 0x9123_683E: "btrfs", 0x0102_1994: "tmpfs", 0x8584_58F6: "ramfs",
    0x794C_7630: "overlay", 0x6969: "nfs", 0x6573_5546: "fuse", 0xFF53_4D42: "cifs", 0xFE53_4D42: "smb2",
    0x0102_1997: "9p", 0x00C3_6400: "ceph", 0x4D44: "vfat", 0x7371_7368: "squashfs", 0xE0F5_E1E2: "erofs",
    0x9660: "iso9660", 0xF15F: "ecryptfs", 0x2FC1_2FC1: "zfs", 0xF2F5_2010: "f2fs", 0xCA45_1A4E: "bcachefs",
    0x9FA0: "proc", 0x6265_6572: "sysfs", 0x27_E0EB: "cgroup", 0x6367_7270: "cgroup2", 0x1CD1: "devpts",
    0x6462_6720: "debugfs", 0x7363_6673: "securityfs", 0xCAFE_4A11: "bpf",
  ]

  static func of(_ type: Int64) -> String { known[type & 0xFFFF_FFFF] ?? "type 0x" + String(type, radix: 16) }
}
