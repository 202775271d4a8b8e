import CLinux
import Glibc
import LaunchPlan
import Linux

/// Mounts the root filesystem.
enum RootMount {
  /// Mounts it on the plan's mount point and returns the root directory of the new mount.
  ///
  /// - Parameter slots: As many numbers as there are layers, made before `clone3`.
  static func make(_ plan: RootStep, slots: [Int32]) throws(StepFailure) -> OwnedFD {
    var attributes: MountAttributes = []
    // Device nodes in image layers are inert even where device control were missing.
    if !plan.devices { attributes.insert(.noDevices) }
    return plan.upper.isEmpty ? try directory(plan, attributes) : try overlay(plan, slots, attributes)
  }

  private static func directory(_ plan: RootStep, _ attributes: MountAttributes) throws(StepFailure) -> OwnedFD {
    let path = plan.layers[0]
    let mount = try step("clone the root", path) { () throws(SyscallError) in
      let mount = try cloneMount(AT_FDCWD, path, recursive: true)
      try setMountAttributes(mount.raw, set: attributes, recursive: true)
      return mount
    }
    return try attach(mount, plan)
  }

  private static func attach(_ mount: consuming OwnedFD, _ plan: RootStep) throws(StepFailure) -> OwnedFD {
    let raw = mount.raw
    try step("attach the root", plan.mountPoint) { () throws(SyscallError) in
      try check("move_mount") { lx_move_mount(raw, AT_FDCWD, plan.mountPoint) }
    }
    return mount
  }

  private static func overlay(
    _ plan: RootStep,
    _ slots: [Int32],
    _ attributes: MountAttributes
  ) throws(StepFailure) -> OwnedFD {
    let layers = try OverlayLayers(plan, slots)
    try layers.copyRootAttributes()
    let mount: OwnedFD?
    do throws(SyscallError) { mount = try layers.detached(attributes) } catch {
      throw layers.failure(error)
    }
    if let mount { return try attach(mount, plan) }
    do throws(SyscallError) { return try layers.mounted(attributes, on: plan.mountPoint) } catch {
      throw layers.failure(error)
    }
  }
}

/// The directories of an overlay, open until the mount that names them by number is made.
///
/// They are named `/proc/self/fd/N`, so that the container's mountinfo does not show the host's paths.
private struct OverlayLayers: ~Copyable {
  /// The topmost first, as overlayfs wants them.
  private var lower: [Int32]
  private var upper: Int32 = -1
  private var work: Int32 = -1

  init(_ plan: RootStep, _ slots: [Int32]) throws(StepFailure) {
    lower = slots
    for (index, layer) in plan.layers.enumerated() { lower[plan.layers.count - 1 - index] = try Self.open(layer) }
    upper = try Self.open(plan.upper)
    work = try Self.open(plan.work)
  }

  private static func open(_ path: String) throws(StepFailure) -> Int32 {
    try step("open a layer", path) { () throws(SyscallError) in
      try openAt(AT_FDCWD, path, O_RDONLY | O_DIRECTORY).release()
    }
  }

  deinit {
    for descriptor in lower where descriptor >= 0 { close(descriptor) }
    if upper >= 0 { close(upper) }
    if work >= 0 { close(work) }
  }

  /// The root of an overlay has owner and mode of its writable layer: those of the image's root belong there.
  func copyRootAttributes() throws(StepFailure) {
    guard let top = lower.first else { return }
    let upper = upper
    try step("prepare the writable layer") { () throws(SyscallError) in
      var (image, own) = (stat(), stat())
      try check("fstat") { fstat(top, &image) }
      try check("fstat") { fstat(upper, &own) }
      if (image.st_uid, image.st_gid) != (own.st_uid, own.st_gid) {
        try check("fchown") { fchown(upper, image.st_uid, image.st_gid) }
      }
      if image.st_mode != own.st_mode { try check("fchmod") { fchmod(upper, image.st_mode & 0o7777) } }
    }
  }

