import CLinux
import Glibc
import LaunchPlan
import Linux

/// Mounts the root filesystem.
enum RootMount {
  /// Mounts it on the plan's mount point and returns the root directory of the new mount.
  static func make(_ plan: RootStep) throws(StepFailure) -> OwnedFD {
    var attributes: MountAttributes = []
    // Device nodes in image layers are inert even where device control were missing.
    if !plan.devices { attributes.insert(.noDevices) }
    let mount =
      plan.upper.isEmpty
      ? try directory(plan, attributes)
      : try overlay(plan, attributes)
    try step("attach the root", plan.mountPoint) { () throws(SyscallError) in
      try check("move_mount") { lx_move_mount(mount.raw, AT_FDCWD, plan.mountPoint) }
    }
    return mount
  }

  private static func directory(_ plan: RootStep, _ attributes: MountAttributes) throws(StepFailure) -> OwnedFD {
    let path = plan.layers[0]
    let mount = try step("clone the root", path) { () throws(SyscallError) in
      try cloneMount(AT_FDCWD, path, recursive: true)
    }
    try step("clone the root", path) { () throws(SyscallError) in
      try setMountAttributes(mount.raw, set: attributes, recursive: true)
    }
    return mount
  }

  /// Directories are given as `/proc/self/fd/N`: a value of fsconfig(2) has at most 255 bytes, and the container's
  /// mountinfo does not show the host's paths.
  private static func overlay(_ plan: RootStep, _ attributes: MountAttributes) throws(StepFailure) -> OwnedFD {
    var opened = SmallDescriptorSet()
    var lower: [String] = []
    for layer in plan.layers.reversed() { lower.append(try opened.open(layer)) }
    let upper = try opened.open(plan.upper)
    if let top = lower.first { try copyRootAttributes(from: top, to: upper) }
    let work = try opened.open(plan.work)
    let writable = [
      FilesystemOption("upperdir", upper), FilesystemOption("workdir", work),
      // The writable layer ends with the container, so that nothing is gained by syncing it.
      FilesystemOption("volatile"),
    ]
    let joined = lower.joined(separator: ":")
    let layers =
      joined.utf8.count <= 255
      ? [FilesystemOption("lowerdir", joined)] : lower.map { FilesystemOption("lowerdir+", $0) }
    return try step("mount the root", "overlay of \(plan.layers.count) layers") { () throws(SyscallError) in
      try makeDetachedFilesystem("overlay", layers + writable, attributes)
    }
  }
}

extension RootMount {
  /// The root of an overlay has owner and mode of its writable layer: those of the image's root belong there.
  private static func copyRootAttributes(from layer: String, to upper: String) throws(StepFailure) {
    try step("prepare the writable layer") { () throws(SyscallError) in
      var status = stat()
      try check("stat") { stat(layer, &status) }
      try check("chown") { chown(upper, status.st_uid, status.st_gid) }
      try check("chmod") { chmod(upper, status.st_mode & 0o7777) }
    }
  }
}

/// Directories that stay open until the mount that names them by number is made.
private struct SmallDescriptorSet: ~Copyable {
  private var raw: [Int32] = []

  mutating func open(_ path: String) throws(StepFailure) -> String {
    let descriptor = try step("open a layer", path) { () throws(SyscallError) in
      try openAt(AT_FDCWD, path, openPathOnly | O_DIRECTORY).release()
    }
    raw.append(descriptor)
    return "/proc/self/fd/\(descriptor)"
  }

  deinit { for descriptor in raw { close(descriptor) } }
}
