import Cgroups
import Glibc
import LaunchPlan
import Linux
import RuntimeAPI
import ShimClient
import StateStore
import Supervision
import Synchronization

extension NativeSandbox {
  /// First phase of a start.
  func create(
    _ configuration: ContainerConfiguration,
    _ planning: ContainerPlanning,
    filter: [UInt8]?
  ) async throws(RuntimeError) -> ContainerStatus {
    let id = configuration.id
    let name = id.localName
    try base.refuseKnown(id)
    let bytes = planning.plan.serialized()
    try Failures.host("record the plan", name) { () throws(SyscallError) in
      try RecordedLaunch(bytes, filter).write(to: base.directory.plans, as: name)
    }
    let group = SharedFD(
      try Failures.cgroup("make the container's cgroup") { () throws(CgroupError) in
        try base.cgroup.makeContainer(
          name,
          settings: planning.settings,
          devices: planning.devices,
          loadedBy: programs
        )
      }
    )
    do throws(RuntimeError) {
      return try await send(configuration, planning, bytes, filter, group)
    } catch {
      // Nothing of a container that was not created is left; what fails here is left to the sandbox's removal.
      forget(id)
      rmdir("\(base.cgroup.path)/\(name)")
      throw error
    }
  }

  private func send(
    _ configuration: ContainerConfiguration,
    _ planning: ContainerPlanning,
    _ bytes: [UInt8],
    _ filter: [UInt8]?,
    _ group: SharedFD
  ) async throws(RuntimeError) -> ContainerStatus {
    let id = configuration.id
    let request = CreateContainer(
      container: id.localName,
      logFile: configuration.streams.logFile,
      logFileBytes: configuration.streams.logFileBytes,
      logFiles: configuration.streams.logFiles,
      stdin: configuration.streams.stdin,
      terminal: planning.plan.process.terminal,
      stopSignal: configuration.stopSignal,
      filter: filter != nil
    )
    var memories = [try Self.sealed(bytes, "plan")]
    if let filter { memories.append(try Self.sealed(filter, "filter")) }
    var descriptors = [memories[0].raw, group.raw]
    if memories.count > 1 { descriptors.append(memories[1].raw) }
    let answer = try await base.ask(.create(request), descriptors: descriptors, "create", "\(id)", seconds: 30)
    withExtendedLifetime((memories, group)) {}
    let status = try base.note(id, created: answer)
    launched.withLock { $0[id] = Launched(step: planning.plan.process, filter: filter) }
    return status
  }

  /// Forgets how a container was launched.
  func forget(_ id: ContainerID) {
    launched.withLock { _ = $0.removeValue(forKey: id) }
    RecordedLaunch.remove(from: base.directory.plans, id.localName)
  }

  /// The container's streams.
  func attach(to id: ContainerID) async throws(RuntimeError) -> Attachment {
    let answer = try await base.ask(.attach(container: id.localName), "attach to", "\(id)")
    return try Self.attachment(answer, "\(id)")
  }

  /// Another process.
  func exec(_ request: ExecRequest, in id: ContainerID) async throws(RuntimeError) -> any ExecSession {
    guard base.knows(id) else { throw .notFound("\(id)") }
    let container = try launched(id)
    let step = try ProcessPlanning.step(exec: request.process, in: container.step)
    let session = nextSession()
    var memories = [try Self.sealed(step.serialized(), "exec")]
    if let filter = container.filter { memories.append(try Self.sealed(filter, "filter")) }
    let start = StartExec(
      container: id.localName,
      session: session,
      stdin: request.stdin,
      terminal: step.terminal,
      filter: container.filter != nil,
      timeout: request.timeout
    )
    let answer = try await base.ask(.exec(start), descriptors: memories.map(\.raw), "exec in", "\(id)")
    withExtendedLifetime(memories) {}
    return NativeExecSession(
      name: session,
      streams: try Self.attachment(answer, "\(id)"),
      connection: base.connection,
      container: "\(id)"
    )
  }

  /// How a container was launched; what an earlier agent launched is read from the plan that it left.
  private func launched(_ id: ContainerID) throws(RuntimeError) -> Launched {
    if let known = launched.withLock({ $0[id] }) { return known }
    let path = "\(base.directory.plans)/\(id.localName)"
    let record = try Failures.host("read the container's plan", path) { () throws(SyscallError) in
      try RecordedLaunch(from: base.directory.plans, as: id.localName)
    }
    let step: ProcessStep
    do throws(MalformedMessage) { step = try LaunchPlan(parsing: record.plan).process } catch {
      throw .failed(step: "read the container's plan", errno: 0, detail: "\(path): \(error)")
    }
    let known = Launched(step: step, filter: record.filter)
    launched.withLock { $0[id] = known }
    return known
  }

  private static func sealed(_ bytes: [UInt8], _ name: String) throws(RuntimeError) -> SharedFD {
    SharedFD(try Failures.host("seal", name) { () throws(SyscallError) in try sealBytes(bytes, name: name) })
  }

  static func attachment(_ answer: ShimAnswer, _ subject: String) throws(RuntimeError) -> Attachment {
    guard case .process(_, _, _, let roles) = answer.reply, roles.count == answer.descriptors.count else {
      throw .sandboxLost(subject)
    }
    var own: [ShimReply.DescriptorRole: Int32] = [:]
    for (role, descriptor) in zip(roles, answer.descriptors) {
      own[role] = try Failures.host("duplicate a stream") { () throws(SyscallError) in
        try descriptor.duplicate().release()
      }
    }
    let terminal = own[.terminal] ?? -1
    return Attachment(
      input: own[.input] ?? terminal,
      output: own[.output] ?? terminal,
      errorOutput: own[.errorOutput] ?? -1,
      terminal: terminal
    )
  }
}
