import PodLogic
import PodModel
import Testing

@Suite("A status keeps what Kubernetes keeps")
struct StatusTests {
  @Test("A condition's time moves with its status and with nothing else")
  func transitionTimes() throws {
    var simulation = Simulation(.test("app"))
    let ready = try #require(simulation.status.condition("Ready"))
    simulation.advance(.seconds(60))
    #expect(simulation.status.condition("Ready") == ready)
    simulation.exits(code: 1)
    simulation.exits(code: 1)
    let unready = try #require(simulation.status.condition("Ready"))
    #expect(unready.status == .false)
    #expect(unready.lastTransitionTime == Timestamp(seconds: 1_800_000_060))
    #expect(simulation.status.condition("PodScheduled")?.lastTransitionTime == Timestamp(seconds: 1_800_000_000))
    #expect(simulation.status.startTime == Timestamp(seconds: 1_800_000_000))
  }

  @Test("The generation that was acted upon is in the status and in every condition")
  func generation() {
    var pod = Pod.test("app")
    pod.metadata.generation = 7
    let simulation = Simulation(pod)
    #expect(simulation.status.observedGeneration == 7)
    #expect(simulation.status.conditions.allSatisfy { $0.observedGeneration == 7 })
  }

  @Test("A terminal phase stays, whatever comes after it")
  func sticky() {
    var simulation = Simulation(.test("app", restartPolicy: .never))
    simulation.exits(code: 0)
    let before = simulation.status
    simulation.exits(code: 9)
    simulation.send(.sandboxLost)
    simulation.send(.stopRequested(grace: .zero))
    simulation.advance(.seconds(1000))
    #expect(simulation.status == before)
  }

  @Test(
    "A terminal phase of before, such as one from a record, is not taken back",
    arguments: [PodPhase.succeeded, .failed]
  )
  func recorded(phase: PodPhase) {
    let pod = Pod.test("app")
    let now = Moment(instant: Instant(sinceStart: .zero), wall: Timestamp(seconds: 1))
    var state = PodState(pod, acceptedAt: now)
    state.publish(PodStatus(phase: phase))
    let decision = decide(pod, state, now: now)
    #expect(decision.status.phase == phase)
    #expect(decision.actions.isEmpty && decision.isFinished)
  }

  @Test("A terminal phase is not told while a process may live")
  func noEarlyEnd() {
    var simulation = Simulation(.test("a", "b", restartPolicy: .never))
    simulation.exits("a", code: 1)
    #expect(simulation.status.phase == .running)
    simulation.exits("b", code: 0)
    #expect(simulation.status.phase == .failed)
  }

  @Test("The image and the attempt are named as the runtime names them")
  func names() {
    let simulation = Simulation(.test("app"))
    #expect(simulation["app"]?.image == "docker.io/library/app:1")
    #expect(simulation["app"]?.imageID == "sha256:1")
    #expect(simulation["app"]?.containerID == "swiftlet://id")
    #expect(simulation["app"]?.ready == true)
    #expect(simulation["app"]?.started == true)
  }

