import CLinux
import Glibc
import LaunchPlan
import Linux

extension Supervisor {
  /// Does what was asked, or says why not. Answers that must wait for a child are given later.
  func perform(_ request: ShimRequest, _ descriptors: inout DescriptorList, from connection: Connection) {
    let address = ReplyAddress(connection: connection.identifier, number: request.number)
    do throws(Failure) {
      switch request.operation {
      case .sandbox(let plan):
        try makeSandbox(plan, &descriptors, owner: connection.identifier)
        reply(address, .done)
      case .stock(let plan):
        do throws(StepFailure) { stock = try FilesystemStock(plan) } catch { throw error.failure }
        reply(address, .done)
      case .create(let create): try self.create(create, &descriptors, address)
      case .createExternal(let external): try createExternal(external, &descriptors, address)
      case .start(let name): try start(name, address)
      case .signal(let name, let signal, let everyProcess):
        try deliver(signal, to: try container(name), everyProcess: everyProcess)
        reply(address, .done)
      case .exec(let exec): try startSession(exec, &descriptors, address)
      case .killExec(let session):
        try find(session).kill()
        reply(address, .done)
      case .attach(let name): try attach(try container(name), address)
      case .delete(let name): try delete(try container(name), address)
      case .network: try giveNetwork(address)
      case .hold(let container): try hold(container, &descriptors, address)
      case .addMount(let name): try addMount(name, &descriptors, address)
      case .addSubPath(let name, let volume, let path): try addSubPath(path, of: volume, name, address)
      case .removeMount(let name): try removeMount(name, address)
      case .state: replyState(address)
      case .shutDown: beginEnding(graceSeconds: 0, replyTo: address)
      }
    } catch {
      reply(address, .failure(error))
    }
  }

  private func makeSandbox(_ plan: SandboxPlan, _ descriptors: inout DescriptorList, owner: Int) throws(Failure) {
    guard sandbox == nil else { throw Failure(.alreadyExists, step: "make the sandbox", detail: plan.id) }
    guard let pod = descriptors.take(0), let logs = descriptors.take(1), let cgroup = descriptors.take(2),
      let lock = descriptors.take(3)
    else { throw Failure(.malformed, step: "make the sandbox", detail: "four descriptors belong to this request") }
    var network: SharedFD?
    if plan.networkIsGiven {
      guard let given = descriptors.take(4) else {
        throw Failure(.malformed, step: "make the sandbox", detail: "a network namespace belongs to this request")
      }
      network = SharedFD(given)
    }
    do throws(StepFailure) {
      let exits = try step("make the directory of exits") { () throws(SyscallError) in
        try ensureDirectory(pod.raw, "exits")
        return try openDirectory(pod.raw, "exits")
      }
      unneeded = try SandboxSetup.run(plan, network: network?.raw)
      sandbox = Sandbox(plan: plan, podDirectory: pod, exits: exits, logs: logs, cgroup: cgroup, lock: lock)
    } catch {
      throw error.failure
    }
    self.owner = owner
  }

  // MARK: Containers

  private func create(
    _ request: CreateContainer,
    _ descriptors: inout DescriptorList,
    _ address: ReplyAddress
  ) throws(Failure) {
    try refuseWhileEnding()
    guard let memory = descriptors.take(0), let cgroup = descriptors.take(1) else {
      throw Failure(.malformed, step: "create", detail: "a plan and a cgroup belong to this request")
    }
    let filter = try readFilter(request.filter ? descriptors.take(2) : nil, expected: request.filter)
    let plan = try readPlan(memory.raw)
    do throws(StepFailure) {
      let streams = try step("make the standard streams") { () throws(SyscallError) in
        try request.terminal
          ? StandardStreams.terminal() : StandardStreams.pipes(stdin: request.stdin, null: null.file.raw)
      }
      let process = try prepare(
        request,
        role: .container(stopSignal: request.stopSignal),
        cgroup,
        streams.outer,
        address
      )
      let stocked = stock?.take(for: plan) ?? StockedFilesystems()
      process.milestones = [Clock.monotonicNanoseconds()]
      let child = try Launch.container(
        plan,
        filter: filter,
        cgroup: process.cgroup.directory.raw,
        streams: streams.inner,
        stock: stocked
      )
      follow(process, child)
    } catch {
      throw error.failure
    }
  }

  /// Everything of a container that is not its process: cgroup, log file, the outer ends of its streams.
  func prepare(
    _ request: CreateContainer,
    role: SupervisedProcess.Role,
    _ cgroup: consuming OwnedFD,
    _ outer: StandardStreams.Outer,
    _ address: ReplyAddress
  ) throws(StepFailure) -> SupervisedProcess {
    let ends = OuterEnds(outer)
    guard let sandbox = try sandboxDescriptors() else {
      throw StepFailure(step: "find the sandbox", errno: ENOENT, detail: request.container)
    }
    if processes[request.container] != nil {
      throw StepFailure(step: "create", errno: EEXIST, detail: request.container)
    }
    let own: ProcessCgroup
    do throws(SyscallError) {
      own = try ProcessCgroup(cgroup, parent: sandbox.cgroup, name: request.container)
    } catch {
      throw StepFailure(step: "open the cgroup", errno: error.errno, detail: request.container)
    }
    let file = try step("open the log file", request.logFile) { () throws(SyscallError) in
      try LogFile(sandbox.logs, path: request.logFile, largest: request.logFileBytes, files: request.logFiles)
    }
    let process = SupervisedProcess(
      name: request.container,
      role: role,
      cgroup: own,
      pump: try step("set up logging") { () throws(SyscallError) in
        LogPump(file: file, streams: try ends.logStreams())
      },
      replyTo: address
    )
    process.input = ends.takeInput()
    process.terminal = ends.takeTerminal()
    return process
  }

