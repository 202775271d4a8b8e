import CLinux
import Glibc
import LaunchPlan
import Linux

/// The supervisor of one pod: one thread, one loop, no callbacks.
///
/// It answers requests, follows its children through pidfds, carries their output to log files, and keeps the record of
/// every exit. It trusts neither the agent's bytes nor anything from a container.
final class Supervisor {
  private let listener: OwnedFD
  private let termination: OwnedFD
  /// `/dev/null` as containers get it.
  let null: ContainerNullDevice
  var sandbox: Sandbox?
  var processes: [String: SupervisedProcess] = [:]
  /// Container names in the order of their creation.
  var order: [String] = []
  /// Open files whose locks protect what a container uses, by its name.
  var held: [String: SharedFD] = [:]
  /// What is closed when there is nothing else to do.
  var unneeded: [SharedFD] = []
  /// What is made for containers to come.
  var stock: FilesystemStock?
  private var connections: [Int: Connection] = [:]
  private var nextConnection = 0
  /// The connection that made the sandbox.
  var owner: Int?
  var ending: Ending?
  /// Children whose end is known and which the kernel does not let go yet (``heldEnd(of:)``).
  var unreaped: [SharedFD] = []
  /// Where ends of children are announced, once orphans of command lines are ours to reap.
  var childSignals: OwnedFD?

  /// What belongs to the sandbox itself.
  struct Sandbox: ~Copyable {
    let plan: SandboxPlan
    let podDirectory: OwnedFD
    let exits: OwnedFD
    let logs: OwnedFD
    let cgroup: OwnedFD
    /// Held as long as this process lives: whoever finds it free knows that the supervisor is gone.
    let lock: OwnedFD
  }

  /// The end of everything.
  struct Ending {
    /// Monotonic nanoseconds after which SIGKILL is sent; `nil` once it was.
    var deadline: Int64?
    var replyTo: ReplyAddress?
  }

  /// Takes the listening socket.
  init(listener: consuming OwnedFD) throws(SyscallError) {
    // What was ignored where we come from would stay ignored in every container.
    try check("rt_sigaction") { lx_reset_signals() }
    // Listening again makes the supervisor, not whoever bound the socket, the peer that a later agent sees.
    try check("listen") { [raw = listener.raw] in listen(raw, 16) }
    self.listener = listener
    termination = OwnedFD(try check("signalfd") { lx_termination_signals() })
    null = try ContainerNullDevice()
  }

  /// Runs until everything has ended.
  func run() -> Never {
    while true {
      var set = pollSet()
      let isBusy = hasIdleWork && ending == nil
      let ready = set.wait(milliseconds: isBusy ? 0 : timeout())
      if isBusy && ready.isEmpty { doIdleWork() }
      for source in ready { handle(source) }
      for connection in connections.values where connection.isBroken { disconnect(connection.identifier) }
      checkDeadlines()
      reapOrphans()
      if finishIfEnded() { lx_exit(0) }
    }
  }

  private var hasIdleWork: Bool { stock?.isIncomplete == true || !unneeded.isEmpty }

  /// A little of what nobody waits for.
  private func doIdleWork() {
    if stock?.isIncomplete == true { stock?.makeNext() } else { unneeded = [] }
  }

  private func pollSet() -> PollSet {
    var set = PollSet()
    set.add(listener.raw, POLLIN, .listener)
    set.add(termination.raw, POLLIN, .termination)
    if let signals = childSignals?.raw { set.add(signals, POLLIN, .children) }
    for (identifier, connection) in connections { set.add(connection.socket.raw, POLLIN, .connection(identifier)) }
    for (name, process) in processes {
      if let status = process.status?.raw { set.add(status, POLLIN, .process(name, .status)) }
      if let command = process.command?.process.raw { set.add(command, POLLIN, .process(name, .command)) }
      switch process.state {
      case .draining: set.add(process.cgroup.events.raw, POLLPRI, .process(name, .cgroup))
      case .ended: break
      // Not before the command that starts it has told how that went.
      case .starting where process.command != nil: break
      default: if let pidfd = process.process?.raw { set.add(pidfd, POLLIN, .process(name, .end)) }
      }
      for (index, stream) in (process.pump?.streams ?? []).enumerated() {
        if process.pump?.isReadable(stream) == true {
          set.add(stream.descriptor.raw, POLLIN, .output(name, index))
        }
        if let attached = stream.attached?.raw, !stream.undelivered.isEmpty {
          set.add(attached, POLLOUT, .attached(name, index))
        }
      }
    }
    return set
  }

  private func handle(_ source: PollSet.Source) {
    switch source {
    case .listener: accept()
    // Orphans are reaped at the end of every round.
    case .children: break
    case .termination:
      var ignored = [UInt8](repeating: 0, count: 128)
      // The signal is known; only its queue entry is emptied.
      _ = read(termination.raw, &ignored, ignored.count)
      beginEnding(graceSeconds: sandbox?.plan.graceAfterOwner ?? 0, replyTo: nil)
    case .connection(let identifier): receive(identifier)
    case .process(let name, let event):
      guard let process = processes[name] else { return }
      switch event {
      case .status: readStatus(process)
      case .end: reap(process)
      case .cgroup: finishIfDrained(process)
      case .command: finishCommand(process)
      }
    case .output(let name, let index):
      guard let pump = processes[name]?.pump else { return }
      pump.read(pump.streams[index])
    case .attached(let name, let index):
      guard let pump = processes[name]?.pump else { return }
      pump.deliver(pump.streams[index])
    }
  }

  // MARK: Connections

  private func accept() {
    do throws(SyscallError) {
      let socket = try PacketSocket.accept(listener.raw)
      // Only root may talk to a supervisor; a container's root on the host's network finds no abstract socket either
      // (CVE-2020-15257).
      if try PacketSocket.peer(of: socket.raw).uid != 0 { return }
      try setNonBlocking(socket.raw)
      connections[nextConnection] = Connection(identifier: nextConnection, socket: socket)
      nextConnection += 1
    } catch {
      // The peer went away before it was accepted.
    }
  }

  private func receive(_ identifier: Int) {
    guard let connection = connections[identifier] else { return }
    do throws(SyscallError) {
      var packet = try PacketSocket.receive(connection.socket.raw)
      if packet.bytes.isEmpty { return disconnect(identifier) }
      do throws(MalformedMessage) {
        let request = try ShimRequest(parsing: packet.bytes)
        perform(request, &packet.descriptors, from: connection)
      } catch {
        connection.send(.reply(number: 0, .failure(Failure(.malformed, step: "read the request", detail: "\(error)"))))
      }
    } catch {
      if error.errno != EAGAIN { disconnect(identifier) }
    }
  }

  private func disconnect(_ identifier: Int) {
    connections[identifier] = nil
    // Whoever started it died before there was anything to supervise, and nobody else would ever end it.
    if sandbox == nil && connections.isEmpty { lx_exit(0) }
    guard identifier == owner else { return }
    owner = nil
    if let grace = sandbox?.plan.graceAfterOwner { beginEnding(graceSeconds: grace, replyTo: nil) }
  }

  /// Answers a request whose outcome is known.
  func reply(_ address: ReplyAddress, _ reply: ShimReply, descriptors: [Int32] = []) {
    connections[address.connection]?.send(.reply(number: address.number, reply), descriptors: descriptors)
  }

  /// Tells everybody who is connected.
  func announce(_ end: ProcessEnd) {
    for connection in connections.values { connection.send(.ended(end)) }
  }
}
