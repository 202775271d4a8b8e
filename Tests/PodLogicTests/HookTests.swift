import PodLogic
import PodModel
import Testing

@Suite("Hooks hold up what must wait for them and nothing else")
struct HookTests {
  static func pod(_ lifecycle: Lifecycle, policy: RestartPolicy = .always) -> Pod {
    var pod = Pod.test("app", "next", restartPolicy: policy)
    pod.spec.containers[0].lifecycle = lifecycle
    return pod
  }

  /// Hooks answer when the test says so.
  static func withoutHooks(_ action: PodAction) -> PodEvent? {
    switch action {
    case .container(_, _, .postStart), .container(_, _, .preStop): nil
    default: Simulation.succeed(action)
    }
  }

  @Test("Until postStart is over the container is not running for others, and the next one is not begun")
  func postStart() {
    var simulation = Simulation(Self.pod(Lifecycle(postStart: .sleep(seconds: 5))), answer: Self.withoutHooks)
    #expect(simulation.count(.postStart) == 1)
    #expect(simulation.order(of: .start) == ["app"])
    #expect(simulation["app"]?.waitingReason == "ContainerCreating")
    #expect(simulation["app"]?.ready == false)
    simulation.send(.container("app", attempt: 0, .postStartEnded(failure: nil)))
    #expect(simulation.order(of: .start) == ["app", "next"])
    #expect(simulation["app"]?.isRunning == true)
    #expect(simulation["app"]?.ready == true)
  }

  @Test("A failed postStart ends the container, which is started again as its policy says")
  func failedPostStart() {
    var simulation = Simulation(Self.pod(Lifecycle(postStart: .exec(command: ["x"]))), answer: Self.withoutHooks)
    simulation.send(.container("app", attempt: 0, .postStartEnded(failure: "exit code 1")))
    #expect(simulation.count(.stop) == 1)
    #expect(simulation["app"]?.waitingReason == "PostStartHookError")
    #expect(simulation["app"]?.waitingMessage == "exit code 1")
    simulation.advance(.seconds(30))
    #expect(simulation.count(.kill) == 1)
    simulation.exits("app", code: 137)
    #expect(simulation.count(.start) == 2)
    #expect(simulation.count(.postStart) == 2)
    #expect(simulation["next"]?.isRunning == true)
  }

  @Test("An end during postStart is an end like any other")
  func endsDuringPostStart() {
    let pod = Self.pod(Lifecycle(postStart: .sleep(seconds: 5)), policy: .never)
    var simulation = Simulation(pod, answer: Self.withoutHooks)
    simulation.exits("app", code: 4)
    simulation.send(.container("app", attempt: 0, .postStartEnded(failure: "gone")))
    #expect(simulation["app"]?.termination?.exitCode == 4)
    #expect(simulation["next"]?.isRunning == true)
  }

  @Test("preStop comes before the stop signal, and its time is the grace period's")
  func preStop() {
    var simulation = Simulation(Self.pod(Lifecycle(preStop: .sleep(seconds: 20))), answer: Self.withoutHooks)
    simulation.send(.stopRequested(grace: .seconds(30)))
    #expect(simulation.count(.preStop) == 1)
    #expect(simulation.order(of: .stop) == ["next"])
    simulation.exits("next", code: 0)
    simulation.advance(.seconds(20))
    simulation.send(.container("app", attempt: 0, .preStopEnded(failure: nil)))
    #expect(simulation.order(of: .stop) == ["next", "app"])
    simulation.advance(.seconds(9))
    #expect(simulation.count(.kill) == 0)
    simulation.advance(.seconds(1))
    #expect(simulation.count(.kill) == 1)
  }

  @Test("A preStop that outlives the grace period costs the container all but the least time to end")
  func longPreStop() {
    var simulation = Simulation(Self.pod(Lifecycle(preStop: .sleep(seconds: 60))), answer: Self.withoutHooks)
    simulation.send(.stopRequested(grace: .seconds(30)))
    simulation.advance(.seconds(30))
    #expect(simulation.order(of: .stop) == ["next", "app"])
    #expect(simulation.count(.kill) == 0)
    simulation.advance(.seconds(2))
    #expect(simulation.count(.kill) == 1)
  }

  @Test("The end is told once, when it begins")
  func killingIsToldOnce() {
    let pod = Self.pod(Lifecycle(preStop: .sleep(seconds: 1)))
    let state = Simulation(pod).state
    func reason(_ name: String, _ action: ContainerAction) -> String? {
      PodNotice(.container(name, attempt: 0, action), of: pod, in: state)?.reason
    }
    #expect(reason("app", .preStop) == "Killing")
    #expect(reason("app", .stop) == nil)
    #expect(reason("next", .stop) == "Killing")
  }

  @Test("A failed preStop changes nothing")
  func failedPreStop() {
    var simulation = Simulation(Self.pod(Lifecycle(preStop: .exec(command: ["x"]))), answer: Self.withoutHooks)
    simulation.send(.stopRequested(grace: .seconds(30)))
    simulation.send(.container("app", attempt: 0, .preStopEnded(failure: "exit code 1")))
    #expect(simulation.order(of: .stop) == ["next", "app"])
  }

  @Test("Whoever is killed is not asked anything")
  func killed() {
    var simulation = Simulation(Self.pod(Lifecycle(preStop: .sleep(seconds: 60))), answer: Self.withoutHooks)
    simulation.send(.killRequested)
    #expect(simulation.count(.preStop) == 0)
    #expect(simulation.count(.kill) == 1)
  }

  @Test("preStop does not run for a container that has ended by itself")
  func endedByItself() {
    let pod = Self.pod(Lifecycle(preStop: .sleep(seconds: 60)), policy: .never)
    var simulation = Simulation(pod, answer: Self.withoutHooks)
    simulation.exits("app", code: 0)
    simulation.exits("next", code: 0)
    #expect(simulation.count(.preStop) == 0)
    #expect(simulation.status.phase == .succeeded)
  }
}
