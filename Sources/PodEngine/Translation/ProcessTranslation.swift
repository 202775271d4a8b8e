import Images
import PodLogic
import PodModel
import Privileges
import RuntimeAPI

extension ContainerBlueprint {
  /// What runs, as whom and with which privileges.
  func process(_ capabilities: ContainerCapabilities) throws(ConfigurationError) -> RuntimeSpecification.Process {
    let variables = Environment(
      hostname: PodHostname.name(of: pod, host: host.hostname),
      image: image.env,
      pod: environment,
      tty: container.tty,
      home: user.home ?? "/"
    )
    return RuntimeSpecification.Process(
      args: try arguments(),
      env: variables.entries,
      cwd: workingDirectory,
      user: RuntimeSpecification.User(
        uid: user.uid,
        gid: user.gid,
        umask: 0o022,
        additionalGids: user.groups
      ),
      terminal: container.tty,
      capabilities: RuntimeSpecification.Capabilities(
        bounding: capabilities.bounding.specificationNames,
        effective: capabilities.effective.specificationNames,
        inheritable: capabilities.inheritable.specificationNames,
        permitted: capabilities.permitted.specificationNames,
        ambient: capabilities.ambient.specificationNames
      ),
      rlimits: resourceLimits,
      noNewPrivileges: container.securityContext.allowPrivilegeEscalation == false,
      oomScoreAdj: max(
        pod.oomScoreAdj(of: container, memoryCapacity: host.memoryCapacity),
        host.leastOOMScoreAdj
      )
    )
  }

  /// The pod's command replaces the image's entrypoint and arguments, its args the image's arguments only.
  private func arguments() throws(ConfigurationError) -> [String] {
    let ownCommand = container.command.map { Expansion.expand($0, environment.byName) }
    let ownArguments = container.args.map { Expansion.expand($0, environment.byName) }
    let command = ownCommand.isEmpty ? image.entrypoint ?? [] : ownCommand
    let usesImageArguments = ownCommand.isEmpty && ownArguments.isEmpty
    let result = command + (usesImageArguments ? image.cmd ?? [] : ownArguments)
    guard let program = result.first, !program.isEmpty else {
      throw ConfigurationError(
        "\(field).command",
        "no command specified: neither the pod nor the image \(container.image) names a program"
      )
    }
    return result
  }

  private var workingDirectory: String {
    if let own = container.workingDir, !own.isEmpty { return own }
    guard let directory = image.workingDir, directory.hasPrefix("/") else { return "/" }
    return directory
  }

  /// Soft 1024 because old programs close every number up to it; no core files, which would hold secrets.
  private var resourceLimits: [RuntimeSpecification.ResourceLimit] {
    let hard = min(524_288, host.maximumOpenFiles)
    return [
      RuntimeSpecification.ResourceLimit(type: "RLIMIT_NOFILE", soft: min(1024, hard), hard: hard),
      RuntimeSpecification.ResourceLimit(type: "RLIMIT_CORE", soft: 0, hard: 0),
    ]
  }

  /// The signal of an orderly stop: the pod's, the image's, SIGTERM.
  var stopSignal: Int32 {
    get throws(ConfigurationError) {
      if let own = container.lifecycle?.stopSignal {
        guard let number = SignalName.number(own) else {
          throw ConfigurationError("\(field).lifecycle.stopSignal", "\(own) is no signal")
        }
        return number
      }
      guard let name = image.stopSignal, !name.isEmpty else { return SignalName.terminate }
      guard let number = SignalName.number(name) else {
        throw ConfigurationError("\(field).image", "the image's stop signal \(name) is no signal")
      }
      return number
    }
  }
}

extension SignalName {
  /// SIGTERM.
  static let terminate: Int32 = 15
}
