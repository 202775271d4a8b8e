import PodLogic
import PodModel
import Testing

@Suite("A pod is started in order and says what stands in the way")
struct StartTests {
  @Test("Sandbox first, then each container up to its start before the next is begun")
  func order() {
    let simulation = Simulation(.test("b", "a"))
    let expected: [PodAction] =
      [.createSandbox]
      + ["b", "a"].flatMap { name in
        [ContainerAction.resolveImage, .create, .start].map { .container(name, attempt: 0, $0) }
      }
    #expect(simulation.actions == expected)
    #expect(simulation.status.phase == .running)
    #expect(simulation.status.containerStatuses.map(\.name) == ["a", "b"])
    #expect(simulation.status.conditions.allSatisfy { $0.status == .true })
    #expect(
      simulation.status.conditions.map(\.type)
        == ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]
    )
  }

  @Test("Before anything happened, every container is told as being created")
  func pending() {
    let simulation = Simulation(.test("app")) { _ in nil }
    #expect(simulation.status.phase == .pending)
    #expect(simulation["app"]?.waitingReason == "ContainerCreating")
    #expect(simulation["app"]?.restartCount == 0)
    #expect(simulation["app"]?.started == nil)
    #expect(simulation.status.condition("PodReadyToStartContainers")?.status == .false)
    #expect(simulation.status.condition("Initialized")?.status == .true)
    #expect(simulation.status.condition("Ready")?.reason == "ContainersNotReady")
    #expect(simulation.status.qosClass == .bestEffort)
  }

  @Test("A sandbox that cannot be made is tried again, later each time")
  func sandbox() {
    var simulation = Simulation(.test("app")) { action in
      action == .createSandbox ? .sandboxFailed("no namespaces") : Simulation.succeed(action)
    }
    for (tries, delay) in [1, 2, 4, 8, 10, 10].enumerated() {
      #expect(simulation.actions.count == tries + 1)
      simulation.advance(.seconds(delay) - .milliseconds(1))
      #expect(simulation.actions.count == tries + 1)
      simulation.advance(.milliseconds(1))
    }
    #expect(simulation["app"]?.waitingReason == "ContainerCreating")
    simulation.answer = Simulation.succeed
    simulation.advance(.seconds(10))
    #expect(simulation.status.phase == .running)
  }

  @Test(
    "An image that cannot be had gives Kubernetes' reason",
    arguments: [
      (ImageFailure.neverPull("no"), "ErrImageNeverPull", "ErrImageNeverPull"),
      (.invalidName("bad"), "InvalidImageName", "InvalidImageName"),
      (.pull("gone"), "ErrImagePull", "ImagePullBackOff"),
      (.inspect("broken"), "ImageInspectError", "ImageInspectError"),
    ]
  )
  func images(failure: ImageFailure, first: String, later: String) {
    var simulation = Simulation(.test("app")) { action in
      if case .container(let name, let attempt, .resolveImage) = action {
        return .container(name, attempt: attempt, .imageFailed(failure))
      }
      return Simulation.succeed(action)
    }
    #expect(simulation["app"]?.waitingReason == first)
    #expect(simulation["app"]?.waitingMessage == failure.message)
    simulation.advance(.seconds(1))
    #expect(simulation["app"]?.waitingReason == later)
    #expect(simulation.status.phase == .pending)
    #expect(simulation.count(.resolveImage) == 1)
    simulation.advance(.seconds(9))
    #expect(simulation.count(.resolveImage) == 2)
    simulation.advance(.seconds(19))
    #expect(simulation.count(.resolveImage) == 2)
    simulation.answer = Simulation.succeed
    simulation.advance(.seconds(1))
    #expect(simulation["app"]?.isRunning == true)
    #expect(simulation["app"]?.restartCount == 0)
  }

  @Test("A container that cannot be made does not hold up the others")
  func createFailure() {
    var simulation = Simulation(.test("bad", "good")) { action in
      if case .container("bad", let attempt, .create) = action {
        return .container("bad", attempt: attempt, .createFailed(.configuration("runs as root")))
      }
      return Simulation.succeed(action)
    }
    #expect(simulation["bad"]?.waitingReason == "CreateContainerConfigError")
    #expect(simulation["bad"]?.waitingMessage == "runs as root")
    #expect(simulation["good"]?.isRunning == true)
    #expect(simulation.status.phase == .pending)
    simulation.advance(.seconds(1))
    #expect(simulation.count(.create, of: "bad") == 2)
    #expect(simulation["bad"]?.restartCount == 0)
    let runtime = CreateFailure.runtime("no memory")
    simulation.answer = { action in
      if case .container(let name, let attempt, .create) = action {
        return .container(name, attempt: attempt, .createFailed(runtime))
      }
      return Simulation.succeed(action)
    }
    simulation.advance(.seconds(2))
    #expect(simulation["bad"]?.waitingReason == "CreateContainerError")
  }

  @Test("A program that cannot be executed ends its attempt with StartError")
  func startFailure() {
    let refuse: (PodAction) -> PodEvent? = { action in
      if case .container(let name, let attempt, .start) = action {
        return .container(name, attempt: attempt, .startFailed(code: 127, message: "no such file"))
      }
      return Simulation.succeed(action)
    }
    let never = Simulation(.test("app", restartPolicy: .never), answer: refuse)
    #expect(never.status.phase == .failed)
    #expect(never["app"]?.termination?.reason == "StartError")
    #expect(never["app"]?.termination?.exitCode == 127)
    #expect(never["app"]?.termination?.message == "no such file")
    let always = Simulation(.test("app"), answer: refuse)
    #expect(always["app"]?.waitingReason == "CrashLoopBackOff")
    #expect(always["app"]?.lastTermination?.reason == "StartError")
    #expect(always["app"]?.restartCount == 1)
  }

  @Test("A lost sandbox is removed, made again, and its containers restarted as their policy says")
  func lostSandbox() {
    var simulation = Simulation(.test("app"))
    simulation.exits(code: 137, cause: .unknown)
    #expect(simulation["app"]?.lastTermination?.reason == "ContainerStatusUnknown")
    #expect(simulation["app"]?.lastTermination?.exitCode == 137)
    simulation.send(.sandboxLost)
    #expect(simulation.actions.suffix(2) == [.removeSandbox, .createSandbox])
    #expect(simulation.actions.count { $0 == .createSandbox } == 2)
    // The attempt that ran at the loss has ended without a trace; the restart after it waits.
    #expect(simulation["app"]?.restartCount == 1)
    #expect(simulation["app"]?.waitingReason == "CrashLoopBackOff")
    var once = Simulation(.test("app", restartPolicy: .never))
    once.exits(code: 137, cause: .unknown)
    #expect(once.status.phase == .failed)
    #expect(once.decision.isFinished)
  }

  @Test(
    "Ends are told in Kubernetes' words",
    arguments: [
      (Int32(0), ContainerEnd.Cause.itself, "Completed", Int32(0)), (2, .itself, "Error", 2),
      (143, .itself, "Error", 143), (137, .outOfMemory, "OOMKilled", 137), (0, .outOfMemory, "Completed", 0),
      (0, .unknown, "ContainerStatusUnknown", 137),
    ]
  )
  func reasons(code: Int32, cause: ContainerEnd.Cause, reason: String, shown: Int32) {
    var simulation = Simulation(.test("app", restartPolicy: .never))
    simulation.exits(code: code, cause: cause, message: "last words")
    #expect(simulation["app"]?.termination?.reason == reason)
    #expect(simulation["app"]?.termination?.exitCode == shown)
    #expect(simulation["app"]?.termination?.message == "last words")
    #expect(simulation["app"]?.termination?.containerID == "swiftlet://id")
  }
}
