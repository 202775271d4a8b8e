import CLinux
import Glibc
import Linux

/// Finds a `subPath` in a volume that containers may be writing to at this moment: everything goes by descriptors that the
/// kernel keeps beneath the volume, so that no link can lead out and no rename can help it (CVE-2017-1002101,
/// CVE-2021-25741).
public enum SubPath {
  /// The deepest that is made or looked at.
  private static let greatestDepth = 64

  /// Opens what is at a path in a volume; directories that are missing are made, with the permissions of the volume's root.
  ///
  /// - Parameters:
  ///   - volume: The volume's root.
  ///   - path: Relative, without `..`.
  /// - Throws: ``VolumeError`` for a path that leaves the volume, or that cannot be made.
  public static func open(_ path: String, in volume: String) throws(VolumeError) -> OwnedFD {
    let components = path.split(separator: "/").filter { $0 != "." }
    if path.hasPrefix("/") || components.contains("..") {
      throw VolumeError("subPath \(path): a relative path without .. was expected")
    }
    if components.count > greatestDepth { throw VolumeError("subPath \(path): deeper than \(greatestDepth)") }
    do throws(SyscallError) {
      let root = try openAt(AT_FDCWD, volume, openPathOnly | O_DIRECTORY)
      do throws(SyscallError) { return try beneath(root.raw, path) } catch {
        if error.errno != ENOENT { throw error }
      }
      return try make(components.map(String.init), in: root.raw)
    } catch {
      let hint = error.errno == EXDEV ? ": it leads out of the volume" : ": \(error)"
      throw VolumeError("subPath \(path)\(hint)")
    }
  }

  private static func make(_ components: [String], in root: Int32) throws(SyscallError) -> OwnedFD {
    var status = stat()
    try check("fstat") { fstat(root, &status) }
    var made = ""
    var parent = try beneath(root, ".")
    for component in components {
      made += made.isEmpty ? component : "/" + component
      let directory = parent.raw
      if mkdirat(directory, component, 0o700) == 0 {
        let new = try openBeneath(directory, component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        let raw = new.raw
        try check("fchown") { fchown(raw, status.st_uid, status.st_gid) }
        try check("fchmod") { fchmod(raw, status.st_mode & 0o7777) }
      } else if errno != EEXIST {
        throw SyscallError("mkdirat", errno)
      }
      parent = try beneath(root, made)
    }
    return parent
  }

  /// Links inside the volume are followed as far as they stay in it.
  private static func beneath(_ root: Int32, _ path: String) throws(SyscallError) -> OwnedFD {
    var attempts = 0
    while true {
      do throws(SyscallError) {
        return OwnedFD(
          try check("openat2") {
            lx_openat2(
              root,
              path,
              UInt64(openPathOnly | O_CLOEXEC),
              0,
              UInt64(LX_RESOLVE_BENEATH) | UInt64(LX_RESOLVE_NO_MAGICLINKS)
            )
          }
        )
      } catch {
        // Somebody renames on the way, and the kernel cannot be sure (openat2(2)).
        attempts += 1
        if error.errno != EAGAIN || attempts > 128 { throw error }
      }
    }
  }
}
