import Dispatch
import Glibc
import LaunchPlan
import Linux
import Synchronization

/// A connection to a supervisor: requests with their answers, and the ends of processes as they come.
///
/// Bytes of the other side are untrusted: a message that is not in form ends the connection.
public final class ShimConnection: Sendable {
  /// A request on its way.
  private enum Request {
    case sent
    case awaited(CheckedContinuation<Result<ShimAnswer, ShimError>, Never>)
    case answered(Result<ShimAnswer, ShimError>)
  }

  private struct State {
    var nextNumber: Int64 = 1
    var requests: [Int64: Request] = [:]
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
    try await answer(to: send(operation, descriptors: descriptors, seconds: seconds))
  }

  /// Sends a request and returns its number, under which ``answer(to:)`` waits for the answer. Requests are done in the
  /// order in which they were sent, so that one can follow another without a wait between them.
  public func send(
    _ operation: ShimRequest.Operation,
    descriptors: [Int32] = [],
    seconds: Int = 10
  ) -> Int64 {
    let deadline = DispatchTime.now() + .seconds(seconds)
    let (number, look) = state.withLock { state in
      let number = state.nextNumber
      state.nextNumber += 1
      if state.isClosed { return (number, DispatchTime?.none) }
      state.requests[number] = .sent
      return (number, state.deadlines.add(number, at: deadline))
    }
    do throws(SyscallError) {
      let request = ShimRequest(number: number, operation: operation)
      try PacketSocket.send(socket.raw, request.serialized(), descriptors: descriptors)
    } catch {
      finish(number, .failure(error.errno == EPIPE ? .gone : .notSent(error)))
    }
    if let look { lookAtDeadlines(at: look) }
    return number
  }

  private func lookAtDeadlines(at time: DispatchTime) {
    Self.queue.asyncAfter(deadline: time) { [weak self] in
      guard let self else { return }
      let (late, next) = state.withLock { $0.deadlines.look(at: .now()) }
      for number in late { finish(number, .failure(.timedOut)) }
      if let next { lookAtDeadlines(at: next) }
    }
  }

  /// Waits for the answer to a request; it can be taken once.
  public func answer(to number: Int64) async throws(ShimError) -> ShimAnswer {
    let result = await withCheckedContinuation { continuation in
      let known: Result<ShimAnswer, ShimError>? = state.withLock { state in
        switch state.requests[number] {
        case .sent:
          state.requests[number] = .awaited(continuation)
          return nil
        case .answered(let result):
          state.requests[number] = nil
          return result
        case .awaited, nil: return .failure(.gone)
        }
      }
      if let known { continuation.resume(returning: known) }
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

  private func finish(_ number: Int64, _ result: Result<ShimAnswer, ShimError>) {
    let continuation: CheckedContinuation<Result<ShimAnswer, ShimError>, Never>? = state.withLock { state in
      state.deadlines.remove(number)
      switch state.requests[number] {
      case .sent:
        state.requests[number] = .answered(result)
        return nil
      case .awaited(let continuation):
        state.requests[number] = nil
        return continuation
      case .answered, nil: return nil
      }
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
    let (requests, endWaiters) = state.withLock { state in
      defer {
        state.isClosed = true
        state.deadlines.removeAll()
        state.requests = state.requests.filter { if case .answered = $0.value { true } else { false } }
        state.endWaiters = [:]
      }
      return (Array(state.requests.values), state.endWaiters.values.flatMap(\.self))
    }
    source.cancel()
    shutdown(socket.raw, Int32(SHUT_RDWR))
    for case .awaited(let continuation) in requests { continuation.resume(returning: .failure(.gone)) }
    for waiter in endWaiters { waiter.resume(returning: nil) }
  }
}
