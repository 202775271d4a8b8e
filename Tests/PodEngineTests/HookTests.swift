import PodLogic
import PodModel
import RuntimeAPI
import RuntimeTestKit
import Testing

@testable import PodEngine

@Suite("Hooks are carried out beside the container and never hold up its end")
struct HookTests {
  static func pod(_ lifecycle: Lifecycle) -> Pod {
    var pod = Pod.test("app", restartPolicy: .never)
    pod.spec.containers[0].lifecycle = lifecycle
    pod.spec.containers[0].ports = [ContainerPort(name: "web", containerPort: 8080)]
    return pod
  }

  @Test("A request goes to the pod's own address, and to the port of the name")
  func request() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    let action = HTTPGetAction(
      path: "ready?now",
      port: .name("web"),
      httpHeaders: [HTTPGetAction.Header(name: "Host", value: "shop")]
    )
    let running = try await bench.accept(Self.pod(Lifecycle(postStart: .httpGet(action))))
    await running.untilRunning()
    let request = try #require(bench.http.requests.first)
    #expect(request.scheme == "http")
    #expect(request.host == "10.85.0.2")
    #expect(request.port == 8080)
    #expect(request.path == "/ready?now")
    #expect(request.headers.map(\.name) == ["Host"])
    #expect(running.status?.podIPs == ["10.85.0.2"])
    running.handle.kill()
    _ = await running.untilFinished()
  }

  @Test("A request that is refused fails the hook, and says why")
  func refused() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    bench.http.answer(500)
    let action = HTTPGetAction(port: .number(80))
    let running = try await bench.accept(Self.pod(Lifecycle(postStart: .httpGet(action))))
    await running.until { updates in
      updates.notices.contains { $0.reason == "FailedPostStartHook" && $0.message.contains("status 500") }
    }
    running.handle.kill()
    _ = await running.untilFinished()
  }

  @Test("A long sleep ends with its container")
  func sleepIsBrokenOff() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    let running = try await bench.accept(Self.pod(Lifecycle(preStop: .sleep(seconds: 3600))))
    await running.untilRunning()
    running.handle.kill()
    let status = await running.untilFinished()
    #expect(status?.phase == .failed)
    #expect(bench.network.taken.isEmpty)
  }

  @Test(
    "A pod that cannot be connected is not left half made, and is tried again",
    arguments: [false, true]
  )
  func network(early: Bool) async throws {
    let bench = try Bench(connectsEarly: early)
    defer { bench.clean() }
    bench.network.refuse("no address is left")
    let running = try await bench.accept(Pod.test("app", restartPolicy: .never))
    await running.until { updates in
      updates.notices.contains { $0.reason == "FailedCreatePodSandBox" && $0.message.contains("no address is left") }
    }
    let id = try #require(SandboxID("u-1"))
    #expect(await bench.runtime.calls.last == .removeSandbox(id))
    bench.network.refuse(nil)
    bench.clock.advance(by: .seconds(1))
    await running.untilRunning()
    running.handle.kill()
    _ = await running.untilFinished()
    #expect(bench.network.taken.isEmpty)
  }

  @Test("The addresses of a pod that was connected before its sandbox failed are free again")
  func connectedTooEarly() async throws {
    let bench = try Bench(connectsEarly: true)
    defer { bench.clean() }
    await bench.runtime.scriptSandbox(.fails(.failed(step: "make namespaces", errno: 28, detail: "")))
    let running = try await bench.accept(Pod.test("app", restartPolicy: .never))
    await running.until { updates in
      updates.notices.contains { $0.reason == "FailedCreatePodSandBox" && $0.message.contains("make namespaces") }
    }
    #expect(bench.network.taken.isEmpty)
    bench.clock.advance(by: .seconds(1))
    await running.untilRunning()
    #expect(!bench.network.taken.isEmpty)
    running.handle.kill()
    _ = await running.untilFinished()
    #expect(bench.network.taken.isEmpty)
  }
}
