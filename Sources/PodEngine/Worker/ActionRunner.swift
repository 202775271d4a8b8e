import Images
import Linux
import PodLogic
import PodModel
import RuntimeAPI

/// Carries out what was decided for one pod. Holds no state: what an action needs comes in, what it found goes out as
/// inputs of the worker.
struct ActionRunner: Sendable {
  typealias Input = PodWorker.Input

  let pod: Pod
  let sandbox: SandboxID
  let ports: PodEngine.Ports
  let settings: EngineSettings

  var runtime: any ContainerRuntime { ports.runtime }
  var files: PodFiles { PodFiles(directories: settings.directories, pod: pod) }

  /// Carries out one action; nothing more will come of it when this returns.
  ///
  /// - Parameter others: Whatever was under way before. A removed sandbox ends all of it, and is told as removed only
  ///   after everything else has answered, so that no exit is lost.
  func perform(
    _ action: PodAction,
    _ resources: PodResources,
    after others: Others,
    _ answer: @escaping @Sendable (Input) -> Void
  ) async {
    switch action {
    case .createSandbox: await createSandbox(answer)
    case .removeSandbox:
      do throws(RuntimeError) {
        try await runtime.removeSandbox(sandbox)
        for task in others.tasks { await task.value }
        // What was being made while the rest was removed.
        if others.makeSomething { try await runtime.removeSandbox(sandbox) }
        answer(await disconnect())
      } catch {
        answer(.event(.sandboxRemovalFailed(error.description)))
      }
    case .container(let name, let attempt, let action):
      guard let container = pod.spec.allContainers.first(where: { $0.name == name }),
        let id = ContainerID(sandbox: sandbox, name: name, attempt: attempt)
      else {
        return answer(
          .event(.container(name, attempt: attempt, .createFailed(.configuration("the name \(name) is not usable"))))
        )
      }
      let run = ContainerRun(runner: self, container: container, id: id, resources: resources)
      await run.perform(action, answer)
    }
  }

  /// The addresses of a pod are free again when nothing of it can use them.
  private func disconnect() async -> Input {
    do {
      if !pod.spec.hostNetwork { try await ports.network.detach(pod) }
      return .event(.sandboxRemoved)
    } catch {
      return .event(.sandboxRemovalFailed("\(error)"))
    }
  }

  private func connect() async throws -> [String] {
    if pod.spec.hostNetwork { return settings.host.addresses }
    return try await ports.network.attach(pod, to: try await runtime.network(of: sandbox))
  }

  private func createSandbox(_ answer: @Sendable (Input) -> Void) async {
    do {
      try files.prepare()
      let configuration = try sandboxConfiguration()
      if let source = ports.network.networkSource, !pod.spec.hostNetwork {
        await createSandbox(configuration, connecting: source, answer)
      } else {
        await connected(try await runtime.createSandbox(configuration), answer) { try await connect() }
      }
    } catch {
      answer(.event(.sandboxFailed("\(error)")))
    }
  }

  /// The network is made and connected while the sandbox is: neither needs the other before they are ready.
  private func createSandbox(
    _ configuration: SandboxConfiguration,
    connecting source: @escaping NetworkSource,
    _ answer: @Sendable (Input) -> Void
  ) async {
    let namespace = Task { try await source() }
    let addresses = Task { try await ports.network.attach(pod, to: try await namespace.value) }
    do throws(RuntimeError) {
      let status = try await runtime.createSandbox(configuration) { try await namespace.value }
      await connected(status, answer) { try await addresses.value }
    } catch {
      _ = await addresses.result
      answer(.event(.sandboxFailed(await disconnected("\(error)"))))
    }
  }

  private func sandboxConfiguration() throws(ConfigurationError) -> SandboxConfiguration {
    SandboxConfiguration(
      id: sandbox,
      hostname: PodHostname.name(of: pod, host: settings.host.hostname),
      namespaces: SandboxNamespaces(
        hostNetwork: pod.spec.hostNetwork,
        hostIPC: pod.spec.hostIPC,
        processes: processVisibility
      ),
      sysctls: try Sysctls.resolve(pod.spec),
      logDirectory: settings.directories.logs(pod),
      whenOwnerEnds: whenOwnerEnds,
      expected: expected
    )
  }

  /// A sandbox that cannot be connected is taken back: the next attempt makes a new one.
  private func connected(
    _ status: SandboxStatus,
    _ answer: @Sendable (Input) -> Void,
    _ connect: () async throws -> [String]
  ) async {
    let addresses: [String]
    do { addresses = try await connect() } catch {
      return answer(.event(.sandboxFailed(await takenBack("the pod's network: \(error)"))))
    }
    do throws(SyscallError) {
      let text = try generatedFiles(addresses)
      try files.write(text)
      for warning in text.warnings { answer(.notice(.dnsConfigForming(warning))) }
    } catch {
      return answer(.event(.sandboxFailed(await disconnected("the pod's files: \(error)"))))
    }
    do {
      answer(.sandbox(status, addresses: addresses, try await volumes(addresses).make()))
    } catch {
      answer(.event(.volumesFailed(await disconnected("\(error)"))))
    }
  }

  private func volumes(_ addresses: [String]) -> PodVolumes {
    let facts = PodFacts(pod: pod, addresses: addresses, host: settings.host)
    return PodVolumes(
      pod: pod,
      sandbox: sandbox,
      runtime: runtime,
      directory: settings.directories.volumes(pod),
      values: ValueFiles(facts: facts, objects: ports.objects)
    )
  }

  private func disconnected(_ why: String) async -> String {
    let text = await takenBack(why)
    guard case .event(.sandboxRemovalFailed(let obstacle)) = await disconnect() else { return text }
    return text + "; its network remains: \(obstacle)"
  }

  private func takenBack(_ why: String) async -> String {
    do throws(RuntimeError) {
      try await runtime.removeSandbox(sandbox)
      return why
    } catch {
      return why + "; what was made could not be removed: \(error)"
    }
  }

  /// The files of `/etc`, which tell the pod's addresses.
  private func generatedFiles(_ addresses: [String]) throws(SyscallError) -> GeneratedFiles {
    GeneratedFiles(
      pod,
      hostname: PodHostname.name(of: pod, host: settings.host.hostname),
      addresses: addresses,
      host: try HostTextFiles.read(hostNetwork: pod.spec.hostNetwork)
    )
  }

  /// The containers, as far as they are alike.
  private var expected: ExpectedContainers {
    let containers = pod.spec.allContainers
    let privileged = containers.count { $0.securityContext.privileged == true }
    return ExpectedContainers(
      count: containers.count,
      // Where its /dev/shm comes from is not known yet, and nobody prepares that.
      mounts: ContainerBlueprint.kernelMounts(isPrivileged: privileged * 2 > containers.count, "/dev/shm")
    )
  }

  private var processVisibility: ProcessVisibility {
    if pod.spec.hostPID { return .host }
    return pod.spec.shareProcessNamespace ? .sharedInSandbox : .perContainer
  }

  private var whenOwnerEnds: OwnerEnds {
    switch settings.pods {
    case .runOn: .keepRunning
    case .end: .endGracefully(seconds: pod.spec.terminationGracePeriodSeconds)
    }
  }
}
