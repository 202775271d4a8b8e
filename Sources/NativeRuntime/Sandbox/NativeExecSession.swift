import LaunchPlan
import RuntimeAPI
import ShimClient
import Supervision

/// A process that was started in a running container.
final class NativeExecSession: ExecSession {
  let streams: Attachment
  private let name: String
  private let connection: ShimConnection
  private let container: String

  init(name: String, streams: Attachment, connection: ShimConnection, container: String) {
    self.name = name
    self.streams = streams
    self.connection = connection
    self.container = container
  }

  func wait() async throws(RuntimeError) -> ContainerExit {
    guard let end = await connection.end(of: name) else {
      return ContainerExit(outcome: .unknown, startedAt: nil, finishedAt: .now())
    }
    return ContainerExit(end)
  }

  func kill() async throws(RuntimeError) {
    do throws(ShimError) { _ = try await connection.request(.killExec(session: name), seconds: 5) } catch {
      // One that has ended already is what was asked for.
      if case .refused(let failure) = error, failure.kind == .notFound { return }
      throw Failures.shim(error, container, operation: "end a session in")
    }
  }

  deinit { connection.forget(name) }
}
