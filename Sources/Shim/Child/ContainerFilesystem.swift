import Glibc
import LaunchPlan
import Linux

/// What a container's filesystem is made of, thought through before `clone3`: the child between it and `execve` then only
/// makes system calls. Text that the child would have to make costs it page faults first.
struct ContainerFilesystem: Sendable {
  let root: RootStep
  /// Room for the descriptors of the root's layers.
  let layerSlots: [Int32]
  let mounts: [PreparedMount]
  /// Whether any of them goes on following the host's mounts.
  let followsHost: Bool
  let devices: [PreparedDevice]
  let links: [PreparedLink]
  /// Where `/dev` is looked up.
  let dev: PlacedPath
  /// Whether the container has a `/dev/null` of its own.
  let hasNull: Bool
  let masked: [PlacedPath]
  let readonly: [PlacedPath]

  /// - Parameters:
  ///   - terminalFilesystem: The devpts that the container's terminal is in; -1 if it has none.
  ///   - stock: What was made for it before it was asked for.
  init(_ plan: LaunchPlan, terminalFilesystem: Int32, stock: StockedFilesystems) throws(StepFailure) {
    root = plan.root
    layerSlots = Self.slots(for: plan.root)
    let (mounts, mounted) = Self.prepare(plan.mounts, terminalFilesystem: terminalFilesystem, stock)
    self.mounts = mounts
    followsHost = mounts.contains(where: \.followsHost)
    dev = PlacedPath("/dev", mounted: mounted)
    devices = stock.hasDevices ? [] : try PreparedDevice.all(plan.devices)
    links = stock.hasDevices ? [] : try PreparedLink.all(plan.links)
    hasNull = plan.devices.contains { $0.path == "/dev/null" }
    masked = plan.maskedPaths.map { PlacedPath($0, mounted: mounted) }
    readonly = plan.readonlyPaths.map { PlacedPath($0, mounted: mounted) }
  }
}

extension ContainerFilesystem {
  /// The mounts in order, and the places that there are when all are made.
  static func prepare(
    _ steps: [MountStep],
    terminalFilesystem: Int32,
    _ stock: StockedFilesystems
  ) -> (mounts: [PreparedMount], mounted: [Place]) {
    var mounted: [Place] = []
    var mounts: [PreparedMount] = []
    for (index, step) in steps.enumerated() {
      var made = stock.byMount[index]?.raw
      if case .filesystem("devpts", _) = step.source, terminalFilesystem >= 0 { made = terminalFilesystem }
      let mount = PreparedMount(step, mounted: mounted, made: made)
      if let place = mount.becomes, !mounted.contains(place) { mounted.append(place) }
      mounts.append(mount)
    }
    return (mounts, mounted)
  }

  /// Room for the descriptors of a root's layers.
  static func slots(for root: RootStep) -> [Int32] { [Int32](repeating: -1, count: root.layers.count) }
}

/// One mount with its options taken apart.
struct PreparedMount: Sendable {
  enum Source: Sendable {
    case filesystem(type: String, options: [FilesystemOption])
    /// One that the supervisor has made already.
    case made(Int32)
    case bind(path: String, recursive: Bool)
  }

  let source: Source
  let target: PlacedPath
  /// The place that is there afterwards.
  let becomes: Place?
  let attributes: MountAttributes
  /// Those of what is mounted below it, too.
  let recursiveAttributes: MountAttributes
  /// Whether what the host mounts below it later appears.
  let followsHost: Bool
  /// Whether its place may be on procfs.
  let isOfProcfs: Bool

  init(_ step: MountStep, mounted: [Place], made: Int32?) {
    target = PlacedPath(step.target, mounted: mounted)
    attributes = MountAttributes(rawValue: step.attributes)
    recursiveAttributes = MountAttributes(rawValue: step.recursiveAttributes)
    followsHost = step.followsHost
    isOfProcfs = target.place == .proc && Self.filesOfProcfs.contains(step.target)
    switch (step.source, made) {
    case (.filesystem, let made?): source = .made(made)
    case (.filesystem(let type, let options), nil):
      source = .filesystem(type: type, options: options.map(FilesystemOption.init(parsing:)))
    case (.bind(let path, let recursive), _): source = .bind(path: path, recursive: recursive)
    }
    becomes = Place(mountedAt: step.target)
  }

  /// What may be replaced below `/proc`: figures that programs read (runc `checkProcMount`; lxcfs provides them).
  private static let filesOfProcfs: Set<String> = [
    "/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime", "/proc/loadavg",
    "/proc/slabinfo",
  ]
}

extension FilesystemOption {
  /// Reads `name` or `name=value`.
  init(parsing text: String) {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    self.init(parts.first ?? text, parts.count > 1 ? parts[1] : nil)
  }
}

/// A path below `/dev`: the directories on the way and the last name.
struct DevicePath: Sendable {
  let full: String
  let directories: [String]
  let name: String

  init(_ path: String) throws(StepFailure) {
    let components = path.split(separator: "/").map(String.init)
    guard components.first == "dev", components.count > 1, !components.contains(".."), let name = components.last else {
      throw StepFailure(step: "make a device: its path is not below /dev", errno: EINVAL, detail: path)
    }
    full = path
    directories = Array(components.dropFirst().dropLast())
    self.name = name
  }
}

/// A device node and where it goes.
struct PreparedDevice: Sendable {
  let place: DevicePath
  let mode: UInt32
  let major: UInt32
  let minor: UInt32
  let uid: UInt32
  let gid: UInt32

  init(_ step: DeviceStep) throws(StepFailure) {
    place = try DevicePath(step.path)
    (mode, major, minor, uid, gid) = (step.mode, step.major, step.minor, step.uid, step.gid)
  }

  static func all(_ steps: [DeviceStep]) throws(StepFailure) -> [PreparedDevice] {
    try steps.map { (step) throws(StepFailure) in try PreparedDevice(step) }
  }
}

/// A symbolic link and where it goes.
struct PreparedLink: Sendable {
  let place: DevicePath
  let target: String

  static func all(_ steps: [LinkStep]) throws(StepFailure) -> [PreparedLink] {
    try steps.map { (step) throws(StepFailure) in
      PreparedLink(place: try DevicePath(step.path), target: step.target)
    }
  }
}
