import ArgumentParser

/// Options of every command: where things are, so that several agents and every test can run side by side.
public struct GlobalOptions: ParsableArguments {
  /// The configuration file.
  @Option(help: ArgumentHelp("The configuration file.", valueName: "file"), completion: .file())
  public var config = "/etc/swiftlet/config.yaml"

  /// What outlives a reboot.
  @Option(help: ArgumentHelp("Where images and pods are kept.", valueName: "dir"), completion: .directory)
  public var stateDir = "/var/lib/swiftlet"

  /// What does not.
  @Option(help: ArgumentHelp("Where sockets and running state are kept.", valueName: "dir"), completion: .directory)
  public var runDir = "/run/swiftlet"

  /// The default places.
  public init() {}

  /// The image store below the state directory.
  public var imageStore: String { stateDirectory + "/images" }

  /// What outlives a reboot, as an absolute path.
  public var stateDirectory: String { absolute(stateDir) }

  /// What does not, as an absolute path.
  public var runDirectory: String { absolute(runDir) }

  /// A path as it is meant where the command was given.
  private func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    return WorkingDirectory.path + "/" + path
  }

  /// - Throws: `ValidationError` for an empty path, and for a relative one where there is no working directory any more.
  public func validate() throws {
    for (name, path) in [("config", config), ("state-dir", stateDir), ("run-dir", runDir)] {
      if path.isEmpty { throw ValidationError("--\(name) must not be empty") }
      if !path.hasPrefix("/"), WorkingDirectory.path.isEmpty {
        throw ValidationError("--\(name) \(path): the working directory is gone; use an absolute path")
      }
    }
  }
}
