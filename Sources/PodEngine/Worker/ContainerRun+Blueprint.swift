import Images
import PodModel
import Privileges
import RuntimeAPI

extension ContainerRun {
  /// The variables of the container, from wherever they come.
  func environment() async throws(ConfigurationError) -> ResolvedEnvironment {
    let sources = try await EnvironmentSources(of: container, in: runner.pod, from: runner.ports.objects)
    return try ResolvedEnvironment(container, sources, facts)
  }

  /// What the pod tells about itself.
  var facts: PodFacts {
    PodFacts(pod: runner.pod, addresses: resources.addresses, host: runner.settings.host)
  }

  /// Asks the machine what the translation needs to know.
  func blueprint(
    _ environment: ResolvedEnvironment,
    _ volumes: [ContainerVolume]
  ) throws(ConfigurationError) -> ContainerBlueprint {
    let field = runner.pod.spec.field(of: container)
    guard let image = resources.images[container.name] else {
      throw ConfigurationError("\(field).image", "the image \(container.image) was not looked up")
    }
    var blueprint = ContainerBlueprint(
      pod: runner.pod,
      container: container,
      id: id,
      image: image.configuration,
      layers: image.layers,
      environment: environment,
      user: try user(image, field),
      host: runner.settings.host,
      paths: runner.settings.directories.paths(runner.pod, container: container.name, attempt: id.attempt),
      sharedMemoryPath: resources.sharedMemoryPath,
      limits: LimitPolicy(
        enforceable: runner.runtime.features.enforceableLimits,
        bestEffort: runner.settings.bestEffortLimits
      )
    )
    blueprint.volumes = volumes
    blueprint.imageVolumes = try ImageVolumes(layers: image.layers).empty(
      image.configuration.volumes,
      except: ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", container.terminationMessagePath]
        + volumes.map(\.path)
    )
    blueprint.localhostProfile = try localhostProfile(blueprint)
    return blueprint
  }

  /// Names are looked up in the image's own files.
  private func user(_ image: UsableImage, _ field: String) throws(ConfigurationError) -> ResolvedUser {
    let pod = runner.pod
    let own = container.securityContext
    let shared = pod.spec.securityContext
    let request = UserRequest(
      imageUser: image.configuration.user ?? "",
      runAsUser: (own.runAsUser ?? shared.runAsUser).map(Int64.init),
      runAsGroup: (own.runAsGroup ?? shared.runAsGroup).map(Int64.init),
      runAsNonRoot: own.runAsNonRoot ?? shared.runAsNonRoot ?? false,
      supplementalGroups: shared.supplementalGroups.map(Int64.init),
      fsGroup: shared.fsGroup.map(Int64.init),
      groupsPolicy: shared.supplementalGroupsPolicy == .strict ? .strict : .merge
    )
    let accounts = try LayeredAccounts(layers: image.layers).read()
    do throws(PrivilegesError) {
      let name = "\(pod.metadata.name)_\(pod.metadata.namespace)(\(pod.metadata.uid ?? ""))"
      try request.verifyRunAsNonRoot(pod: name, container: container.name)
      return try ResolvedUser(request, in: accounts, field: "\(field).securityContext")
    } catch {
      // Without a place it is the kubelet's own sentence, which names pod and container.
      throw ConfigurationError(error.place, error.problem)
    }
  }

  private func localhostProfile(_ blueprint: ContainerBlueprint) throws(ConfigurationError) -> RuntimeAPI
    .SeccompProfile?
  {
    let asked = container.securityContext.seccompProfile ?? runner.pod.spec.securityContext.seccompProfile
    guard case .localhost(let name)? = asked, !blueprint.isPrivileged else { return nil }
    let target = try blueprint.seccompTarget(try blueprint.capabilities.bounding)
    do throws(PrivilegesError) {
      return try LocalProfile(directory: runner.settings.seccompProfiles).profile(named: name, for: target)
    } catch {
      throw ConfigurationError("\(blueprint.field).securityContext.\(error.place)", error.problem)
    }
  }
}
