import PodLogic
import PodModel
import RuntimeAPI
import RuntimeTestKit
import Testing

@testable import PodEngine

@Suite("The engine runs a pod from its acceptance until nothing of it is left", .timeLimit(.minutes(1)))
struct EngineTests {
  private let app: ContainerID

  init() throws {
    let sandbox = try #require(SandboxID("u-1"))
    app = try #require(ContainerID(sandbox: sandbox, name: "app", attempt: 0))
  }

  @Test("A program that ends well leaves a pod that has succeeded, and nothing else")
  func success() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    await bench.runtime.script("app", ContainerScript(life: .exits(code: 0, after: .seconds(3))))
    let pod = try await bench.accept(.test("app", restartPolicy: .never))
    await pod.untilRunning()
    #expect(pod.status?.phase == .running)
    #expect(
      bench.files().filter { !$0.contains("files/") } == [
        "run", "run/pods", "run/pods/u-1", "run/pods/u-1/files", "state", "state/logs", "state/logs/default_web_u-1",
        "state/logs/default_web_u-1/app", "state/pods", "state/pods/u-1", "state/pods/u-1/app.0",
        "state/pods/u-1/app.0/termination-log", "state/pods/u-1/app.0/u", "state/pods/u-1/app.0/w",
      ]
    )
    bench.clock.advance(by: .seconds(3))
    let status = await pod.untilFinished()
    #expect(status?.phase == .succeeded)
    #expect(status?["app"]?.termination?.reason == "Completed")
    try await pod.handle.discard()
    #expect(bench.files() == ["run", "run/pods", "run/pods/u-1", "state", "state/logs", "state/pods"])
    #expect(bench.ledger.isEmpty)
    let sandbox = app.sandbox
    #expect(
      await bench.runtime.calls == [.createSandbox(sandbox), .create(app), .start(app), .removeSandbox(sandbox)]
    )
    #expect(
      pod.updates.notices.map(\.reason) == ["Pulled", "Created", "Started"]
    )
  }

  @Test("Restarts follow the clock of the engine and no other")
  func crashLoop() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    await bench.runtime.script("app", ContainerScript(life: .exits(code: 1, after: .zero)))
    let pod = try await bench.accept(.test("app"))
    for (restarts, delay) in [(1, 10), (2, 20), (3, 40)] {
      await pod.untilStatus { status in
        status["app"]?.waitingReason == "CrashLoopBackOff" && status["app"]?.restartCount == restarts
      }
      bench.clock.shiftWallTime(seconds: -86_400)
      bench.clock.advance(by: .seconds(delay))
    }
    await pod.untilStatus { $0["app"]?.restartCount == 4 }
    pod.handle.stop()
    let status = await pod.untilFinished()
    #expect(status?.phase == .failed)
    #expect(status?["app"]?.termination?.exitCode == 1)
    let calls = await bench.runtime.calls
    // Each attempt is removed before the next is made.
    let deletions = calls.positions { if case .delete = $0 { true } else { false } }
    let creations = calls.positions { if case .create = $0 { true } else { false } }
    #expect(zip(deletions, creations.dropFirst()).allSatisfy { $0 < $1 })
    #expect(creations.count == 5)
  }

  @Test("That its deadline has passed is told once, before it is stopped")
  func deadline() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    await bench.runtime.script("app", ContainerScript(reactions: [15: .ignores]))
    var spec = Pod.test("app")
    spec.spec.activeDeadlineSeconds = 60
    spec.spec.terminationGracePeriodSeconds = 5
    let pod = try await bench.accept(spec)
    await pod.untilRunning()
    bench.clock.advance(by: .seconds(60))
    await pod.until { $0.notices.contains { $0.reason == "Killing" } }
    bench.clock.advance(by: .seconds(5))
    let status = await pod.untilFinished()
    #expect(status?.reason == "DeadlineExceeded")
    let reasons = pod.updates.notices.map(\.reason)
    #expect(reasons.suffix(3) == ["DeadlineExceeded", "Killing", "ExceededGracePeriod"])
    #expect(reasons.count { $0 == "DeadlineExceeded" } == 1)
  }

  @Test("A program that ignores its stop signal is killed when its grace is over")
  func stubborn() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    await bench.runtime.script("app", ContainerScript(reactions: [10: .ignores]))
    var spec = Pod.test("app")
    spec.spec.containers[0].lifecycle = Lifecycle(stopSignal: "SIGUSR1")
    let pod = try await bench.accept(spec)
    await pod.untilRunning()
    pod.handle.stop(grace: .seconds(5))
    await pod.until { $0.notices.contains { $0.reason == "Killing" } }
    while await !bench.runtime.calls.contains(.signal(app, 10, .initProcess)) { await Task.yield() }
    bench.clock.advance(by: .seconds(5))
    let status = await pod.untilFinished()
    #expect(await bench.runtime.calls.contains(.signal(app, 9, .everyProcess)))
    #expect(status?["app"]?.termination?.exitCode == 137)
    #expect(status?["app"]?.termination?.reason == "Error")
    #expect(status?.phase == .failed)
  }

  @Test("A stop is heard while a start hangs", arguments: [true, false])
  func hanging(inCreate: Bool) async throws {
    let bench = try Bench()
    defer { bench.clean() }
    await bench.runtime.script("app", inCreate ? ContainerScript(create: .hangs) : ContainerScript(start: .hangs))
    let pod = try await bench.accept(.test("app"))
    while await !bench.runtime.calls.contains(inCreate ? .create(app) : .start(app)) { await Task.yield() }
    pod.handle.kill()
    let status = await pod.untilFinished()
    #expect(status?.phase == .failed)
    #expect(status?["app"]?.termination?.exitCode == 137)
    try await pod.handle.discard()
    #expect(bench.files() == ["run", "run/pods", "run/pods/u-1", "state", "state/logs", "state/pods"])
  }

  @Test("A sandbox that is made while the pod ends is removed all the same")
  func lateSandbox() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    await bench.runtime.scriptSandbox(.succeedsAfter(.seconds(5)))
    let pod = try await bench.accept(.test("app"))
    while bench.clock.sleepers == 0 { await Task.yield() }
    pod.handle.kill()
    while await !bench.runtime.calls.contains(.removeSandbox(app.sandbox)) { await Task.yield() }
    bench.clock.advance(by: .seconds(5))
    _ = await pod.untilFinished()
    #expect(try await bench.runtime.list().isEmpty)
  }

  @Test("Last words come from the file, and from the log where the pod asks for it")
  func lastWords() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    let crash = ContainerScript.Life.exits(code: 1, after: .zero)
    await bench.runtime.script(
      "file",
      ContainerScript(life: crash, output: [.init("log")], files: ["/dev/termination-log": "words"])
    )
    await bench.runtime.script(
      "log",
      ContainerScript(life: crash, output: [.init("one"), .init("two", isError: true)])
    )
    await bench.runtime.script("none", ContainerScript(life: crash, output: [.init("log")]))
    var spec = Pod.test("file", "log", "none", restartPolicy: .never)
    for index in 0...1 { spec.spec.containers[index].terminationMessagePolicy = .fallbackToLogsOnError }
    let status = await (try await bench.accept(spec)).untilFinished()
    #expect(status?["file"]?.termination?.message == "words")
    #expect(status?["log"]?.termination?.message == "one\ntwo\n")
    #expect(status?["none"]?.termination?.message == nil)
  }

  @Test("An image that cannot be pulled has Kubernetes' reasons, and is pulled once it is there")
  func missingImage() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    bench.images.remove()
    let pod = try await bench.accept(.test("app"))
    await pod.untilStatus { $0["app"]?.waitingReason == "ErrImagePull" }
    #expect(pod.status?["app"]?.waitingMessage == "docker.io/library/app:1: not found")
    bench.clock.advance(by: .seconds(1))
    await pod.untilStatus { $0["app"]?.waitingReason == "ImagePullBackOff" }
    bench.images.offer()
    bench.clock.advance(by: .seconds(9))
    await pod.untilRunning()
    pod.handle.kill()
    _ = await pod.untilFinished()
  }

  @Test(
    "imagePullPolicy decides who is asked",
    arguments: [(ImagePullPolicy.ifNotPresent, 0), (.always, 1), (.never, 0)]
  )
  func pullPolicy(policy: ImagePullPolicy, pulls: Int) async throws {
    let bench = try Bench()
    defer { bench.clean() }
    bench.images.offer()
    var spec = Pod.test("app")
    spec.spec.containers[0].imagePullPolicy = policy
    let pod = try await bench.accept(spec)
    await pod.untilRunning()
    #expect(bench.images.pulls == pulls)
    #expect(pod.status?["app"]?.imageID == (pulls > 0 ? "sha256:def" : "sha256:abc"))
    pod.handle.kill()
    _ = await pod.untilFinished()
  }

  @Test(
    "What cannot be had has the kubelet's reasons and words, in the status and in events",
    arguments: [
      (
        "app:1", ImagePullPolicy.never, "ErrImageNeverPull",
        "Container image \"app:1\" is not present with pull policy of Never", "ErrImageNeverPull"
      ),
      (
        "App", .ifNotPresent, "InvalidImageName",
        "Failed to apply default image tag \"App\": couldn't parse image name \"App\": a repository is written in lower case: "
          + "\"app\"", "InspectFailed"
      ),
      (
        "app:broken", .ifNotPresent, "ImageInspectError",
        "Failed to inspect image \"app:broken\": layer x is damaged: gone; remove the image and pull or load it again",
        "InspectFailed"
      ),
    ]
  )
  func imageWords(
    image: String,
    policy: ImagePullPolicy,
    reason: String,
    message: String,
    eventReason: String
  ) async throws {
    let bench = try Bench()
    defer { bench.clean() }
    bench.images.remove()
    var spec = Pod.test("app")
    spec.spec.containers[0].image = image
    spec.spec.containers[0].imagePullPolicy = policy
    let pod = try await bench.accept(spec)
    await pod.untilStatus { $0["app"]?.waitingReason == reason }
    #expect(pod.status?["app"]?.waitingMessage == message)
    pod.handle.kill()
    _ = await pod.untilFinished()
    let told = pod.updates.notices.map { "\($0.isWarning ? "Warning" : "Normal") \($0.reason): \($0.message)" }
    #expect(told.contains("Warning \(eventReason): \(message)"))
    #expect(told.contains("Warning Failed: Error: \(reason)"))
  }

  @Test(
    "A pull that takes its time is told in the status at once and in events now and then; a failed one as it is told"
  )
  func pullProgress() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    bench.images.remove()
    bench.images.betweenProgress { bench.clock.advance(by: .seconds(4)) }
    let pod = try await bench.accept(.test("app"))
    await pod.untilStatus { $0["app"]?.waitingReason == "ErrImagePull" }
    bench.clock.advance(by: .seconds(1))
    await pod.untilStatus { $0["app"]?.waitingReason == "ImagePullBackOff" }
    pod.handle.kill()
    _ = await pod.untilFinished()
    let told = pod.updates.notices.filter { $0.container == "app" }.map { "\($0.reason): \($0.message)" }
    #expect(
      told == [
        "Pulling: Pulling image \"app:1\"", "Pulling: Pulling image \"app:1\": pulling image: 4 of 9 MB",
        "Pulling: Pulling image \"app:1\": pulling image: 7 of 9 MB",
        "Failed: Failed to pull image \"app:1\": docker.io/library/app:1: not found", "Failed: Error: ErrImagePull",
        "BackOff: Back-off pulling image \"app:1\"", "Failed: Error: ImagePullBackOff",
      ]
    )
    #expect(pod.updates.notices.filter(\.isRepetition).count == 2)
    let messages = pod.updates.compactMap {
      if case .status(let status) = $0 { status["app"]?.waitingMessage } else { nil }
    }
    #expect(messages.contains { $0.hasPrefix("pulling image: ") })
  }

  @Test("A supervisor's death is told as unknown ends, and the pod goes on in a new sandbox")
  func lostSupervisor() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    let pod = try await bench.accept(.test("app"))
    await pod.untilRunning()
    await bench.runtime.killSupervisor(of: app.sandbox)
    await pod.untilStatus { $0["app"]?.lastTermination?.reason == "ContainerStatusUnknown" }
    bench.clock.advance(by: .seconds(60))
    await pod.untilStatus { status in (status["app"]?.restartCount ?? 0) > 0 && status.phase == .running }
    #expect(pod.status?["app"]?.lastTermination?.exitCode == 137)
    #expect(await bench.runtime.sandboxConfigurations.count == 2)
    pod.handle.kill()
    _ = await pod.untilFinished()
  }

  @Test("A user that breaks runAsNonRoot is refused in the kubelet's words")
  func nonRoot() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    var spec = Pod.test("app")
    spec.spec.securityContext.runAsNonRoot = true
    let pod = try await bench.accept(spec)
    await pod.untilStatus { $0["app"]?.waitingReason == "CreateContainerConfigError" }
    #expect(
      pod.status?["app"]?.waitingMessage?.contains("container has runAsNonRoot and image will run as root") == true
    )
    #expect(await !bench.runtime.calls.contains(.create(app)))
    pod.handle.kill()
    _ = await pod.untilFinished()
  }

  @Test("A program that does not exist ends its attempt with StartError and 127")
  func startError() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    await bench.runtime.script(
      "app",
      ContainerScript(start: .fails(.cannotExecute(program: "/nope", errno: 2)))
    )
    let status = await (try await bench.accept(.test("app", restartPolicy: .never))).untilFinished()
    #expect(status?["app"]?.termination?.exitCode == 127)
    #expect(status?["app"]?.termination?.reason == "StartError")
    #expect(status?["app"]?.termination?.message == "cannot execute /nope: No such file or directory")
  }

  @Test("A runtime that cannot honour a field is told as a configuration error, other failures as its own")
  func createErrors() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    await bench.runtime.script(
      "app",
      ContainerScript(create: .fails(.unsupported(path: "linux.devices", runtime: "fake")))
    )
    await bench.runtime.script(
      "other",
      ContainerScript(create: .fails(.failed(step: "mount", errno: 12, detail: "/proc")))
    )
    let pod = try await bench.accept(.test("app", "other"))
    await pod.untilStatus { $0["other"]?.waitingReason == "CreateContainerError" }
    #expect(pod.status?["app"]?.waitingReason == "CreateContainerConfigError")
    #expect(pod.status?["other"]?.waitingMessage == "mount (/proc) failed: Cannot allocate memory")
    #expect(bench.files().contains { $0.contains("app.0") } == false)
    pod.handle.kill()
    _ = await pod.untilFinished()
  }

  @Test("A limit that nobody can enforce refuses the pod by the field's name, or is dropped aloud")
  func limits() async throws {
    var bench = try Bench(enforceableLimits: [])
    defer { bench.clean() }
    var spec = Pod.test("app")
    spec.spec.containers[0].resources.limits.memory = Quantity(1 << 20)
    do {
      _ = try await bench.accept(spec)
      Issue.record("accepted")
    } catch let error as AdmissionError {
      #expect(error.problems.map(\.field) == ["spec.containers[app].resources.limits.memory"])
    }
    #expect(await bench.runtime.calls.isEmpty)
    #expect(bench.ledger.isEmpty)
    bench.settings.bestEffortLimits = true
    let pod = try await bench.accept(spec)
    await pod.untilRunning()
    let dropped = pod.updates.compactMap { if case .limitDropped(let error) = $0 { error.field } else { nil } }
    #expect(dropped == ["spec.containers[app].resources.limits.memory"])
    pod.handle.kill()
    _ = await pod.untilFinished()
  }

  @Test("A pod has one owner")
  func oneOwner() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    let pod = try await bench.accept(.test("app"))
    do {
      _ = try await bench.accept(.test("app"))
      Issue.record("accepted twice")
    } catch is MemoryLedger.Taken {
      #expect(await bench.runtime.calls.count { $0 == .createSandbox(app.sandbox) } <= 1)
    }
    pod.handle.kill()
    _ = await pod.untilFinished()
    try await pod.handle.discard()
    let again = try await bench.accept(.test("app"))
    again.handle.kill()
    _ = await again.untilFinished()
  }

  @Test("Logs and layers stay where they are to be kept")
  func retention() async throws {
    var bench = try Bench()
    defer { bench.clean() }
    bench.settings.retention = Retention(keepsLogs: true, keepsLayers: true)
    await bench.runtime.script(
      "app",
      ContainerScript(life: .exits(code: 1, after: .zero), output: [.init("kept")])
    )
    let pod = try await bench.accept(.test("app"))
    await pod.untilStatus { $0["app"]?.waitingReason == "CrashLoopBackOff" }
    pod.handle.stop()
    _ = await pod.untilFinished()
    try await pod.handle.discard()
    let files = bench.files()
    #expect(files.contains("state/logs/default_web_u-1/app/1.log"))
    #expect(files.contains("state/pods/u-1/app.0/u") && files.contains("state/pods/u-1/app.1/u"))
    #expect(!files.contains { $0.hasPrefix("run/pods/u-1/") })
  }
}

extension Array {
  fileprivate func positions(where isMatch: (Element) -> Bool) -> [Int] {
    enumerated().filter { isMatch($0.element) }.map(\.offset)
  }
}
