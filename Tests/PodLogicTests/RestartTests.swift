import PodLogic
import PodModel
import Testing

@Suite("A container that ends is restarted as Kubernetes does it")
struct RestartTests {
  @Test("The first restart is immediate, then 10 s doubling to 300 s")
  func sequence() throws {
    var simulation = Simulation(.test("app"))
    simulation.exits(code: 1)
    #expect(simulation["app"]?.isRunning == true)
    for (count, delay) in [10, 20, 40, 80, 160, 300, 300, 300].enumerated() {
      simulation.exits(code: 1)
      let status = try #require(simulation["app"])
      #expect(status.waitingReason == "CrashLoopBackOff")
      #expect(status.restartCount == count + 1)
      #expect(status.lastTermination?.exitCode == 1)
      let text = delay < 60 ? "\(delay)s" : "\(delay / 60)m\(delay % 60)s"
      #expect(status.waitingMessage == "back-off \(text) restarting failed container=app pod=pod_ns(u-1)")
      simulation.advance(.seconds(delay) - .milliseconds(1))
      #expect(simulation["app"]?.isRunning == false)
      simulation.advance(.milliseconds(1))
      #expect(simulation["app"]?.isRunning == true)
      #expect(simulation["app"]?.restartCount == count + 2)
    }
  }

  @Test("Ten good minutes make the next restart immediate again")
  func reset() {
    var simulation = Simulation(.test("app"))
    for _ in 0..<3 {
      simulation.exits(code: 1)
      simulation.advance(.seconds(20))
    }
    #expect(simulation["app"]?.isRunning == true)
    simulation.advance(.seconds(601))
    simulation.exits(code: 1)
    #expect(simulation["app"]?.isRunning == true)
    simulation.exits(code: 1)
    #expect(simulation["app"]?.waitingMessage?.hasPrefix("back-off 10s ") == true)
  }

  @Test("The wall clock, set forward or back, changes no wait", arguments: [-36_000_000, 36_000_000])
  func wallClock(shift: Int) {
    var simulation = Simulation(.test("app"))
    simulation.exits(code: 1)
    simulation.exits(code: 1)
    simulation.shiftWallClock(.seconds(shift))
    #expect(simulation["app"]?.waitingReason == "CrashLoopBackOff")
    simulation.advance(.seconds(9))
    #expect(simulation["app"]?.isRunning == false)
    simulation.advance(.seconds(1))
    #expect(simulation["app"]?.isRunning == true)
  }

  @Test(
    "Policies and exit codes",
    arguments: [
      (RestartPolicy.always, Int32(0), PodPhase.running, true), (.always, 1, .running, true),
      (.onFailure, 0, .succeeded, false), (.onFailure, 3, .running, true),
      (.never, 0, .succeeded, false), (.never, 3, .failed, false),
    ]
  )
  func policies(policy: RestartPolicy, code: Int32, phase: PodPhase, restarts: Bool) {
    var simulation = Simulation(.test("app", restartPolicy: policy))
    simulation.exits(code: code)
    #expect(simulation.status.phase == phase)
    #expect(simulation["app"]?.isRunning == restarts)
    #expect(simulation.decision.isFinished == !restarts)
    #expect(simulation.count(.create) == (restarts ? 2 : 1))
  }

  @Test("What is left of an attempt is removed before the next one is made")
  func removalFirst() {
    var simulation = Simulation(.test("app"))
    simulation.answer = { action in
      if case .container(_, _, .delete) = action { return nil }
      return Simulation.succeed(action)
    }
    simulation.exits(code: 1)
    #expect(simulation.count(.delete) == 1)
    simulation.advance(.seconds(100))
    #expect(simulation.count(.create) == 1)
    simulation.send(.container("app", attempt: 0, .deleteFailed("busy")))
    #expect(simulation.count(.delete) == 1)
    simulation.advance(.seconds(10))
    #expect(simulation.count(.delete) == 2)
    simulation.send(.container("app", attempt: 0, .deleted))
    #expect(simulation["app"]?.isRunning == true)
  }

  @Test("An immediate restart shows the end until the next attempt runs")
  func transition() {
    var simulation = Simulation(.test("app"))
    simulation.exits(code: 1)
    simulation.advance(.seconds(1000))
    simulation.answer = { action in
      if case .container(_, _, .create) = action { return nil }
      return Simulation.succeed(action)
    }
    simulation.exits(code: 5)
    #expect(simulation["app"]?.termination?.exitCode == 5)
    #expect(simulation["app"]?.lastTermination?.exitCode == 1)
    #expect(simulation["app"]?.restartCount == 1)
    #expect(simulation.status.phase == .running)
    simulation.answer = Simulation.succeed
    simulation.send(.container("app", attempt: 2, .created(identifier: "third")))
    #expect(simulation["app"]?.isRunning == true)
    #expect(simulation["app"]?.lastTermination?.exitCode == 5)
    #expect(simulation["app"]?.restartCount == 2)
  }

  @Test("One container's restarts do not touch its neighbour")
  func neighbours() {
    var simulation = Simulation(.test("app", "side"))
    simulation.exits("app", code: 1)
    simulation.exits("app", code: 1)
    #expect(simulation["side"]?.isRunning == true)
    #expect(simulation["side"]?.restartCount == 0)
    #expect(simulation.status.phase == .running)
    #expect(simulation.status.condition("Ready")?.message == "containers with unready status: [app]")
  }
}