  private func sandboxDescriptors() throws(StepFailure) -> (cgroup: Int32, logs: Int32)? {
    switch sandbox {
    case .some(let sandbox): (sandbox.cgroup.raw, sandbox.logs.raw)
    case .none: nil
    }
  }

  func refuseWhileEnding() throws(Failure) {
    if ending != nil { throw Failure(.wrongState, step: "ending", detail: "the sandbox is being ended") }
  }

  private func readPlan(_ memory: Int32) throws(Failure) -> LaunchPlan {
    let bytes = try sealedBytes(memory, "read the plan")
    do throws(MalformedMessage) { return try LaunchPlan(parsing: bytes) } catch {
      throw Failure(.malformed, step: "read the plan", detail: "\(error)")
    }
  }

  private func sealedBytes(_ memory: Int32, _ step: String) throws(Failure) -> [UInt8] {
    do throws(SyscallError) { return try readSealed(memory, limit: 1 << 20) } catch {
      throw Failure(.malformed, step: step, errno: error.errno, detail: "a sealed memfd of at most 1 MiB was expected")
    }
  }

  /// Whole instructions of eight bytes, as many as the kernel takes (BPF_MAXINSNS).
  private func readFilter(_ memory: consuming OwnedFD?, expected: Bool) throws(Failure) -> [UInt8] {
    guard expected else { return [] }
    guard let memory else { throw Failure(.malformed, step: "read the filter", detail: "no filter came") }
    let bytes = try sealedBytes(memory.raw, "read the filter")
    guard !bytes.isEmpty, bytes.count % 8 == 0, bytes.count / 8 <= 4096 else {
      throw Failure(.malformed, step: "read the filter", detail: "1 to 4096 instructions of 8 bytes were expected")
    }
    return bytes
  }

  private func start(_ name: String, _ address: ReplyAddress) throws(Failure) {
    let process = try container(name)
    try refuseWhileEnding()
    guard case .created = process.state else {
      throw Failure(.wrongState, step: process.stateName, detail: name)
    }
    let now = Clock.monotonicNanoseconds()
    process.milestones.append(now)
    process.awaitedSince = now
    process.state = .starting(address)
    if case .external(_, let external) = process.role {
      do throws(Failure) { return try startExternal(process, external) } catch {
        process.state = .created
        throw error
      }
    }
    // If the child has gone this fails, and its end is seen in a moment.
    if let permission = process.permission?.raw { _ = write(permission, "G", 1) }
    process.permission = nil
  }

  private func deliver(_ signal: Int32, to process: SupervisedProcess, everyProcess: Bool) throws(Failure) {
    if process.hasEnded { throw Failure(.wrongState, step: process.stateName, detail: process.name) }
    if everyProcess {
      guard signal == SIGKILL else {
        throw Failure(.malformed, step: "signal every process", detail: "only SIGKILL can be sent to a whole cgroup")
      }
      process.kill()
      return
    }
    guard let pidfd = process.process?.raw else {
      throw Failure(.wrongState, step: process.stateName, detail: process.name)
    }
    do throws(SyscallError) { try PidFD.signal(pidfd, signal) } catch {
      throw Failure(.step, step: "pidfd_send_signal", errno: error.errno, detail: process.name)
    }
  }

  private func delete(_ process: SupervisedProcess, _ address: ReplyAddress) throws(Failure) {
    switch process.state {
    case .ended: break
    case .created:
      // Never allowed to run: it ends without having done anything, and is gone when the answer is given.
      process.kill()
      process.deletion = address
      return
    default: throw Failure(.wrongState, step: process.stateName, detail: process.name)
    }
    process.deletion = address
    do throws(Failure) { try remove(process, address) } catch {
      process.deletion = nil
      throw error
    }
  }

  // MARK: Sessions