  /// The overlay, attached nowhere; nil where this kernel takes so many layers through mount(2) only: a value of
  /// fsconfig(2) has at most 255 bytes, and `lowerdir+` came with Linux 6.5.
  func detached(_ attributes: MountAttributes) throws(SyscallError) -> OwnedFD? {
    let fs = OwnedFD(try check("fsopen") { lx_fsopen("overlay") })
    let raw = fs.raw
    try check("fsconfig(source)") { lx_fsconfig_string(raw, "source", "overlay") }
    let joined = joinedLower
    let appends = joined.utf8.count > 255
    if !appends {
      try check("fsconfig(lowerdir)") { lx_fsconfig_string(raw, "lowerdir", joined) }
    } else {
      for (index, layer) in lower.enumerated() {
        let name = DescriptorName(layer).text
        do throws(SyscallError) {
          try check("fsconfig(lowerdir+)") { lx_fsconfig_string(raw, "lowerdir+", name) }
        } catch {
          if index == 0 && error.errno == EINVAL { return nil }
          throw error
        }
      }
    }
    let (upperName, workName) = (DescriptorName(upper).text, DescriptorName(work).text)
    try check("fsconfig(upperdir)") { lx_fsconfig_string(raw, "upperdir", upperName) }
    try check("fsconfig(workdir)") { lx_fsconfig_string(raw, "workdir", workName) }
    // The writable layer ends with the container, so that nothing is gained by syncing it.
    try check("fsconfig(volatile)") { lx_fsconfig_flag(raw, "volatile") }
    do throws(SyscallError) { try check("fsconfig(create)") { lx_fsconfig_create(raw) } } catch {
      // Linux 6.1 takes any option as text, and only here finds out that overlayfs has no `lowerdir+`.
      if appends && error.errno == EINVAL { return nil }
      throw error
    }
    return OwnedFD(try check("fsmount") { lx_fsmount(raw, attributes.rawValue) })
  }

  /// The overlay through mount(2), whose options are a page of text: enough for 200 layers.
  func mounted(_ attributes: MountAttributes, on mountPoint: String) throws(SyscallError) -> OwnedFD {
    let options =
      "lowerdir=\(joinedLower),upperdir=\(DescriptorName(upper).text),workdir=\(DescriptorName(work).text),volatile"
    if options.utf8.count > 4095 { throw SyscallError("mount: the names of the layers fill more than a page", E2BIG) }
    try check("mount") { lx_mount("overlay", mountPoint, "overlay", 0, options) }
    let mount = try openAt(AT_FDCWD, mountPoint, openPathOnly | O_DIRECTORY)
    try setMountAttributes(mount.raw, set: attributes)
    return mount
  }

  func failure(_ error: SyscallError) -> StepFailure {
    let hint =
      switch error.errno {
      case ENODEV: "; this kernel has no overlayfs: modprobe overlay"
      case EINVAL: "; its filesystem may be unfit for a writable layer: see swiftlet check"
      default: ""
      }
    let detail = "\(error.call), overlay of \(lower.count) layers" + hint
    return StepFailure(step: "mount the root", errno: error.errno, detail: detail)
  }

  private var joinedLower: String {
    var bytes: [UInt8] = []
    for layer in lower {
      if !bytes.isEmpty { bytes.append(UInt8(ascii: ":")) }
      bytes.append(contentsOf: DescriptorName(layer).bytes)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// `/proc/self/fd/N`, written without the machinery of string interpolation, which a new process must fault in.
private struct DescriptorName {
  let bytes: [UInt8]

  init(_ descriptor: Int32) {
    var digits: [UInt8] = []
    var rest = descriptor
    repeat {
      digits.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    var bytes = Array("/proc/self/fd/".utf8)
    for digit in digits.reversed() { bytes.append(digit) }
    self.bytes = bytes
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }
}
