import CLinux
import Glibc
import LaunchPlan
import Linux

/// Hides paths and makes paths read-only, by descriptor.
struct PathRestrictions {
  let places: ContainerPlaces
  /// A verified `/dev/null`; never the container's own, which it could have replaced (CVE-2025-31133).
  let null: Int32

  /// Masks first: a read-only path may lie above a masked one.
  func apply(masked: [PlacedPath], readonly: [PlacedPath]) throws(StepFailure) {
    try mask(masked)
    for path in readonly {
      try step("make read-only", path.full) { () throws(SyscallError) in
        guard let target = try openIfPresent(path) else { return }
        let copy = try cloneMount(target.raw, recursive: true)
        try setMountAttributes(copy.raw, set: .readOnly, recursive: true)
        try attachMount(copy.raw, to: target.raw)
      }
    }
  }

  private func mask(_ paths: [PlacedPath]) throws(StepFailure) {
    // Before Linux 6.18 a mount that is attached nowhere cannot be copied: the first masked directory gets the
    // filesystem itself, the others copies of that mount. Copies have their original's attributes, of files too.
    var firstMasked: OwnedFD?
    var firstMaskedFile: OwnedFD?
    for path in paths {
      try step("mask", path.full) { () throws(SyscallError) in
        guard let target = try openIfPresent(path) else { return }
        var status = stat()
        try check("fstat") { fstat(target.raw, &status) }
        if status.st_mode & S_IFMT != S_IFDIR, firstMaskedFile != nil {
          let empty = try cloneMount(firstMaskedFile.borrowedRaw, recursive: false)
          try attachMount(empty.raw, to: target.raw)
        } else if status.st_mode & S_IFMT != S_IFDIR {
          let empty = try cloneMount(null, recursive: false)
          // The node is the host's: a root inside must not change its mode or owner through the mask.
          try setMountAttributes(empty.raw, set: NullDevice.attributes)
          try attachMount(empty.raw, to: target.raw)
          firstMaskedFile = consume empty
        } else if firstMasked != nil {
          let empty = try cloneMount(firstMasked.borrowedRaw, recursive: false)
          try attachMount(empty.raw, to: target.raw)
        } else {
          let empty = try makeDetachedFilesystem(
            "tmpfs",
            [FilesystemOption("nr_blocks", "1"), FilesystemOption("nr_inodes", "1")],
            [.readOnly, .noSetuid, .noDevices, .noExecute]
          )
          try attachMount(empty.raw, to: target.raw)
          firstMasked = consume empty
        }
      }
    }
  }

  /// Only the absence of the target itself is no error.
  private func openIfPresent(_ path: PlacedPath) throws(SyscallError) -> OwnedFD? {
    do throws(SyscallError) { return try openInRoot(places[path.place], path.path, openPathOnly) } catch {
      if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
      throw error
    }
  }
}

extension Optional where Wrapped: ~Copyable, Wrapped == OwnedFD {
  /// The descriptor's number while its owner keeps it; -1 if there is none.
  fileprivate var borrowedRaw: Int32 {
    switch self {
    case .some(let descriptor): descriptor.raw
    case .none: -1
    }
  }
}