  @Test("How volumes are mounted is told from the first status on, as the kubelet tells it")
  func volumeMounts() {
    var pod = Pod.test("app")
    pod.spec.containers[0].volumeMounts = [
      VolumeMount(name: "a", mountPath: "/a/"), VolumeMount(name: "b", mountPath: "/b", readOnly: true),
      VolumeMount(name: "c", mountPath: "/c", readOnly: true), VolumeMount(name: "d", mountPath: "/d", readOnly: true),
      VolumeMount(name: "e", mountPath: "/e", readOnly: true),
    ]
    for (index, mode) in [nil, .disabled, .ifPossible, .enabled].enumerated()
      as EnumeratedSequence<
        [VolumeMount.RecursiveReadOnly?]
      >
    {
      pod.spec.containers[0].volumeMounts[index + 1].recursiveReadOnly = mode
    }
    let expected = [
      VolumeMountStatus(name: "a", mountPath: "/a/"),
      VolumeMountStatus(name: "b", mountPath: "/b", readOnly: true, recursiveReadOnly: .disabled),
      VolumeMountStatus(name: "c", mountPath: "/c", readOnly: true, recursiveReadOnly: .disabled),
      VolumeMountStatus(name: "d", mountPath: "/d", readOnly: true, recursiveReadOnly: .enabled),
      VolumeMountStatus(name: "e", mountPath: "/e", readOnly: true, recursiveReadOnly: .enabled),
    ]
    var simulation = Simulation(pod) { _ in nil }
    #expect(simulation["app"]?.volumeMounts == expected)
    simulation = Simulation(pod)
    #expect(simulation["app"]?.volumeMounts == expected)
    simulation.exits(code: 1)
    #expect(simulation["app"]?.volumeMounts == expected)
  }

  @Test(
    "oom_score_adj follows the class and the request",
    arguments: [
      (nil, nil, 1000), (nil, "100Mi", -997), ("0", nil, 1000), ("512Mi", nil, 500), ("1023Mi", nil, 3),
      ("2Gi", nil, 3), ("1Ki", nil, 999), ("9E", nil, 3),
    ] as [(String?, String?, Int)]
  )
  func oomScore(request: String?, limit: String?, expected: Int) throws {
    var pod = Pod.test("app")
    if let request { pod.spec.containers[0].resources.requests.memory = try Quantity(parsing: request) }
    if let limit {
      pod.spec.containers[0].resources.limits = ResourceList(cpu: Quantity(1), memory: try Quantity(parsing: limit))
    }
    #expect(pod.oomScoreAdj(of: pod.spec.containers[0], memoryCapacity: 1 << 30) == expected)
  }
}

@Suite("A termination message is short and comes from where its policy says")
struct TerminationMessageTests {
  @Test(
    "File first, the log only for a failure that said nothing",
    arguments: [
      ("file", "log", true, true, "file"), ("", "log", true, true, "log"), ("", "log", true, false, ""),
      ("", "log", false, true, ""), ("file", "log", false, true, "file"),
    ]
  )
  func source(file: String, log: String, fallsBack: Bool, failed: Bool, expected: String) {
    let message = TerminationMessage.choose(
      file: Array(file.utf8),
      logTail: Array(log.utf8),
      fallsBackToLog: fallsBack,
      failed: failed,
      containers: 1
    )
    #expect(message == expected)
  }

  @Test("4096 bytes of the file, less when many containers share 12 KiB", arguments: [(1, 4096), (3, 4096), (6, 2048)])
  func limits(containers: Int, expected: Int) {
    let message = TerminationMessage.choose(
      file: Array(repeating: 0x61, count: 9000),
      logTail: [],
      fallsBackToLog: false,
      failed: true,
      containers: containers
    )
    #expect(message.utf8.count == expected)
  }

  @Test("The last 80 lines of the log")
  func lines() {
    let log = (1...100).map { "line \($0)\n" }.joined()
    let message = TerminationMessage.choose(
      file: [],
      logTail: Array(log.utf8),
      fallsBackToLog: true,
      failed: true,
      containers: 1
    )
    #expect(message == (21...100).map { "line \($0)\n" }.joined())
  }

  @Test("A character that the limit splits is left out, and other bytes harm nothing")
  func characters() {
    let text = String(repeating: "a", count: 4095) + "é"
    let message = TerminationMessage.choose(
      file: Array(text.utf8),
      logTail: [],
      fallsBackToLog: false,
      failed: true,
      containers: 1
    )
    #expect(message == String(repeating: "a", count: 4095))
    let bytes = TerminationMessage.choose(
      file: [0xFF, 0x61, 0xC3],
      logTail: [],
      fallsBackToLog: false,
      failed: true,
      containers: 1
    )
    #expect(bytes == "\u{FFFD}a")
  }
}
