import CLinux
import Glibc

/// The deepest sub-path that is looked at.
private let greatestDepth = 64

/// Opens what is at a path in a volume that containers may be writing to at this moment. Everything goes by descriptors that
/// the kernel keeps beneath the volume, so that no link can lead out and no rename can help it (CVE-2017-1002101,
/// CVE-2021-25741). Directories that are missing are made, with owner and permissions of the volume's root.
///
/// - Parameter path: Relative, without `..`; anything else is EINVAL. Links inside the volume are followed.
/// - Throws: EXDEV for a path that leaves the volume.
public func openSubPath(_ path: String, of volume: Int32) throws(SyscallError) -> OwnedFD {
  let components = path.split(separator: "/").filter { $0 != "." }.map(String.init)
  if path.hasPrefix("/") || components.contains("..") || components.count > greatestDepth {
    throw SyscallError("openat2", EINVAL)
  }
  do throws(SyscallError) { return try openInside(volume, path) } catch {
    if error.errno != ENOENT { throw error }
  }
  return try makeSubPath(components, in: volume)
}

private func makeSubPath(_ components: [String], in volume: Int32) throws(SyscallError) -> OwnedFD {
  var status = stat()
  try check("fstat") { fstat(volume, &status) }
  var made = ""
  var parent = try openInside(volume, ".")
  for component in components {
    made += made.isEmpty ? component : "/" + component
    let directory = parent.raw
    if mkdirat(directory, component, 0o700) == 0 {
      let new = try openBeneath(directory, component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
      let raw = new.raw
      if try isUntouched(raw) {
        try check("fchown") { fchown(raw, status.st_uid, status.st_gid) }
        try check("fchmod") { fchmod(raw, status.st_mode & 0o7777) }
      }
    } else if errno != EEXIST {
      throw SyscallError("mkdirat", errno)
    }
    parent = try openInside(volume, made)
  }
  return parent
}

/// Whether a directory is as `mkdirat` leaves one. Whoever may rename in the volume can have put another one in its place,
/// which was never theirs to open to everybody: that one is mounted as it is.
private func isUntouched(_ directory: Int32) throws(SyscallError) -> Bool {
  var status = stat()
  try check("fstat") { fstat(directory, &status) }
  guard status.st_uid == geteuid(), status.st_mode & 0o777 == 0o700 else { return false }
  return try entryNames(of: directory, atMost: 1).isEmpty
}

/// RESOLVE_BENEATH alone: unlike ``openBeneath(_:_:_:mode:)`` it follows links as far as they stay inside.
private func openInside(_ directory: Int32, _ path: String) throws(SyscallError) -> OwnedFD {
  let flags = UInt64(openPathOnly | O_CLOEXEC)
  let resolve = UInt64(LX_RESOLVE_BENEATH) | UInt64(LX_RESOLVE_NO_MAGICLINKS)
  var attempts = 0
  while true {
    do throws(SyscallError) {
      return OwnedFD(try check("openat2") { lx_openat2(directory, path, flags, 0, resolve) })
    } catch {
      // Somebody renames on the way, and the kernel cannot be sure (openat2(2)).
      attempts += 1
      if error.errno != EAGAIN || attempts > 128 { throw error }
    }
  }
}
