import PodLogic
import PodModel
import RuntimeAPI

extension ContainerRun {
  /// How often an attempt is made that cannot be made (kubelet `prober.go`, `maxProbeRetries`).
  private static let tries = 3

  /// Makes an attempt of a probe.
  func probe(_ kind: ProbeKind) async -> ContainerEvent {
    guard let probe = container.probe(kind) else { return .probed(kind, .unknown("the container has no such probe")) }
    var outcome = await attempt(probe)
    for _ in 1..<Self.tries {
      guard case .unknown = outcome, !Task.isCancelled else { break }
      outcome = await attempt(probe)
    }
    return .probed(kind, outcome)
  }

  private func attempt(_ probe: Probe) async -> ProbeOutcome {
    let timeout = Duration.seconds(probe.timeoutSeconds)
    switch probe.handler {
    case .exec(let command): return await run(command, seconds: probe.timeoutSeconds)
    case .httpGet(let action): return await get(action, timeout)
    case .tcpSocket(let action): return await connect(action, timeout)
    }
  }

  private func get(_ action: HTTPGetAction, _ timeout: Duration) async -> ProbeOutcome {
    var request: HTTPRequest
    do throws(ConfigurationError) {
      request = try HTTPRequest(
        action,
        of: container,
        podAddress: resources.addresses.first,
        userAgent: "kube-probe/1.36",
        timeout: timeout
      )
    } catch {
      return .unknown("\(error)")
    }
    request.followsOwnRedirects = true
    do {
      let status = try await runner.ports.requester.get(request)
      return (200..<400).contains(status) ? .success : .failure("HTTP probe failed with statuscode: \(status)")
    } catch {
      return .failure("Get \"\(request.scheme)://\(request.host):\(request.port)\(request.path)\": \(error)")
    }
  }

  private func connect(_ action: TCPSocketAction, _ timeout: Duration) async -> ProbeOutcome {
    let port: UInt16
    let host: String
    do throws(ConfigurationError) {
      port = try container.number(of: action.port, "tcpSocket.port")
      guard let address = action.host ?? resources.addresses.first else {
        throw ConfigurationError("tcpSocket.host", "the pod has no address to connect to")
      }
      host = address
    } catch {
      return .unknown("\(error)")
    }
    do {
      try await runner.ports.requester.connect(to: host, port: port, timeout: timeout)
      return .success
    } catch {
      return .failure("dial tcp \(host):\(port): \(error)")
    }
  }

  /// A command that runs too long is ended with everything that it started.
  private func run(_ command: [String], seconds: Int64) async -> ProbeOutcome {
    guard var process = resources.processes[container.name] else {
      return .unknown("the container's process is not known")
    }
    process.args = command
    process.terminal = false
    let clock = runner.ports.clock
    let begin = clock.now.instant
    do {
      let request = ExecRequest(process: process, timeout: Int(clamping: seconds))
      let session = try await runner.runtime.exec(request, in: id)
      let output = try CommandOutput(session.streams)
      let code = await Self.code(session)
      let said = await output.finish()
      if try code.get() == 0 { return .success }
      if clock.now.instant - begin >= .seconds(seconds) {
        return .failure("command \"\(command.joined(separator: " "))\" timed out after \(seconds)s")
      }
      return .failure(said.isEmpty ? "the command exited with \(try code.get())" : said)
    } catch {
      return .unknown("\(error)")
    }
  }
}
