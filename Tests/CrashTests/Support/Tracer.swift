import CTrace
import Foundation
import Synchronization

/// Follows a supervisor and its children from system call to system call, and does something to them at a chosen one.
/// It needs a thread of its own, because ptrace(2) belongs to threads.
final class Tracer: Sendable {
  /// What is done at a call.
  enum Verdict {
    case proceed
    /// The call is not made and fails.
    case fail(Int32)
    case killCaller
    case killSupervisor
    /// The supervisor is killed, and the caller goes on only when it is dead.
    case killSupervisorFirst
  }

  private struct State {
    var isAttached = false
    var error: Int32 = 0
    var calls: [TracedCall] = []
    var acted: TracedCall?
    var isOver = false
  }

  private let state = Mutex(State())
  private let changed = DispatchSemaphore(value: 0)
  private let over = DispatchSemaphore(value: 0)

  /// Attaches to a supervisor. Returns when every further call of it is seen.
  init(_ supervisor: Int32, decide: @escaping @Sendable (TracedCall) -> Verdict) throws {
    let thread = Thread { [self] in
      var loop = TraceLoop(supervisor: supervisor, decide: decide)
      let code: Int32 = ct_seize(supervisor) == 0 ? 0 : errno
      state.withLock {
        $0.isAttached = code == 0
        $0.error = code
      }
      if code != 0 {
        changed.signal()
        over.signal()
        return
      }
      var told = false
      while loop.step() {
        // The first stop is the attachment itself.
        if !told { changed.signal() }
        told = true
      }
      if !told { changed.signal() }
      state.withLock {
        $0.calls = loop.calls
        $0.acted = loop.acted
        $0.isOver = true
      }
      over.signal()
    }
    thread.name = "tracer"
    thread.start()
    changed.wait()
    let code = state.withLock { $0.error }
    if code != 0 { throw TracerError(errno: code) }
  }

  /// Waits until everything that was traced is gone, and gives what was seen.
  func finish(seconds: Int = 10) throws -> (calls: [TracedCall], acted: TracedCall?) {
    if over.wait(timeout: .now() + .seconds(seconds)) == .timedOut { throw TracerError(errno: ETIMEDOUT) }
    return state.withLock { ($0.calls, $0.acted) }
  }
}

struct TracerError: Error {
  var errno: Int32
}

/// The tracer's thread.
private struct TraceLoop {
  let supervisor: Int32
  let decide: @Sendable (TracedCall) -> Tracer.Verdict
  var calls: [TracedCall] = []
  var acted: TracedCall?
  private var children: [Int32: Int] = [:]
  private var counts: [TracedCall.Caller: Int] = [:]
  private var kinds: [TracedCall.Caller: [String: Int]] = [:]
  /// The call that each tracee is in, and the answer that it shall get.
  private var current: [Int32: (call: Int, answer: Int32?)] = [:]
  private var held: [Int32] = []
  private var names: [UInt64: String] = [:]

  init(supervisor: Int32, decide: @escaping @Sendable (TracedCall) -> Tracer.Verdict) {
    self.supervisor = supervisor
    self.decide = decide
  }

  /// One stop; `false` when nobody is left.
  mutating func step() -> Bool {
    var stop = ct_stop()
    guard ct_wait(&stop) == 0 else { return false }
    switch Int(stop.kind) {
    case CT_NOBODY: return false
    case CT_ENTRY: enter(stop)
    case CT_RETURN: leave(stop)
    case CT_ENDED:
      if stop.pid == supervisor {
        for pid in held { ct_resume(pid, 0) }
        held = []
      }
    case CT_EXEC:
      // From here on it is the image's program.
      ct_release(stop.pid)
    case CT_SIGNAL: ct_resume(stop.pid, stop.signal)
    default:
      note(stop.pid)
      ct_resume(stop.pid, 0)
    }
    return true
  }

  private mutating func note(_ pid: Int32) {
    if pid != supervisor && children[pid] == nil { children[pid] = children.count }
  }

  private mutating func enter(_ stop: ct_stop) {
    note(stop.pid)
    let caller = stop.pid == supervisor ? TracedCall.Caller.supervisor : .child(children[stop.pid] ?? -1)
    if names[stop.number] == nil { names[stop.number] = CallNames.name(stop.number) }
    let name = names[stop.number] ?? ""
    var arguments = stop.arguments
    let values = withUnsafeBytes(of: &arguments) { Array($0.bindMemory(to: UInt64.self)) }
    var call = TracedCall(
      caller: caller,
      pid: stop.pid,
      index: counts[caller, default: 0],
      occurrence: kinds[caller, default: [:]][name, default: 0],
      name: name,
      arguments: values
    )
    (call.texts, call.flags) = CallStrings.read(name, stop)
    counts[caller, default: 0] += 1
    kinds[caller, default: [:]][name, default: 0] += 1
    calls.append(call)
    current[stop.pid] = (calls.count - 1, nil)
    carryOut(decide(call), call)
  }

  private mutating func carryOut(_ verdict: Tracer.Verdict, _ call: TracedCall) {
    if case .proceed = verdict {} else { acted = call }
    switch verdict {
    case .proceed: ct_resume(call.pid, 0)
    case .fail(let code):
      current[call.pid]?.answer = code
      ct_skip(call.pid)
      ct_resume(call.pid, 0)
    case .killCaller: kill(call.pid, SIGKILL)
    case .killSupervisor:
      kill(supervisor, SIGKILL)
      ct_resume(call.pid, 0)
    case .killSupervisorFirst:
      held.append(call.pid)
      kill(supervisor, SIGKILL)
    }
  }

  private mutating func leave(_ stop: ct_stop) {
    var result = stop.result
    if let entry = current.removeValue(forKey: stop.pid) {
      if let code = entry.answer {
        result = -Int64(code)
        ct_answer(stop.pid, result)
      }
      calls[entry.call].result = result
    }
    ct_resume(stop.pid, 0)
  }
}
