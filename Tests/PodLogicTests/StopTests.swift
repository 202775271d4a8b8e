import PodLogic
import PodModel
import Testing

@Suite("A pod that is to end gets its grace and no second life")
struct StopTests {
  @Test("Stop signal at once, SIGKILL at the deadline, then the sandbox goes")
  func grace() {
    var simulation = Simulation(.test("app", "side"))
    simulation.send(.stopRequested(grace: .seconds(30)))
    #expect(simulation.count(.stop) == 1)
    #expect(simulation.count(.stop, of: "side") == 1)
    #expect(simulation.status.phase == .running)
    simulation.exits("side", code: 0)
    simulation.advance(.milliseconds(29_999))
    #expect(simulation.count(.kill) == 0)
    simulation.advance(.milliseconds(1))
    #expect(simulation.count(.kill) == 1)
    #expect(simulation.count(.kill, of: "side") == 0)
    #expect(simulation.status.phase == .running)
    simulation.exits("app", code: 137)
    #expect(simulation.status.phase == .failed)
    #expect(simulation["app"]?.termination?.reason == "Error")
    #expect(simulation.decision.isFinished)
    #expect(simulation.actions.last == .removeSandbox)
  }

  @Test("A pod whose containers all end well by the stop signal has succeeded")
  func succeeded() {
    var simulation = Simulation(.test("app"))
    simulation.send(.stopRequested(grace: .seconds(30)))
    simulation.exits(code: 0)
    #expect(simulation.status.phase == .succeeded)
    #expect(simulation.status.condition("Ready")?.reason == "PodCompleted")
    #expect(simulation.status.condition("ContainersReady")?.reason == "PodCompleted")
    #expect(simulation.status.condition("Initialized")?.reason == "PodCompleted")
    #expect(simulation.status.condition("PodReadyToStartContainers")?.status == .false)
  }

  @Test("A second wish can shorten the grace but not lengthen it, and two seconds always remain")
  func shorten() {
    var simulation = Simulation(.test("app"))
    simulation.send(.stopRequested(grace: .seconds(30)))
    simulation.send(.stopRequested(grace: .seconds(300)))
    simulation.send(.stopRequested(grace: .zero))
    simulation.advance(.milliseconds(1999))
    #expect(simulation.count(.kill) == 0)
    simulation.advance(.milliseconds(1))
    #expect(simulation.count(.kill) == 1)
    #expect(simulation.count(.stop) == 1)
  }

  @Test("A kill needs no patience")
  func kill() {
    var simulation = Simulation(.test("app"))
    simulation.send(.killRequested)
    #expect(simulation.count(.kill) == 1)
    #expect(simulation.count(.stop) == 0)
  }

  @Test("What survives SIGKILL is left to the removal of the sandbox")
  func unkillable() {
    var simulation = Simulation(.test("app"))
    simulation.send(.killRequested)
    simulation.advance(.seconds(9))
    #expect(!simulation.actions.contains(.removeSandbox))
    simulation.advance(.seconds(1))
    #expect(simulation.actions.last == .removeSandbox)
    #expect(simulation.decision.isFinished)
    #expect(simulation["app"]?.termination?.reason == "ContainerStatusUnknown")
  }

  @Test(
    "One that has survived SIGKILL waits for those that were killed later, and nobody decides all the time meanwhile"
  )
  func killedOneAfterAnother() throws {
    var pod = Pod.test("app")
    pod.spec.initContainers = [Container(name: "side", image: "app:1")]
    pod.spec.initContainers[0].restartPolicy = .always
    var simulation = Simulation(pod)
    simulation.send(.stopRequested(grace: .seconds(5)))
    while !simulation.decision.isFinished {
      let next = try #require(simulation.decision.wakeAt)
      try #require(next > simulation.now.instant)
      simulation.advance(next - simulation.now.instant)
    }
    // The sidecar is asked when the other is killed, and gets two seconds more.
    #expect(simulation.now.instant - simulation.state.acceptedAt.instant == .seconds(17))
    #expect(simulation.actions.last == .removeSandbox)
  }

  @Test("A back-off ends with the wish to stop, and the last end is told")
  func duringBackOff() {
    var simulation = Simulation(.test("app"))
    simulation.exits(code: 1)
    simulation.exits(code: 7)
    #expect(simulation["app"]?.waitingReason == "CrashLoopBackOff")
    simulation.send(.stopRequested(grace: .seconds(30)))
    #expect(simulation.decision.isFinished)
    #expect(simulation["app"]?.termination?.exitCode == 7)
    #expect(simulation.status.phase == .failed)
  }

  @Test("A pod stopped before anything ran has failed, and its containers are told as not located")
  func beforeStart() {
    var simulation = Simulation(.test("app")) { _ in nil }
    simulation.send(.stopRequested(grace: .seconds(5)))
    #expect(!simulation.decision.isFinished)
    simulation.send(.sandboxCreated(addresses: []))
    simulation.send(.sandboxRemoved)
    #expect(simulation.decision.isFinished)
    #expect(simulation.status.phase == .failed)
    #expect(simulation["app"]?.termination?.exitCode == 137)
    #expect(simulation["app"]?.termination?.reason == "ContainerStatusUnknown")
    #expect(
      simulation["app"]?.termination?.message == "The container could not be located when the pod was terminated"
    )
  }

  @Test("A start that hangs is broken off at the deadline", arguments: [ContainerAction.create, .start, .resolveImage])
  func hanging(hangs: ContainerAction) {
    var simulation = Simulation(.test("app")) { action in
      if case .container(_, _, hangs) = action { return nil }
      return Simulation.succeed(action)
    }
    simulation.send(.stopRequested(grace: .seconds(5)))
    simulation.advance(.milliseconds(4999))
    #expect(!simulation.actions.contains(.removeSandbox))
    simulation.advance(.milliseconds(1))
    #expect(simulation.actions.last == .removeSandbox)
    #expect(simulation.decision.isFinished)
    #expect(simulation.status.phase == .failed)
  }

  @Test("A container that is ready but not started never starts after the wish to stop")
  func createdNotStarted() {
    var simulation = Simulation(.test("app")) { action in
      if case .container(_, _, .create) = action { return nil }
      return Simulation.succeed(action)
    }
    simulation.send(.stopRequested(grace: .seconds(30)))
    simulation.send(.container("app", attempt: 0, .created(identifier: "x")))
    #expect(simulation.count(.start) == 0)
    #expect(simulation.actions.last == .removeSandbox)
  }

  @Test("A sandbox that cannot be removed is tried again and never forgotten")
  func removalFails() {
    var simulation = Simulation(.test("app", restartPolicy: .never))
    simulation.answer = { $0 == .removeSandbox ? .sandboxRemovalFailed("busy") : Simulation.succeed($0) }
    simulation.exits(code: 0)
    #expect(simulation.status.phase == .succeeded)
    #expect(!simulation.decision.isFinished)
    simulation.answer = Simulation.succeed
    simulation.advance(.seconds(1))
    #expect(simulation.decision.isFinished)
    #expect(simulation.actions.count { $0 == .removeSandbox } == 2)
  }
}
