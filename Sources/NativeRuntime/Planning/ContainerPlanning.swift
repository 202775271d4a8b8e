import Cgroups
import LaunchPlan
import RuntimeAPI
import Supervision

/// Everything that a container's configuration comes to, before anything is done.
struct ContainerPlanning {
  let plan: LaunchPlan
  let settings: [CgroupSetting]
  let devices: DeviceProgram

  /// Reads a configuration, or names the first field that is not honoured.
  init(
    _ configuration: ContainerConfiguration,
    rootMountPoint: String,
    filterFlags: UInt32,
    controllers: Set<String>
  ) throws(RuntimeError) {
    let specification = configuration.specification
    try SpecificationFields.refuseFields(of: specification, notIn: HonouredFields.paths, runtime: "native")
    if let propagation = specification.linux.rootfsPropagation, !["private", "rprivate"].contains(propagation) {
      throw .unsupported(path: "linux.rootfsPropagation (\(propagation))", runtime: "native")
    }
    settings = try ResourcePlanning.settings(specification.linux.resources, controllers: controllers)
    devices = try DeviceControl.program(specification.linux.resources.devices)
    var mounts: [MountStep] = []
    for (index, mount) in specification.mounts.enumerated() {
      mounts.append(try MountPlanning.step(mount, at: "mounts[\(index)]"))
    }
    let hasDev = mounts.contains { $0.target == "/dev" }
    if !hasDev && !specification.linux.devices.isEmpty {
      throw .unsupported(path: "linux.devices (without a mount on /dev)", runtime: "native")
    }
    plan = LaunchPlan(
      root: Self.root(configuration, rootMountPoint),
      newPIDNamespace: try Self.newPIDNamespace(specification.linux),
      mounts: mounts,
      devices: hasDev ? try DevicePlanning.steps(specification.linux.devices) : [],
      links: hasDev ? DevicePlanning.links : [],
      maskedPaths: specification.linux.maskedPaths,
      readonlyPaths: specification.linux.readonlyPaths,
      process: try ProcessPlanning.step(
        specification.process,
        keyring: "_ses.\(configuration.id)",
        filterFlags: filterFlags
      )
    )
  }

  private static func root(_ configuration: ContainerConfiguration, _ mountPoint: String) -> RootStep {
    let readonly = configuration.specification.root.readonly
    // Only who may use every device may use those of the image.
    let devices = configuration.specification.linux.resources.devices.last.map { $0.allow && $0.type == "a" } ?? false
    return switch configuration.rootFilesystem {
    case .overlay(let layers, let upper, let work):
      RootStep(
        layers: layers,
        upper: upper,
        work: work,
        mountPoint: mountPoint,
        readonly: readonly,
        devices: devices
      )
    case .directory(let path):
      RootStep(layers: [path], upper: "", work: "", mountPoint: mountPoint, readonly: readonly, devices: devices)
    }
  }

  /// Mount and cgroup namespaces are always the container's own; those of the sandbox come with it.
  private static func newPIDNamespace(_ linux: RuntimeSpecification.LinuxSection) throws(RuntimeError) -> Bool {
    let kinds = Set(linux.namespaces.map(\.type))
    for kind in kinds where ![.mount, .cgroup, .pid].contains(kind) {
      throw .unsupported(path: "linux.namespaces (\(kind.rawValue))", runtime: "native")
    }
    for kind in [RuntimeSpecification.Namespace.Kind.mount, .cgroup] where !kinds.contains(kind) {
      throw .unsupported(path: "linux.namespaces (without \(kind.rawValue))", runtime: "native")
    }
    return kinds.contains(.pid)
  }
}
