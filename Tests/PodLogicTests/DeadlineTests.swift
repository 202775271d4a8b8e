import PodLogic
import PodModel
import Testing

@Suite("A pod that runs longer than it may is ended as failed")
struct DeadlineTests {
  static func pod(_ seconds: Int64, policy: RestartPolicy = .always) -> Pod {
    var pod = Pod.test("app", restartPolicy: policy)
    pod.spec.activeDeadlineSeconds = seconds
    pod.spec.terminationGracePeriodSeconds = 5
    return pod
  }

  @Test("At the deadline it is stopped within its grace period; then it has failed by DeadlineExceeded")
  func deadline() {
    var simulation = Simulation(Self.pod(60))
    simulation.advance(.milliseconds(59_999))
    #expect(simulation.count(.stop) == 0)
    #expect(simulation.decision.wakeAt == simulation.state.acceptedAt.instant + .seconds(60))
    #expect(!simulation.decision.isPastDeadline)
    simulation.advance(.milliseconds(1))
    #expect(simulation.count(.stop) == 1)
    #expect(simulation.decision.isPastDeadline)
    #expect(simulation.status.phase == .running)
    #expect(simulation.status.reason == nil)
    simulation.advance(.seconds(5))
    #expect(simulation.count(.kill) == 1)
    simulation.exits(code: 0)
    #expect(simulation.status.phase == .failed)
    #expect(simulation.status.reason == "DeadlineExceeded")
    #expect(simulation.status.message == "Pod was active on the node longer than the specified deadline")
    #expect(simulation.decision.isFinished)
    #expect(simulation.count(.start) == 1)
  }

  @Test("A pod that never got to start has failed as well")
  func neverStarted() {
    var simulation = Simulation(Self.pod(60)) { action in
      if case .container(let name, let attempt, .resolveImage) = action {
        return .container(name, attempt: attempt, .imageFailed(.pull("no")))
      }
      return Simulation.succeed(action)
    }
    simulation.advance(.seconds(60))
    #expect(simulation.status.phase == .failed)
    #expect(simulation.status.reason == "DeadlineExceeded")
  }

  @Test("A container that waits for its restart at the deadline is told as it ended")
  func crashLoop() {
    var simulation = Simulation(Self.pod(60))
    simulation.exits(code: 3)
    simulation.exits(code: 4)
    simulation.advance(.seconds(1))
    for _ in 0..<4 {
      simulation.advance(.seconds(60))
      if simulation.decision.isFinished { break }
      simulation.exits(code: 4)
    }
    #expect(simulation.status.reason == "DeadlineExceeded")
    #expect(simulation["app"]?.termination?.exitCode == 4)
  }

  @Test("The event is the kubelet's")
  func notice() {
    let notice = PodNotice.deadlineExceeded
    #expect(notice.reason == "DeadlineExceeded" && !notice.isWarning)
    #expect(notice.message == "Pod was active on the node longer than the specified deadline")
  }

  @Test("What has ended before it has ended as it did")
  func endedBefore() {
    var simulation = Simulation(Self.pod(60, policy: .never))
    simulation.answer = { $0 == .removeSandbox ? .sandboxRemovalFailed("busy") : Simulation.succeed($0) }
    simulation.exits(code: 0)
    simulation.advance(.seconds(120))
    #expect(simulation.status.phase == .succeeded)
    #expect(simulation.status.reason == nil)
  }

  @Test("The wall clock has no say")
  func wallClock() {
    var simulation = Simulation(Self.pod(60))
    simulation.shiftWallClock(.seconds(86_400))
    #expect(simulation.count(.stop) == 0)
  }

  @Test("A wish to end that came before stays the reason")
  func stoppedBefore() {
    var simulation = Simulation(Self.pod(60))
    simulation.advance(.seconds(58))
    simulation.send(.stopRequested(grace: .seconds(30)))
    simulation.advance(.seconds(10))
    simulation.exits(code: 0)
    #expect(simulation.status.phase == .succeeded)
  }
}
