/// Where images, pods and sockets go.
func storageItems(_ findings: HostFindings) -> [CheckItem] {
  let state = findings.storage.state
  let run = findings.storage.run
  return [
    CheckItem(
      "state directory",
      .storage,
      .required,
      writable(state),
      cost: "no pod can start: images, logs and writable layers have no place",
      remedy: "--state-dir DIR on a filesystem that can be written"
    ),
    CheckItem(
      "run directory",
      .storage,
      .required,
      writable(run),
      cost: "no pod can start: sockets and records have no place",
      remedy: "--run-dir DIR on a filesystem that can be written, best a tmpfs"
    ),
    overlayItem(findings.storage),
    durabilityItem(state),
    spaceItem(state),
  ]
}

/// Filesystems that show the kernel: nobody but it makes directories there, whatever access(2) says to root.
private let ofTheKernel: Set<String> = ["proc", "sysfs", "cgroup", "cgroup2", "devpts", "debugfs", "securityfs", "bpf"]

private func writable(_ directory: DirectoryFindings) -> Finding {
  guard case .works = directory.writable else { return directory.writable }
  if ofTheKernel.contains(directory.filesystem) {
    return .fails("\(directory.existing) is \(directory.filesystem), where no files can be made")
  }
  let place = directory.existing == directory.path ? directory.path : "\(directory.path) (to be made)"
  return .works("\(place) on \(directory.filesystem)")
}

/// Filesystems that overlayfs refuses as the place of a writable layer (Documentation/filesystems/overlayfs.rst: a valid
/// d_type, `trusted.*` attributes, no filesystem that changes behind the kernel's back).
private let unfitForUpper: Set<String> = [
  "overlay", "nfs", "cifs", "smb2", "9p", "ceph", "fuse", "vfat", "squashfs", "erofs", "iso9660", "ramfs", "ecryptfs",
]

private func overlayItem(_ storage: StorageFindings) -> CheckItem {
  let filesystem = storage.state.filesystem
  let finding: Finding =
    if unfitForUpper.contains(filesystem) || ofTheKernel.contains(filesystem) {
      .fails("\(filesystem) cannot hold writable layers")
    } else if case .fails(let text) = storage.trustedAttributes {
      .fails("no trusted.* attributes on \(filesystem): \(text)")
    } else if case .fails(let text) = storage.entryTypes {
      .fails("\(filesystem): \(text)")
    } else if case .unknown(let text) = storage.trustedAttributes {
      .unknown(text)
    } else if case .unknown(let text) = storage.entryTypes {
      .unknown(text)
    } else {
      .works(filesystem)
    }
  return CheckItem(
    "writable layers",
    .storage,
    .required,
    finding,
    cost: "no pod can start: overlayfs needs entry types and trusted.* attributes below its writable layer",
    remedy: "--state-dir on ext4, btrfs, or xfs made with ftype=1; in a container engine, a volume of the host"
  )
}

private func durabilityItem(_ state: DirectoryFindings) -> CheckItem {
  let isLost = state.filesystem == "tmpfs"
  return CheckItem(
    "durable state",
    group: .storage,
    state: isLost ? .limited : .ok,
    severity: .feature,
    found: isLost ? "\(state.existing) is a tmpfs" : state.filesystem,
    cost: "images, logs and restart counts are gone after a reboot, and fill memory until then",
    remedy: "--state-dir on a disk"
  )
}

private func spaceItem(_ state: DirectoryFindings) -> CheckItem {
  let gibibyte: UInt64 = 1 << 30
  let enough = state.freeBytes >= gibibyte && state.freeFiles.map { $0 >= 10_000 } ?? true
  // Counted in tenths, so that no Foundation is needed.
  let tenths = state.freeBytes / (gibibyte / 10)
  var found = "\(tenths / 10).\(tenths % 10) GiB free"
  if let files = state.freeFiles { found += ", \(files) files" }
  return CheckItem(
    "free space",
    group: .storage,
    state: enough ? .ok : .limited,
    severity: .feature,
    found: found,
    cost: "images may not fit, and containers that write fail with ENOSPC",
    remedy: "swiftlet image rm, a larger disk, or --state-dir elsewhere (1 GiB and 10,000 files are little)"
  )
}
