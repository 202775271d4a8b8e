import PodLogic
import PodModel
import Testing

@Suite("Probes are made when they are due, and decide by their thresholds what a container is")
struct ProbeTests {
  private static let action = ProbeHandler.exec(command: ["check"])

  private static func pod(
    startup: Probe? = nil,
    liveness: Probe? = nil,
    readiness: Probe? = nil,
    policy: RestartPolicy = .always
  ) -> Pod {
    var pod = Pod.test("app", restartPolicy: policy)
    pod.spec.containers[0].startupProbe = startup
    pod.spec.containers[0].livenessProbe = liveness
    pod.spec.containers[0].readinessProbe = readiness
    return pod
  }

  /// Probes answer when the test says so.
  private static func withoutProbes(_ action: PodAction) -> PodEvent? {
    if case .container(_, _, .probe) = action { nil } else { Simulation.succeed(action) }
  }

  private static func simulate(_ pod: Pod) -> Simulation { Simulation(pod, answer: withoutProbes) }

  @Test("The first attempt comes after the delay, the next ones a period after the last began, one at a time")
  func schedule() {
    let probe = Probe(handler: Self.action, initialDelaySeconds: 5, periodSeconds: 3)
    var simulation = Self.simulate(Self.pod(readiness: probe))
    #expect(simulation.count(.probe(.readiness)) == 0)
    #expect(simulation.decision.wakeAt == simulation.now.instant + .seconds(5))
    simulation.advance(.seconds(5))
    #expect(simulation.count(.probe(.readiness)) == 1)
    simulation.advance(.seconds(2))
    simulation.answer(.readiness, .failure("no"))
    #expect(simulation.decision.wakeAt == simulation.now.instant + .seconds(1))
    simulation.advance(.seconds(1))
    #expect(simulation.count(.probe(.readiness)) == 2)
    // One that takes longer than the period is followed at once, not overtaken.
    simulation.advance(.seconds(4))
    #expect(simulation.count(.probe(.readiness)) == 2)
    simulation.answer(.readiness, .failure("no"))
    #expect(simulation.count(.probe(.readiness)) == 3)
  }

  @Test("A container with a readiness probe is ready from its first success, and not after so many failures in a row")
  func readiness() {
    let probe = Probe(handler: Self.action, periodSeconds: 1, successThreshold: 2, failureThreshold: 3)
    var simulation = Self.simulate(Self.pod(readiness: probe))
    let outcomes: [(ProbeOutcome, isReady: Bool)] = [
      (.success, false), (.failure("no"), false), (.success, false), (.success, true), (.failure("no"), true),
      (.failure("no"), true), (.success, true), (.failure("no"), true), (.unknown("nobody asked"), true),
      (.failure("no"), true), (.failure("no"), false), (.success, false), (.success, true),
    ]
    for (index, step) in outcomes.enumerated() {
      simulation.answer(.readiness, step.0)
      #expect(simulation["app"]?.ready == step.isReady, "after outcome \(index)")
      #expect(simulation["app"]?.started == true)
      #expect(simulation.status.condition("Ready")?.status == (step.isReady ? .true : .false))
      simulation.advance(.seconds(1))
    }
    #expect(simulation.count(.stop) == 0)
  }

  @Test("Whoever fails its liveness probe is stopped within the probe's grace, killed after it, and started again")
  func liveness() throws {
    let probe = Probe(
      handler: Self.action,
      periodSeconds: 1,
      failureThreshold: 2,
      terminationGracePeriodSeconds: 4
    )
    var simulation = Self.simulate(Self.pod(liveness: probe))
    #expect(simulation["app"]?.ready == true)
    simulation.answer(.liveness, .failure("dead"))
    #expect(simulation.count(.stop) == 0)
    simulation.advance(.seconds(1))
    simulation.answer(.liveness, .failure("dead"))
    #expect(simulation.count(.stop) == 1)
    let stop = try #require(simulation.actions.last)
    let notice = PodNotice(stop, of: simulation.pod, in: simulation.state)
    #expect(notice?.message == "Container app failed liveness probe, will be restarted")
    simulation.advance(.seconds(3))
    #expect(simulation.count(.kill) == 0)
    simulation.advance(.seconds(1))
    #expect(simulation.count(.kill) == 1)
    // It is not asked any more, and a new attempt begins as every container does.
    #expect(simulation.count(.probe(.liveness)) == 2)
    simulation.exits("app", code: 137)
    #expect(simulation.count(.start) == 2)
    #expect(simulation.count(.probe(.liveness)) == 3)
    #expect(simulation["app"]?.restartCount == 1)
    simulation.answer(.liveness, .failure("dead"))
    #expect(simulation.count(.stop) == 1)
  }

