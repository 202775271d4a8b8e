import PodLogic
import PodModel
import RuntimeTestKit
import Testing

@testable import PodEngine

@Suite("A pod's probes reach its containers, and what they find shows in its status")
struct ProbeTests {
  private static func pod(_ edit: (inout Container) -> Void) -> Pod {
    var pod = Pod.test("app")
    pod.spec.containers[0].ports = [ContainerPort(name: "web", containerPort: 8080)]
    edit(&pod.spec.containers[0])
    return pod
  }

  @Test("An HTTP probe goes to the pod's address under the kubelet's name, and its answer makes the container ready")
  func http() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    bench.http.answer(503)
    let action = HTTPGetAction(path: "/ready", port: .name("web"))
    let running = try await bench.accept(
      Self.pod { $0.readinessProbe = Probe(handler: .httpGet(action), timeoutSeconds: 7, periodSeconds: 2) }
    )
    await running.until { updates in
      updates.notices.contains { $0.message == "Readiness probe failed: HTTP probe failed with statuscode: 503" }
    }
    #expect(running.status?["app"]?.ready == false)
    let request = try #require(bench.http.requests.first)
    #expect("\(request.scheme)://\(request.host):\(request.port)\(request.path)" == "http://10.85.0.2:8080/ready")
    #expect(request.userAgent == "kube-probe/1.36" && request.timeout == .seconds(7) && request.followsOwnRedirects)
    bench.http.answer(204)
    bench.clock.advance(by: .seconds(2))
    await running.untilStatus { $0["app"]?.ready == true }
    running.handle.kill()
    _ = await running.untilFinished()
  }

  @Test("A liveness probe that finds nobody at the port has the container started again")
  func tcp() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    bench.http.answer(500)
    let probe = Probe(handler: .tcpSocket(TCPSocketAction(port: .number(5432))), failureThreshold: 1)
    let running = try await bench.accept(Self.pod { $0.livenessProbe = probe })
    await running.until { updates in
      updates.notices.contains { $0.message == "Container app failed liveness probe, will be restarted" }
    }
    #expect(bench.http.connections.first == "10.85.0.2:5432")
    bench.http.answer(200)
    bench.clock.advance(by: .seconds(40))
    await running.untilStatus { ($0["app"]?.restartCount ?? 0) > 0 }
    running.handle.kill()
    _ = await running.untilFinished()
  }

  @Test("A probe that cannot be made says so, and ends nobody")
  func unknown() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    // The fake runtime has no exec.
    let probe = Probe(handler: .exec(command: ["check"]), failureThreshold: 1)
    let running = try await bench.accept(Self.pod { $0.livenessProbe = probe })
    await running.until { updates in
      updates.notices.contains { $0.message.hasPrefix("Liveness probe errored: ") }
    }
    #expect(running.status?["app"]?.restartCount == 0)
    running.handle.kill()
    _ = await running.untilFinished()
  }
}
