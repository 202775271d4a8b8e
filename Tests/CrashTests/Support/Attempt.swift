import ArchiveTestKit
import Glibc
import Linux
import NativeRuntime
import RuntimeAPI

/// One container from its sandbox to the last trace, with something done to it on the way.
struct Attempt: Sendable {
  enum Outcome: Sendable {
    /// It ran and ended.
    case ended(ContainerExit, output: String)
    /// A request was refused, or its supervisor was lost.
    case refused(RuntimeError)
  }

  var outcome: Outcome
  /// What was seen from the first request on.
  var calls: [TracedCall]
  /// The call at which something was done.
  var acted: TracedCall?
  /// What was left when the agent had removed the pod.
  var traces: [String]

  /// What is done besides starting the container and waiting for its end.
  enum Course: Sendable { case run, exec }

  /// - Parameter decide: What is done at which call; calls are traced from the create request on, or for `exec` from
  ///   the exec request on.
  static func make(
    _ node: Node,
    _ box: Box,
    _ course: Course = .run,
    decide: @escaping @Sendable (TracedCall) -> Tracer.Verdict = { _ in .proceed }
  ) async throws -> Attempt {
    let run = try await live(node, box, course, decide)
    let seen = try run.tracer.finish()
    var oracle = LeakOracle(places: node.places)
    oracle.known = [run.supervisor]
    var traces = try oracle.settle()
    // What the agent does to remove it counts as well: nothing may hold it up.
    if run.removal > 5_000 { traces.append("a pod that took \(run.removal) ms to remove") }
    return Attempt(outcome: run.outcome, calls: seen.calls, acted: seen.acted, traces: traces)
  }

  private struct Run {
    var outcome: Outcome
    var tracer: Tracer
    var supervisor: ProcessIdentity
    /// Milliseconds.
    var removal: Int64
  }

  /// A function of its own: what the pod's value holds goes when it returns.
  private static func live(
    _ node: Node,
    _ box: Box,
    _ course: Course,
    _ decide: @escaping @Sendable (TracedCall) -> Tracer.Verdict
  ) async throws -> Run {
    let pod = try await TestPod(node, box)
    let supervisor = try ProcessIdentity(of: pod.supervisor)
    var tracer: Tracer?
    let outcome: Outcome
    do {
      if course == .run { tracer = try Tracer(pod.supervisor, decide: decide) }
      try await pod.create(box)
      try await pod.start()
      if course == .exec {
        tracer = try Tracer(pod.supervisor, decide: decide)
        outcome = try await exec(pod, box)
      } else {
        outcome = .ended(try await node.runtime.wait(for: pod.container), output: try pod.output())
      }
    } catch let error as RuntimeError {
      outcome = .refused(error)
    }
    let began = Clock.monotonicNanoseconds()
    try await pod.remove()
    return Run(
      outcome: outcome,
      tracer: try Required.value(tracer),
      supervisor: supervisor,
      removal: (Clock.monotonicNanoseconds() - began) / 1_000_000
    )
  }

  /// A session that prints what it sees.
  private static func exec(_ pod: TestPod, _ box: Box) async throws -> Outcome {
    var process = box.specification.process
    process.args = ["/bin/payload", "dump"]
    let session = try await pod.node.runtime.exec(ExecRequest(process: process, timeout: 10), in: pod.container)
    let output = session.streams.output
    var bytes: [UInt8] = []
    while true {
      let chunk = try readSome(output, capacity: 1 << 16)
      if chunk.isEmpty { break }
      bytes += chunk
    }
    return .ended(try await session.wait(), output: String(decoding: bytes, as: UTF8.self))
  }
}
