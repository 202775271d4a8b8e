import CLinux
import Glibc

/// Opens a path below a directory, or anywhere if it is absolute (`openat(2)`); closed on exec.
public func openAt(
  _ directory: Int32 = AT_FDCWD,
  _ path: String,
  _ flags: Int32,
  mode: mode_t = 0o600
) throws(SyscallError) -> OwnedFD {
  OwnedFD(try check("openat") { openat(directory, path, flags | O_CLOEXEC, mode) })
}

/// Opens a path as a process whose root directory is `root` would: `..` and absolute symbolic links stay inside, and
/// links of `/proc` are refused (`openat2(2)` with RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS).
///
/// A path that something renames meanwhile makes the kernel answer EAGAIN; that is tried again a bounded number of times.
public func openInRoot(
  _ root: Int32,
  _ path: String,
  _ flags: Int32,
  mode: UInt64 = 0
) throws(SyscallError) -> OwnedFD {
  try resolve(root, path, flags, mode, UInt64(LX_RESOLVE_IN_ROOT) | UInt64(LX_RESOLVE_NO_MAGICLINKS))
}

/// Opens a path that must not leave the directory nor pass a symbolic link (RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS).
public func openBeneath(
  _ directory: Int32,
  _ path: String,
  _ flags: Int32,
  mode: UInt64 = 0
) throws(SyscallError) -> OwnedFD {
  try resolve(directory, path, flags, mode, UInt64(LX_RESOLVE_BENEATH) | UInt64(LX_RESOLVE_NO_SYMLINKS))
}

/// Opens a path that stays on one mount and follows no link at all, for a trusted `/proc` (CVE-2025-52881).
public func openOnMount(_ mount: Int32, _ path: String, _ flags: Int32) throws(SyscallError) -> OwnedFD {
  try resolve(
    mount,
    path,
    flags,
    0,
    UInt64(LX_RESOLVE_BENEATH) | UInt64(LX_RESOLVE_NO_SYMLINKS) | UInt64(LX_RESOLVE_NO_XDEV)
  )
}

private func resolve(
  _ directory: Int32,
  _ path: String,
  _ flags: Int32,
  _ mode: UInt64,
  _ resolve: UInt64
) throws(SyscallError) -> OwnedFD {
  var attempts = 0
  while true {
    do throws(SyscallError) {
      return OwnedFD(
        try check("openat2") { lx_openat2(directory, path, UInt64(bitPattern: Int64(flags)), mode, resolve) }
      )
    } catch {
      attempts += 1
      if error.errno != EAGAIN || attempts > 128 { throw error }
    }
  }
}

/// `O_PATH`, which Glibc's module does not show.
public let openPathOnly = Int32(LX_O_PATH)
