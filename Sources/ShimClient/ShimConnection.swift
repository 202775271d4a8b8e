import Dispatch
import Glibc
import LaunchPlan
import Linux
import Synchronization

/// A connection to a supervisor: requests with their answers, and the ends of processes as they come.
///
/// Bytes of the other side are untrusted: a message that is not in form ends the connection.
public final class ShimConnection: Sendable {
  private struct State {
    var nextNumber: Int64 = 1
    var waiting: [Int64: CheckedContinuation<Result<ShimAnswer, ShimError>, Never>] = [:]
    var deadlines = Deadlines()
    var ends: [String: ProcessEnd] = [:]
    var endWaiters: [String: [CheckedContinuation<ProcessEnd?, Never>]] = [:]
    var isClosed = false
  }

  private let socket: SharedFD
  // Dispatch sources may be used from any thread; the protocol only lacks the annotation.
  private nonisolated(unsafe) let source: any DispatchSourceRead
  private let state: Mutex<State>
  private static let queue = DispatchQueue(label: "swiftlet.shim", attributes: .concurrent)

  /// Takes a connected socket.
  public init(socket: consuming OwnedFD) throws(SyscallError) {
    let socket = SharedFD(socket)
    self.socket = socket
    state = Mutex(State())
    try setNonBlocking(socket.raw)
    source = DispatchSource.makeReadSource(
      fileDescriptor: socket.raw,
      queue: DispatchQueue(label: "swiftlet.shim.read", target: Self.queue)
    )
    source.setEventHandler { [weak self] in self?.receive() }
    // The descriptor lives as long as the source watches it: closed earlier, its number could be somebody else's.
    source.setCancelHandler { withExtendedLifetime(socket) {} }
    source.resume()
  }

  deinit { close() }

  /// Sends a request and waits for its answer, at most `seconds`.
  public func request(
    _ operation: ShimRequest.Operation,
    descriptors: [Int32] = [],
    seconds: Int = 10
  ) async throws(ShimError) -> ShimAnswer {
    let result = await withCheckedContinuation { continuation in
      send(operation, descriptors, seconds, continuation)
    }
    let answer = try result.get()
    if case .failure(let failure) = answer.reply { throw .refused(failure) }
    return answer
  }

  /// Sends a request whose answer nobody waits for. One that cannot be sent is one that was not made.
  public func tell(_ operation: ShimRequest.Operation) {
    let number: Int64? = state.withLock { state in
      if state.isClosed { return nil }
      defer { state.nextNumber += 1 }
      return state.nextNumber
    }
    guard let number else { return }
    // A supervisor that is gone is noticed by whoever needs an answer.
    try? PacketSocket.send(socket.raw, ShimRequest(number: number, operation: operation).serialized())
  }

  private func send(
    _ operation: ShimRequest.Operation,
    _ descriptors: [Int32],
    _ seconds: Int,
    _ continuation: CheckedContinuation<Result<ShimAnswer, ShimError>, Never>
  ) {
    let deadline = DispatchTime.now() + .seconds(seconds)
    let sent: (number: Int64, look: DispatchTime?)? = state.withLock { state in
      if state.isClosed { return nil }
      let number = state.nextNumber
      state.nextNumber += 1
      state.waiting[number] = continuation
      return (number, state.deadlines.add(number, at: deadline))
    }
    guard let (number, look) = sent else { return continuation.resume(returning: .failure(.gone)) }
    do throws(SyscallError) {
      let request = ShimRequest(number: number, operation: operation)
      try PacketSocket.send(socket.raw, request.serialized(), descriptors: descriptors)
    } catch {
      return finish(number, .failure(error.errno == EPIPE ? .gone : .notSent(error)))
    }
    if let look { lookAtDeadlines(at: look) }
  }

  private func lookAtDeadlines(at time: DispatchTime) {
    Self.queue.asyncAfter(deadline: time) { [weak self] in
      guard let self else { return }
      let (late, next) = state.withLock { $0.deadlines.look(at: .now()) }
      for number in late { finish(number, .failure(.timedOut)) }
      if let next { lookAtDeadlines(at: next) }
    }
  }

  private func finish(_ number: Int64, _ result: Result<ShimAnswer, ShimError>) {
    let continuation = state.withLock { state in
      state.deadlines.remove(number)
      return state.waiting.removeValue(forKey: number)
    }
    continuation?.resume(returning: result)
  }

  /// Waits for the end of a container or session; `nil` if the supervisor goes first. Repeating it gives the same answer.
  public func end(of name: String) async -> ProcessEnd? {
    await withCheckedContinuation { continuation in
      let known: ProcessEnd?? = state.withLock { state in
        if let end = state.ends[name] { return .some(end) }
        if state.isClosed { return .some(nil) }
        state.endWaiters[name, default: []].append(continuation)
        return nil
      }
      if let known { continuation.resume(returning: known) }
    }
  }

  /// Takes note of an end that the state or a record told of.
  public func note(_ end: ProcessEnd) {
    let waiters = state.withLock { state in
      state.ends[end.name] = end
      return state.endWaiters.removeValue(forKey: end.name) ?? []
    }
    for waiter in waiters { waiter.resume(returning: end) }
  }

  /// Forgets the end of a process whose name may be used again; whoever still waits for it is told that there is none.
  public func forget(_ name: String) {
    let waiters = state.withLock { state in
      state.ends.removeValue(forKey: name)
      return state.endWaiters.removeValue(forKey: name) ?? []
    }
    for waiter in waiters { waiter.resume(returning: nil) }
  }

  /// Whether the supervisor has gone.
  public var isClosed: Bool { state.withLock { $0.isClosed } }

  private func receive() {
    while true {
      do throws(SyscallError) {
        var packet = try PacketSocket.receive(socket.raw)
        if packet.bytes.isEmpty { return close() }
        var descriptors: [SharedFD] = []
        for index in 0..<packet.descriptors.count {
          if let descriptor = packet.descriptors.take(index) { descriptors.append(SharedFD(descriptor)) }
        }
        // Whatever is wrong with it, a peer that breaks the protocol is let go.
        guard let message = try? ShimMessage(parsing: packet.bytes) else { return close() }
        handle(message, descriptors)
      } catch {
        if error.errno != EAGAIN { close() }
        return
      }
    }
  }

  private func handle(_ message: ShimMessage, _ descriptors: [SharedFD]) {
    switch message {
    case .ended(let end): note(end)
    case .reply(let number, let reply):
      finish(number, .success(ShimAnswer(reply: reply, descriptors: descriptors)))
    }
  }

  /// Ends the connection; everybody who waits is told.
  public func close() {
    let (waiting, endWaiters) = state.withLock { state in
      defer {
        state.isClosed = true
        state.waiting = [:]
        state.deadlines.removeAll()
        state.endWaiters = [:]
      }
      return (Array(state.waiting.values), state.endWaiters.values.flatMap(\.self))
    }
    source.cancel()
    shutdown(socket.raw, Int32(SHUT_RDWR))
    for continuation in waiting { continuation.resume(returning: .failure(.gone)) }
    for waiter in endWaiters { waiter.resume(returning: nil) }
  }
}
