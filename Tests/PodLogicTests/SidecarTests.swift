import PodLogic
import PodModel
import Testing

@Suite("Sidecars start before the containers and end after them")
struct SidecarTests {
  @Test("Each has started before the next is begun, and none is waited for to end")
  func start() {
    var simulation = Simulation(.test(init: ["proxy*", "migrate", "logs*"], "app"))
    #expect(simulation.order(of: .start) == ["proxy", "migrate"])
    simulation.exits("migrate", code: 0)
    #expect(simulation.order(of: .start) == ["proxy", "migrate", "logs", "app"])
    #expect(simulation.status.phase == .running)
    #expect(simulation.status.condition("Initialized")?.status == .true)
    #expect(simulation.status.condition("ContainersReady")?.status == .true)
  }

  @Test("One that ends is started again whatever its code and the pod's policy", arguments: [Int32(0), 1])
  func restarts(code: Int32) {
    var simulation = Simulation(.test(init: ["proxy*"], "app", restartPolicy: .never))
    simulation.exits("proxy", code: code)
    #expect(simulation.count(.start, of: "proxy") == 2)
    #expect(simulation["proxy"]?.restartCount == 1)
    #expect(simulation["app"]?.isRunning == true)
    simulation.exits("proxy", code: code)
    #expect(simulation["proxy"]?.waitingReason == "CrashLoopBackOff")
    let ready = simulation.status.condition("ContainersReady")
    #expect(ready?.message == "containers with unready status: [proxy]")
  }

  @Test("When the containers have ended they are stopped one by one, the last one first")
  func reverse() {
    var simulation = Simulation(.test(init: ["first*", "second*"], "app", restartPolicy: .never))
    simulation.exits("app", code: 0)
    #expect(simulation.order(of: .stop) == ["second"])
    #expect(simulation.status.phase == .running)
    simulation.exits("second", code: 143)
    #expect(simulation.order(of: .stop) == ["second", "first"])
    simulation.exits("first", code: 143)
    #expect(simulation.status.phase == .succeeded)
    #expect(simulation.decision.isFinished)
  }

  @Test("A stop reaches the containers first; what is left of the grace is the sidecars'")
  func stopOrder() {
    var simulation = Simulation(.test(init: ["proxy*"], "app", "other"))
    simulation.send(.stopRequested(grace: .seconds(30)))
    #expect(simulation.order(of: .stop) == ["app", "other"])
    simulation.exits("app", code: 0)
    #expect(simulation.order(of: .stop) == ["app", "other"])
    simulation.advance(.seconds(30))
    #expect(simulation.order(of: .kill) == ["other"])
    #expect(simulation.order(of: .stop) == ["app", "other", "proxy"])
    simulation.exits("other", code: 137)
    simulation.advance(.milliseconds(1999))
    #expect(simulation.order(of: .kill) == ["other"])
    simulation.advance(.milliseconds(1))
    #expect(simulation.order(of: .kill) == ["other", "proxy"])
  }

  @Test("A failed init container takes the sidecars before it along")
  func failedInit() {
    var simulation = Simulation(.test(init: ["proxy*", "migrate"], "app", restartPolicy: .never))
    simulation.exits("migrate", code: 1)
    #expect(simulation.order(of: .stop) == ["proxy"])
    #expect(simulation.status.phase == .pending)
    simulation.exits("proxy", code: 0)
    #expect(simulation.status.phase == .failed)
    #expect(simulation.decision.isFinished)
    #expect(simulation.count(.start) == 0)
  }
}
