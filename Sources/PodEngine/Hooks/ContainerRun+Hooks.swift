import PodLogic
import PodModel
import RuntimeAPI

extension ContainerRun {
  /// Runs the container's `postStart` hook; the answer says whether it went well.
  func postStart() async -> ContainerEvent {
    .postStartEnded(failure: await failure(of: container.lifecycle?.postStart))
  }

  /// Runs its `preStop` hook.
  func preStop() async -> ContainerEvent {
    .preStopEnded(failure: await failure(of: container.lifecycle?.preStop))
  }

  /// Why a hook failed; nil if it did not.
  private func failure(of handler: LifecycleHandler?) async -> String? {
    switch handler {
    // Kubernetes keeps `tcpSocket` for old manifests and never acts on it.
    case nil, .tcpSocket: return nil
    case .sleep(let seconds):
      let clock = runner.ports.clock
      await clock.sleep(until: clock.now.instant + .seconds(seconds))
      return nil
    case .exec(let command): return await failure(ofCommand: command)
    case .httpGet(let action): return await failure(ofRequest: action)
    }
  }

  private func failure(ofRequest action: HTTPGetAction) async -> String? {
    do {
      // Longer than any web server that is alive needs; the grace period ends it sooner.
      let request = try HTTPRequest(
        action,
        of: container,
        podAddress: resources.addresses.first,
        userAgent: "kube-lifecycle/1.36",
        timeout: .seconds(30)
      )
      let status = try await runner.ports.requester.get(request)
      return (200..<400).contains(status) ? nil : "HTTP request answered with status \(status)"
    } catch {
      return "HTTP request failed: \(error)"
    }
  }

  static func code(_ session: any ExecSession) async -> Result<Int32, RuntimeError> {
    do throws(RuntimeError) { return .success(try await session.wait().code) } catch { return .failure(error) }
  }

  /// A command with the container's own environment, user and confinement.
  private func failure(ofCommand command: [String]) async -> String? {
    guard var process = resources.processes[container.name] else { return "the container's process is not known" }
    process.args = command
    process.terminal = false
    let text = "Exec lifecycle hook (\(command)) failed"
    do {
      let session = try await runner.runtime.exec(ExecRequest(process: process), in: id)
      // Whoever does not read what a command writes stops it when the pipe is full.
      let output = try CommandOutput(session.streams)
      let code = await Self.code(session)
      let said = await output.finish()
      if try code.get() == 0 { return nil }
      return "\(text): exit code \(try code.get())" + (said.isEmpty ? "" : ", and it said: \(said)")
    } catch {
      return "\(text): \(error)"
    }
  }
}
