import Cgroups
import Glibc
import Linux
import RuntimeAPI

/// A sandbox and its containers, in the words that cases use.
final class TestSandbox: Sendable {
  let context: ConformanceContext
  let configuration: SandboxConfiguration
  let status: SandboxStatus
  var id: SandboxID { configuration.id }
  var cgroup: String { PodCgroup(context.world.hierarchy, pod: "\(id)").path }

  init(context: ConformanceContext, configuration: SandboxConfiguration, status: SandboxStatus) {
    self.context = context
    self.configuration = configuration
    self.status = status
  }

  /// How a container ended and what it wrote.
  struct Finished {
    var exit: ContainerExit
    var log: LogText
  }

  func container(_ name: String, attempt: Int = 0) throws -> ContainerID {
    guard let id = ContainerID(sandbox: id, name: name, attempt: attempt) else {
      throw ConformanceFailure(expected: "\(name) to be a container's name", seen: "it is none")
    }
    return id
  }

  /// A configuration with an overlay of its own.
  func configure(
    _ name: String = "main",
    _ arguments: [String],
    attempt: Int = 0,
    edit: (inout ContainerConfiguration) -> Void = { _ in }
  ) throws -> ContainerConfiguration {
    let id = try container(name, attempt: attempt)
    // overlayfs refuses a volatile layer that was used before, so that each has its own.
    var generator = SystemRandomNumberGenerator()
    let own = "\(context.world.directory)/state/\(self.id)/\(UInt64.random(in: .min ... .max, using: &generator))"
    for name in ["", "/upper", "/work"] { try ensureDirectory(AT_FDCWD, own + name, mode: 0o755) }
    var configuration = ContainerConfiguration(
      id: id,
      specification: TestSpecification.make(
        arguments,
        shared: context.world.shared,
        sharedMemory: status.sharedMemoryPath,
        processes: self.configuration.namespaces.processes
      ),
      rootFilesystem: .overlay(layers: [context.world.layer], upper: own + "/upper", work: own + "/work"),
      streams: ContainerStreams(logFile: "\(name)/\(attempt).log")
    )
    edit(&configuration)
    return configuration
  }

  /// Creates a container that runs a program.
  @discardableResult
  func create(
    _ name: String = "main",
    _ arguments: [String],
    attempt: Int = 0,
    edit: (inout ContainerConfiguration) -> Void = { _ in }
  ) async throws -> ContainerID {
    let configuration = try configure(name, arguments, attempt: attempt, edit: edit)
    let status = try await context.runtime.create(configuration)
    guard case .created(let pid) = status.state, pid > 1, status.id == configuration.id else {
      throw ConformanceFailure(expected: "a created container with a process", seen: "\(status)")
    }
    return configuration.id
  }

  /// Creates a container that runs a shell script.
  @discardableResult
  func create(
    _ name: String = "main",
    script: String,
    attempt: Int = 0,
    edit: (inout ContainerConfiguration) -> Void = { _ in }
  ) async throws -> ContainerID {
    try await create(name, ["/bin/sh", "-c", script], attempt: attempt, edit: edit)
  }

  @discardableResult
  func start(_ id: ContainerID) async throws -> Int32 {
    let status = try await context.runtime.start(id)
    guard case .running(let pid, _) = status.state else {
      throw ConformanceFailure(expected: "a running container", seen: "\(status)")
    }
    return pid
  }

  func wait(_ id: ContainerID) async throws -> ContainerExit { try await context.runtime.wait(for: id) }

  /// Starts a container that was created.
  @discardableResult
  func launch(
    _ name: String = "main",
    script: String,
    attempt: Int = 0,
    edit: (inout ContainerConfiguration) -> Void = { _ in }
  ) async throws -> ContainerID {
    let id = try await create(name, script: script, attempt: attempt, edit: edit)
    try await start(id)
    return id
  }

  /// Runs a script to its end.
  func run(
    _ name: String = "main",
    script: String,
    attempt: Int = 0,
    edit: (inout ContainerConfiguration) -> Void = { _ in }
  ) async throws -> Finished {
    let id = try await launch(name, script: script, attempt: attempt, edit: edit)
    let exit = try await wait(id)
    return Finished(exit: exit, log: try log(id))
  }

  /// Runs a script that must end with 0, and returns the lines of its output.
  func lines(
    _ name: String = "main",
    script: String,
    attempt: Int = 0,
    edit: (inout ContainerConfiguration) -> Void = { _ in }
  ) async throws -> [String] {
    let finished = try await run(name, script: script, attempt: attempt, edit: edit)
    try expect(
      finished.exit.outcome == .exited(code: 0),
      "'\(script)' to end with 0",
      seen: "\(finished.exit.outcome), output '\(finished.log.output)', error '\(finished.log.errorOutput)'"
    )
    return finished.log.lines
  }

  func log(_ id: ContainerID) throws -> LogText {
    try LogText(directory: configuration.logDirectory, file: "\(id.name)/\(id.attempt).log")
  }

  /// Waits until a container has written a line.
  func waitForLine(_ line: String, in id: ContainerID) async throws {
    try await eventually(
      "\(id) to write '\(line)'",
      seen: { try log(id).output + log(id).errorOutput },
      { try log(id).lines.contains(line) }
    )
  }

  /// Whether a container's cgroup exists.
  func hasCgroup(_ id: ContainerID) -> Bool { access("\(cgroup)/\(id.localName)", F_OK) == 0 }

  /// The processes in a container's cgroup and below it.
  func processes(_ id: ContainerID) throws -> [Int32] {
    try LeakSnapshot.processes(below: "\(cgroup)/\(id.localName)")
  }
}

extension TestSandbox {
  /// Puts a symbolic link where a container's log file is to be.
  func link(_ target: String, at name: String, in container: String) throws {
    let folder = "\(configuration.logDirectory)/\(container)"
    try ensureDirectory(AT_FDCWD, folder)
    try check("symlink") { symlink(target, "\(folder)/\(name)") }
  }

  func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
