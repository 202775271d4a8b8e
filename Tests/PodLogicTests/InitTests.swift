import PodLogic
import PodModel
import Testing

extension Pod {
  /// A pod with init containers; a name that ends in `*` is a sidecar.
  static func test(
    init names: [String],
    _ containers: String...,
    restartPolicy: RestartPolicy = .always
  ) -> Pod {
    var spec = PodSpec(containers: containers.map { Container(name: $0, image: "app:1") })
    spec.initContainers = names.map { name in
      var container = Container(name: name.replacing("*", with: ""), image: "app:1")
      if name.hasSuffix("*") { container.restartPolicy = .always }
      return container
    }
    spec.restartPolicy = restartPolicy
    return Pod(metadata: ObjectMeta(name: "pod", namespace: "ns", uid: "u-1"), spec: spec)
  }
}

@Suite("Init containers run one after the other, and the others wait for them")
struct InitTests {
  @Test("Each runs to its end before the next is begun, then the containers start")
  func order() {
    var simulation = Simulation(.test(init: ["a", "b"], "app"))
    #expect(simulation.order(of: .start) == ["a"])
    #expect(simulation.status.phase == .pending)
    #expect(simulation["b"]?.waitingReason == "PodInitializing")
    #expect(simulation["app"]?.waitingReason == "PodInitializing")
    let condition = simulation.status.condition("Initialized")
    #expect(condition?.status == .false)
    #expect(condition?.reason == "ContainersNotInitialized")
    #expect(condition?.message == "containers with incomplete status: [a b]")
    simulation.exits("a", code: 0)
    #expect(simulation["a"]?.ready == true)
    #expect(simulation.order(of: .start) == ["a", "b"])
    simulation.exits("b", code: 0)
    #expect(simulation.order(of: .start) == ["a", "b", "app"])
    #expect(simulation.status.phase == .running)
    #expect(simulation.status.condition("Initialized")?.status == .true)
    #expect(simulation.status.condition("Ready")?.status == .true)
    #expect(simulation.status.initContainerStatuses.map(\.name) == ["a", "b"])
    #expect(simulation.status.containerStatuses.map(\.name) == ["app"])
  }

  @Test("One that fails is tried again with the back-off of a crash", arguments: [RestartPolicy.always, .onFailure])
  func retried(policy: RestartPolicy) {
    var simulation = Simulation(.test(init: ["a"], "app", restartPolicy: policy))
    simulation.exits("a", code: 1)
    #expect(simulation.count(.start, of: "a") == 2)
    simulation.exits("a", code: 1)
    #expect(simulation["a"]?.waitingReason == "CrashLoopBackOff")
    #expect(simulation.status.phase == .pending)
    simulation.advance(.seconds(10))
    #expect(simulation.count(.start, of: "a") == 3)
    #expect(simulation["a"]?.restartCount == 2)
    simulation.exits("a", code: 0)
    #expect(simulation.status.phase == .running)
    #expect(simulation.count(.start, of: "a") == 3)
  }

  @Test("With restartPolicy Never its failure is the pod's")
  func fails() {
    var simulation = Simulation(.test(init: ["a", "b"], "app", restartPolicy: .never))
    simulation.exits("a", code: 3)
    #expect(simulation.status.phase == .failed)
    #expect(simulation.decision.isFinished)
    #expect(simulation.order(of: .start) == ["a"])
    #expect(simulation["a"]?.termination?.exitCode == 3)
    #expect(simulation["app"]?.waitingReason == "PodInitializing")
    #expect(simulation.status.condition("Initialized")?.status == .false)
    #expect(simulation.status.condition("Ready")?.reason == "PodFailed")
  }

  @Test("A lost sandbox takes their work with it: they run again")
  func runAgain() {
    var simulation = Simulation(.test(init: ["a"], "app"))
    simulation.exits("a", code: 0)
    #expect(simulation["app"]?.isRunning == true)
    simulation.send(.sandboxLost)
    simulation.advance(.seconds(10))
    #expect(simulation.order(of: .start) == ["a", "app", "a"])
    #expect(simulation.status.phase == .pending)
    simulation.exits("a", code: 0)
    simulation.advance(.seconds(10))
    #expect(simulation["app"]?.isRunning == true)
    #expect(simulation["a"]?.restartCount == 1)
  }

  @Test("What has begun is not initialised again by a restart")
  func notAgain() {
    var simulation = Simulation(.test(init: ["a"], "app"))
    simulation.exits("a", code: 0)
    simulation.exits("app", code: 1)
    simulation.advance(.seconds(10))
    #expect(simulation.count(.start, of: "a") == 1)
    #expect(simulation.count(.start, of: "app") == 2)
  }

  @Test("The wish to end finds one running: it is stopped, and nothing else is begun")
  func stopped() {
    var simulation = Simulation(.test(init: ["a", "b"], "app"))
    simulation.send(.stopRequested(grace: .seconds(30)))
    #expect(simulation.order(of: .stop) == ["a"])
    simulation.exits("a", code: 0)
    #expect(simulation.order(of: .start) == ["a"])
    #expect(simulation.decision.isFinished)
    #expect(simulation.status.phase == .failed)
  }
}