  private func startSession(
    _ request: StartExec,
    _ descriptors: inout DescriptorList,
    _ address: ReplyAddress
  ) throws(Failure) {
    try refuseWhileEnding()
    let target = try container(request.container)
    guard case .running = target.state, let container = target.process?.raw, case .container = target.role else {
      throw Failure(.wrongState, step: target.stateName, detail: request.container)
    }
    guard let memory = descriptors.take(0) else {
      throw Failure(.malformed, step: "exec", detail: "a plan belongs to this request")
    }
    if processes[request.session] != nil {
      throw Failure(.alreadyExists, step: "exec", detail: request.session)
    }
    try refuseWhileManyAreHeld()
    let filter = try readFilter(request.filter ? descriptors.take(1) : nil, expected: request.filter)
    let bytes = try sealedBytes(memory.raw, "read the plan")
    let plan: ProcessStep
    do throws(MalformedMessage) { plan = try ProcessStep(parsing: bytes) } catch {
      throw Failure(.malformed, step: "read the plan", detail: "\(error)")
    }
    do throws(StepFailure) {
      try launchSession(request, plan, filter, target, container, address)
    } catch {
      throw error.failure
    }
  }

  private func launchSession(
    _ request: StartExec,
    _ plan: ProcessStep,
    _ filter: [UInt8],
    _ target: SupervisedProcess,
    _ container: Int32,
    _ address: ReplyAddress
  ) throws(StepFailure) {
    let cgroup = try step("make the session's cgroup", request.session) { () throws(SyscallError) in
      try ProcessCgroup.make(below: target.cgroup.directory.raw, name: "exec-" + request.session)
    }
    do throws(StepFailure) {
      let streams = try step("make the standard streams") { () throws(SyscallError) in
        guard request.terminal else { return try StandardStreams.pipes(stdin: request.stdin, null: null.file.raw) }
        let root = try openAt(AT_FDCWD, "/proc/\(target.pid)/root", openPathOnly | O_DIRECTORY)
        return try StandardStreams.terminal(inRoot: root.raw)
      }
      let ends = OuterEnds(streams.outer)
      let child = try Launch.session(
        plan,
        filter: filter,
        container: container,
        cgroup: cgroup.directory.raw,
        streams: streams.inner
      )
      let deadline = request.timeout.map { Clock.monotonicNanoseconds() + Int64(clamping: $0) * 1_000_000_000 }
      let process = SupervisedProcess(
        name: request.session,
        role: .session(deadline: deadline),
        cgroup: cgroup,
        pump: nil,
        replyTo: address
      )
      process.streams = ends
      follow(process, child)
    } catch {
      // A helper that died half-way may have left a process that nobody knows.
      cgroup.kill()
      cgroup.waitUntilEmpty(milliseconds: 1000)
      reapUnfollowed()
      // Left to the removal of the container above it if something keeps it busy.
      try? cgroup.remove()
      throw error
    }
  }

  // MARK: Looking things up

  func find(_ name: String) throws(Failure) -> SupervisedProcess {
    guard let process = processes[name] else { throw Failure(.notFound, step: "find", detail: name) }
    return process
  }

  func container(_ name: String) throws(Failure) -> SupervisedProcess {
    let process = try find(name)
    if process.isSession { throw Failure(.notFound, step: "find a container", detail: name) }
    return process
  }

  private func follow(_ process: SupervisedProcess, _ child: consuming LaunchedChild) {
    process.pid = child.pid
    process.process = consume child.process
    process.status = consume child.status
    process.permission = consume child.permission
    processes[process.name] = process
    if !process.isSession { order.append(process.name) }
  }

  private func attach(_ process: SupervisedProcess, _ address: ReplyAddress) throws(Failure) {
    guard let pump = process.pump else { throw Failure(.wrongState, step: process.stateName, detail: process.name) }
    var roles: [ShimReply.DescriptorRole] = []
    var given: [Int32] = []
    defer { for descriptor in given { close(descriptor) } }
    do throws(SyscallError) {
      if let input = process.input.take() {
        roles.append(.input)
        given.append(input.release())
      }
      if let terminal = try process.terminal?.duplicate() {
        roles.append(.terminal)
        given.append(terminal.release())
      }
      for (stream, role) in zip(pump.streams, [ShimReply.DescriptorRole.output, .errorOutput]) where stream.isOpen {
        let pipe = try Pipe()
        try setNonBlocking(pipe.writer.raw)
        stream.attached = consume pipe.writer
        roles.append(role)
        given.append(pipe.reader.release())
      }
    } catch {
      throw Failure(.step, step: "attach", errno: error.errno, detail: process.name)
    }
    reply(
      address,
      .process(pid: process.pid, startedAt: process.startedAt, launch: nil, descriptors: roles),
      descriptors: given
    )
  }

  private func replyState(_ address: ReplyAddress) {
    var records: [ContainerRecord] = []
    var unfollowed: [ContainerRecord] = []
    var pidfds: [Int32] = []
    for name in order {
      guard let process = processes[name] else { continue }
      if case .ended(let end) = process.state {
        records.append(ContainerRecord(container: name, pid: 0, startedAt: end.startedAt, end: end))
      } else {
        let record = ContainerRecord(container: name, pid: process.pid, startedAt: process.startedAt, end: nil)
        // Descriptors belong to the first records, in order: what has none comes last.
        guard let pidfd = process.process?.raw, pidfds.count < Int(LX_MAX_FDS) else {
          unfollowed.append(record)
          continue
        }
        records.append(record)
        pidfds.append(pidfd)
      }
    }
    reply(address, .state(records + unfollowed), descriptors: pidfds)
  }
}
