import LaunchPlan
import Linux
import RuntimeAPI
import ShimClient
import Synchronization

extension SupervisedSandbox {
  /// Throws where a container of that name is known.
  public func refuseKnown(_ id: ContainerID) throws(RuntimeError) {
    if containers.withLock({ $0[id] != nil }) { throw .alreadyExists("\(id)") }
  }

  /// Takes note of a container that the supervisor's answer says it made.
  public func note(_ id: ContainerID, created answer: ShimAnswer) throws(RuntimeError) -> ContainerStatus {
    guard case .process(let pid, _, _, _) = answer.reply, let process = answer.descriptors.first else {
      throw .sandboxLost("sandbox \(self.id)")
    }
    let container = Container(process: process, pid: pid)
    containers.withLock { $0[id] = container }
    return ContainerStatus(id: id, state: container.state)
  }

  /// Second phase of a start. A container that cannot run is gone afterwards.
  public func start(_ id: ContainerID) async throws(RuntimeError) -> ContainerStatus {
    let answer: ShimAnswer
    do throws(ShimError) { answer = try await connection.request(.start(container: id.localName)) } catch {
      // What failed on its way to execve is gone; what was refused for its state is what it was.
      if case .refused(let failure) = error, failure.kind == .cannotExecute || failure.kind == .step { forget(id) }
      throw Failures.shim(error, "\(id)", operation: "start")
    }
    guard case .process(let pid, let startedAt?, let launch, _) = answer.reply else {
      throw .sandboxLost("sandbox \(self.id)")
    }
    let time = WallTime(startedAt)
    containers.withLock { $0[id]?.startedAt = time }
    return ContainerStatus(id: id, state: .running(pid: pid, startedAt: time), launch: launch)
  }

  /// Sends a signal.
  public func signal(_ id: ContainerID, _ signal: Int32, to target: SignalTarget) async throws(RuntimeError) {
    let operation = ShimRequest.Operation.signal(
      container: id.localName,
      signal: signal,
      everyProcess: target == .everyProcess
    )
    _ = try await ask(operation, "signal", "\(id)", seconds: 5)
  }

  /// Removes an ended or never started container.
  public func delete(_ id: ContainerID) async throws(RuntimeError) {
    _ = try await ask(.delete(container: id.localName), "delete", "\(id)")
    forget(id)
  }

  /// Whether a container is known.
  public func knows(_ id: ContainerID) -> Bool { containers.withLock { $0[id] != nil } }

  private func forget(_ id: ContainerID) {
    containers.withLock { _ = $0.removeValue(forKey: id) }
    connection.forget(id.localName)
  }

  /// Asks the supervisor, with its refusal in the runtime's own terms.
  public func ask(
    _ operation: ShimRequest.Operation,
    descriptors: [Int32] = [],
    _ word: String,
    _ subject: String,
    seconds: Int = 10
  ) async throws(RuntimeError) -> ShimAnswer {
    do throws(ShimError) {
      return try await connection.request(operation, descriptors: descriptors, seconds: seconds)
    } catch {
      throw Failures.shim(error, subject, operation: word)
    }
  }
}
