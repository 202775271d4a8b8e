import PodLogic
import PodModel
import Testing

@Suite("A pod that uses more of its node than it may is evicted as by the kubelet")
struct EvictionTests {
  private static let message = "Usage of EmptyDir volume \"data\" exceeds the limit \"1Gi\". "

  private static func pod(_ policy: RestartPolicy = .always) -> Pod {
    var pod = Pod.test("app", restartPolicy: policy)
    pod.spec.terminationGracePeriodSeconds = 60
    return pod
  }

  @Test("It is stopped and soon killed; then it has failed by Evicted, in the words that it was evicted with")
  func evicted() {
    var simulation = Simulation(Self.pod())
    simulation.send(.evicted(Self.message))
    #expect(simulation.count(.stop) == 1)
    #expect(simulation.status.phase == .running)
    #expect(simulation.status.reason == nil)
    // The grace of an eviction is one second, and every container gets two at least.
    simulation.advance(.milliseconds(1999))
    #expect(simulation.count(.kill) == 0)
    simulation.advance(.milliseconds(1))
    #expect(simulation.count(.kill) == 1)
    simulation.exits(code: 137)
    #expect(simulation.status.phase == .failed)
    #expect(simulation.status.reason == "Evicted")
    #expect(simulation.status.message == Self.message)
    #expect(simulation["app"]?.termination?.exitCode == 137)
    #expect(simulation.status.condition("DisruptionTarget") == nil)
    #expect(simulation.decision.isFinished && !simulation.decision.isPastDeadline)
    #expect(simulation.count(.start) == 1)
  }

  @Test("It has failed even if its containers end well, and nothing is started any more")
  func endsWell() {
    var simulation = Simulation(Self.pod(.onFailure))
    simulation.send(.evicted(Self.message))
    simulation.send(.evicted("another reason"))
    simulation.exits(code: 0)
    #expect(simulation.status.phase == .failed)
    #expect(simulation.status.message == Self.message)
    #expect(simulation.count(.start) == 1)
  }

  @Test("A container that waits for its restart is told as it ended")
  func crashLoop() {
    var simulation = Simulation(Self.pod())
    simulation.exits(code: 3)
    simulation.exits(code: 4)
    #expect(simulation["app"]?.waitingReason == "CrashLoopBackOff")
    simulation.send(.evicted(Self.message))
    #expect(simulation.status.reason == "Evicted")
    #expect(simulation["app"]?.termination?.exitCode == 4)
    #expect(simulation["app"]?.lastTermination?.exitCode == 3)
  }

  @Test("What has ended before is not evicted")
  func endedBefore() {
    var simulation = Simulation(Self.pod(.never))
    simulation.answer = { $0 == .removeSandbox ? .sandboxRemovalFailed("busy") : Simulation.succeed($0) }
    simulation.exits(code: 0)
    simulation.send(.evicted(Self.message))
    #expect(simulation.status.phase == .succeeded)
    #expect(simulation.status.reason == nil)
  }

  @Test("Whichever came first is the reason: an eviction, the deadline, or a wish to end")
  func order() {
    var pod = Self.pod()
    pod.spec.activeDeadlineSeconds = 60
    var simulation = Simulation(pod)
    simulation.advance(.seconds(60))
    simulation.send(.evicted(Self.message))
    simulation.exits(code: 0)
    #expect(simulation.status.reason == "DeadlineExceeded")
    simulation = Simulation(pod)
    simulation.advance(.seconds(59))
    simulation.send(.evicted(Self.message))
    simulation.advance(.seconds(1))
    simulation.exits(code: 0)
    #expect(simulation.status.reason == "Evicted")
    simulation = Simulation(pod)
    simulation.send(.stopRequested(grace: .seconds(30)))
    simulation.advance(.seconds(1))
    simulation.send(.evicted(Self.message))
    simulation.exits(code: 0)
    #expect(simulation.status.phase == .succeeded)
  }

  @Test("The event is the kubelet's")
  func notice() {
    let notice = PodNotice(.evicted(Self.message), of: Self.pod())
    #expect(notice?.reason == "Evicted" && notice?.message == Self.message && notice?.isWarning == true)
    #expect(notice?.container == nil)
  }
}