  @Test("restartPolicy Never holds for whoever fails its liveness probe too")
  func livenessWithoutRestart() {
    let probe = Probe(handler: Self.action, failureThreshold: 1)
    var simulation = Self.simulate(Self.pod(liveness: probe, policy: .never))
    simulation.answer(.liveness, .failure("dead"))
    simulation.exits("app", code: 143)
    #expect(simulation.count(.start) == 1)
    #expect(simulation.status.phase == .failed)
  }

  @Test("Until the startup probe has succeeded the others wait and the container has not started")
  func startup() {
    let slow = Probe(handler: Self.action, periodSeconds: 2, failureThreshold: 3)
    let probe = Probe(handler: Self.action, periodSeconds: 1)
    var simulation = Self.simulate(Self.pod(startup: slow, liveness: probe, readiness: probe))
    #expect(simulation["app"]?.started == false)
    simulation.answer(.startup, .failure("not yet"))
    simulation.advance(.seconds(2))
    #expect(simulation.count(.probe(.liveness)) + simulation.count(.probe(.readiness)) == 0)
    simulation.answer(.startup, .success)
    #expect(simulation["app"]?.started == true)
    #expect(simulation["app"]?.ready == false)
    #expect(simulation.count(.probe(.liveness)) == 1)
    #expect(simulation.count(.probe(.readiness)) == 1)
    simulation.advance(.seconds(100))
    #expect(simulation.count(.probe(.startup)) == 2)
  }

  @Test("Whoever does not start in time is ended and started again")
  func neverStarts() {
    let probe = Probe(handler: Self.action, periodSeconds: 1, failureThreshold: 2)
    var simulation = Self.simulate(Self.pod(startup: probe))
    simulation.answer(.startup, .failure("not yet"))
    simulation.advance(.seconds(1))
    simulation.answer(.startup, .failure("not yet"))
    #expect(simulation.count(.stop) == 1)
    simulation.exits("app", code: 143)
    #expect(simulation.count(.start) == 2)
    #expect(simulation["app"]?.started == false)
  }

  @Test("What follows a sidecar waits for its startup probe, and for no other")
  func sidecar() {
    var pod = Pod.test("app")
    var sidecar = Container(name: "proxy", image: "app:1")
    sidecar.restartPolicy = .always
    sidecar.startupProbe = Probe(handler: Self.action)
    sidecar.readinessProbe = Probe(handler: Self.action)
    pod.spec.initContainers = [sidecar]
    var simulation = Self.simulate(pod)
    #expect(simulation.order(of: .start) == ["proxy"])
    #expect(simulation.status.condition("Initialized")?.status == .false)
    simulation.answer(.startup, .success, of: "proxy")
    #expect(simulation.order(of: .start) == ["proxy", "app"])
    #expect(simulation["proxy"]?.ready == false)
    #expect(simulation.status.condition("Initialized")?.status == .true)
  }

  @Test("While a pod ends only readiness is asked for")
  func ending() {
    let probe = Probe(handler: Self.action, periodSeconds: 1, failureThreshold: 1)
    var simulation = Self.simulate(Self.pod(liveness: probe, readiness: probe))
    simulation.answer(.liveness, .success)
    simulation.answer(.readiness, .success)
    simulation.send(.stopRequested(grace: .seconds(30)))
    simulation.advance(.seconds(1))
    #expect(simulation.count(.probe(.liveness)) == 1)
    #expect(simulation.count(.probe(.readiness)) == 2)
    simulation.answer(.readiness, .failure("shutting down"))
    #expect(simulation["app"]?.ready == false)
    #expect(simulation.count(.stop) == 1)
  }

  @Test("An answer that comes after the attempt has ended is history")
  func late() {
    let probe = Probe(handler: Self.action, failureThreshold: 1)
    var simulation = Self.simulate(Self.pod(liveness: probe))
    simulation.exits("app", code: 0)
    #expect(simulation.count(.start) == 2)
    simulation.send(.container("app", attempt: 0, .probed(.liveness, .failure("gone"))))
    #expect(simulation.count(.stop) == 0)
    #expect(simulation["app"]?.isRunning == true)
  }

  @Test("Every failed attempt is told as the kubelet tells it")
  func notices() {
    let pod = Self.pod()
    func text(_ kind: ProbeKind, _ outcome: ProbeOutcome) -> String? {
      PodNotice(.container("app", attempt: 0, .probed(kind, outcome)), of: pod).map { "\($0.reason): \($0.message)" }
    }
    #expect(text(.readiness, .failure("no")) == "Unhealthy: Readiness probe failed: no")
    #expect(text(.startup, .unknown("no exec")) == "Unhealthy: Startup probe errored: no exec")
    #expect(text(.liveness, .success) == nil)
  }
}

extension Simulation {
  /// An attempt of a probe ends.
  fileprivate mutating func answer(_ kind: ProbeKind, _ outcome: ProbeOutcome, of name: String = "app") {
    send(.container(name, attempt: state.containers[name]?.attempt ?? 0, .probed(kind, outcome)))
  }
}
