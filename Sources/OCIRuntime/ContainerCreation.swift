import Cgroups
import Glibc
import LaunchPlan
import Linux
import RuntimeAPI
import ShimClient
import StateStore
import Supervision

/// The first phase of a start: everything is decided in `init`, and done in `run`.
struct ContainerCreation {
  private let configuration: ContainerConfiguration
  private let sandbox: SupervisedSandbox
  private let commands: CommandLines
  private let bundle: Bundle
  private let document: [UInt8]
  private let settings: [CgroupSetting]
  private let devices: DeviceProgram

  /// Reads a configuration, or names the first field that is not honoured.
  init(
    _ configuration: ContainerConfiguration,
    in sandbox: SupervisedSandbox,
    commands: CommandLines,
    hierarchy: CgroupHierarchy,
    controllers: Set<String>,
    runtime: String
  ) throws(RuntimeError) {
    self.configuration = configuration
    self.sandbox = sandbox
    self.commands = commands
    bundle = Bundle(configuration.id, in: sandbox.directory)
    if configuration.streams.stdin { throw .unsupported(path: "streams.stdin", runtime: runtime) }
    let specification = configuration.specification
    try HonouredFields.check(specification, runtime: runtime)
    settings = try ResourcePlanning.settings(specification.linux.resources, controllers: controllers)
    devices = try DeviceControl.program(specification.linux.resources.devices)
    // One below ours, because runc replaces the device program of the cgroup that it is given. Ours, with the limits, stays
    // in force above.
    let cgroup = "\(sandbox.cgroup.path)/\(configuration.id.localName)/\(PodCgroup.external)"
    document = try BundleDocument.bytes(
      specification,
      root: bundle.root,
      cgroup: String(cgroup.dropFirst(hierarchy.mountPoint.utf8.count))
    )
  }

  /// Writes the bundle, makes the cgroup and lets the supervisor run `create`; leaves nothing where that fails.
  func run() async throws(RuntimeError) -> ContainerStatus {
    try bundle.write(document)
    let group: SharedFD
    do throws(RuntimeError) {
      group = SharedFD(
        try Failures.cgroup("make the container's cgroup") { () throws(CgroupError) in
          try sandbox.cgroup.makeContainer(configuration.id.localName, settings: settings, devices: devices)
        }
      )
    } catch {
      bundle.remove()
      throw error
    }
    do throws(RuntimeError) {
      let answer = try await sandbox.ask(
        .createExternal(request),
        descriptors: [group.raw],
        "create",
        "\(configuration.id)",
        seconds: 60
      )
      return try sandbox.note(configuration.id, created: answer)
    } catch {
      let told = CommandLog(bundle.log).explain(error)
      // What cannot be removed now is left to the sandbox's removal.
      rmdir("\(sandbox.cgroup.path)/\(configuration.id.localName)/\(PodCgroup.external)")
      rmdir("\(sandbox.cgroup.path)/\(configuration.id.localName)")
      bundle.remove()
      throw told
    }
  }

  private var request: ExternalContainer {
    let streams = configuration.streams
    let name = configuration.id.localName
    let lines = commands.lines(name, bundle: bundle, directory: sandbox.directory)
    return ExternalContainer(
      common: CreateContainer(
        container: name,
        logFile: streams.logFile,
        logFileBytes: streams.logFileBytes,
        logFiles: streams.logFiles,
        stdin: false,
        terminal: false,
        stopSignal: configuration.stopSignal,
        filter: false
      ),
      root: root,
      create: lines.create,
      start: lines.start,
      delete: lines.delete,
      pidFile: bundle.pidFile
    )
  }

  /// The supervisor mounts it; read-only is the runtime's part, which first makes what belongs into it.
  private var root: RootStep {
    // Only who may use every device may use those of the image.
    let rules = configuration.specification.linux.resources.devices
    let devices = rules.last.map { $0.allow && $0.type == "a" } ?? false
    return switch configuration.rootFilesystem {
    case .overlay(let layers, let upper, let work):
      RootStep(layers: layers, upper: upper, work: work, mountPoint: bundle.root, readonly: false, devices: devices)
    case .directory(let path):
      RootStep(layers: [path], upper: "", work: "", mountPoint: bundle.root, readonly: false, devices: devices)
    }
  }
}
