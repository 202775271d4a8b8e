import PodModel
import Privileges
import RuntimeAPI

/// The configuration of one attempt, and what of the specification this machine could not do.
struct ContainerTranslation: Hashable {
  var configuration: ContainerConfiguration
  /// Limits that were dropped because nobody can enforce them here.
  var droppedLimits: [ConfigurationError]

  /// Translates without touching anything.
  init(_ blueprint: ContainerBlueprint) throws(ConfigurationError) {
    let capabilities = try blueprint.capabilities
    let resources = try ResourceTranslation(blueprint.container, field: blueprint.field, blueprint.limits)
    var limits = resources.resources
    limits.devices = blueprint.deviceRules(capabilities.bounding)
    let hides = !blueprint.isPrivileged
    let linux = RuntimeSpecification.LinuxSection(
      namespaces: blueprint.namespaces,
      devices: blueprint.isPrivileged ? blueprint.host.devices : [],
      resources: limits,
      seccomp: try blueprint.seccomp(capabilities.bounding),
      maskedPaths: hides ? KernelPaths.masked + blueprint.host.throttlePaths : [],
      readonlyPaths: hides ? KernelPaths.readOnly : []
    )
    let specification = RuntimeSpecification(
      root: RuntimeSpecification.Root(
        path: "",
        readonly: blueprint.container.securityContext.readOnlyRootFilesystem ?? false
      ),
      process: try blueprint.process(capabilities),
      mounts: blueprint.mounts,
      linux: linux
    )
    configuration = ContainerConfiguration(
      id: blueprint.id,
      specification: specification,
      rootFilesystem: .overlay(
        layers: blueprint.layers,
        upper: blueprint.paths.upper,
        work: blueprint.paths.work
      ),
      streams: ContainerStreams(
        logFile: PodDirectories.logFile(blueprint.container.name, blueprint.id.attempt),
        stdin: blueprint.container.stdin,
        stdinOnce: blueprint.container.stdinOnce
      ),
      stopSignal: try blueprint.stopSignal
    )
    droppedLimits = resources.dropped
  }
}

extension ContainerBlueprint {
  /// Those of the container alone; network, ipc and uts, and pid where it is shared, are the sandbox's.
  fileprivate var namespaces: [RuntimeSpecification.Namespace] {
    let ownProcesses = !pod.spec.hostPID && !pod.spec.shareProcessNamespace
    let kinds: [RuntimeSpecification.Namespace.Kind] = (ownProcesses ? [.pid] : []) + [.mount, .cgroup]
    return kinds.map { RuntimeSpecification.Namespace(type: $0) }
  }

  var capabilities: ContainerCapabilities {
    get throws(ConfigurationError) {
      let asked = container.securityContext.capabilities
      let request = CapabilityRequest(add: asked.add, drop: asked.drop, privileged: isPrivileged)
      do throws(PrivilegesError) {
        return try ContainerCapabilities(
          request,
          host: host.capabilities,
          field: "\(field).securityContext.capabilities"
        )
      } catch {
        throw ConfigurationError(error.place, error.problem)
      }
    }
  }

  /// The node's default profile for everyone who does not say otherwise.
  fileprivate func seccomp(_ capabilities: CapabilitySet) throws(ConfigurationError) -> RuntimeAPI.SeccompProfile? {
    if isPrivileged { return nil }
    switch container.securityContext.seccompProfile ?? pod.spec.securityContext.seccompProfile ?? .runtimeDefault {
    case .unconfined: return nil
    case .runtimeDefault: return RuntimeDefault.profile(for: try seccompTarget(capabilities))
    case .localhost(let name):
      guard let localhostProfile else {
        throw ConfigurationError("\(field).securityContext.seccompProfile", "the profile \(name) was not read")
      }
      return localhostProfile
    }
  }

  func seccompTarget(_ capabilities: CapabilitySet) throws(ConfigurationError) -> SeccompTarget {
    do throws(PrivilegesError) {
      return SeccompTarget(platform: try .required(), capabilities: capabilities, kernel: host.kernel)
    } catch {
      throw ConfigurationError("\(field).securityContext.seccompProfile", "\(error)")
    }
  }
}
