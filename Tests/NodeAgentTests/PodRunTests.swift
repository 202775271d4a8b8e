import Glibc
import Images
import Linux
import PodEngine
import PodLogic
import PodModel
import Privileges
import RuntimeAPI
import RuntimeTestKit
import Testing

@testable import NodeAgent

@Suite("A foreground run shows everything and ends as it should", .timeLimit(.minutes(1)))
struct PodRunTests {
  private struct Images: ImageSource {
    func pull(
      _ reference: ImageReference,
      for pod: Pod,
      holder: String,
      progress: @escaping @Sendable (String) -> Void
    ) async throws(ImageStoreError) -> UsableImage {
      throw .noSuchImage(ImageSelector(reference))
    }

    func find(_ reference: ImageReference, holder: String) async throws(ImageStoreError) -> UsableImage? {
      reference.path == "library/app"
        ? UsableImage(
          name: reference.description,
          id: "sha256:1",
          layers: [],
          configuration: ImageConfiguration(entrypoint: ["/app"])
        ) : nil
    }
  }

  private struct Ledger: PodLedger {
    func claim(_ pod: Pod) async throws {}
    func release(_ pod: Pod) async throws {}
  }

  private struct VirtualClock: EngineClock {
    let clock: FakeClock
    var now: Moment {
      Moment(instant: Instant(sinceStart: clock.now), wall: Timestamp(seconds: clock.wallTime.seconds))
    }
    func sleep(until deadline: Instant) async { await clock.sleep(until: deadline.sinceStart) }
  }

  /// A run whose output goes to files.
  private final class Stage {
    let clock = FakeClock()
    let runtime: FakeRuntime
    let root: String

    init() throws {
      var template = Array("/tmp/swiftlet-run.XXXXXX".utf8CString)
      root = String(cString: try #require(mkdtemp(&template)))
      runtime = FakeRuntime(clock: clock)
    }

    deinit {
      do throws(SyscallError) {
        let parent = try openDirectory(AT_FDCWD, "/tmp")
        try removeTree(parent.raw, String(root.dropFirst("/tmp/".count)))
      } catch {
        Issue.record("\(root) could not be removed: \(error)")
      }
    }

    func run(_ pod: Pod, signals: AsyncStream<Int32> = AsyncStream { $0.finish() }) async throws -> PodRun.Outcome {
      let host = HostFacts(
        hostname: "node",
        capabilities: CapabilityHost(known: .upTo(40), held: .upTo(40)),
        kernel: KernelVersion(major: 6, minor: 1),
        memoryCapacity: 1 << 30,
        maximumOpenFiles: 1024,
        leastOOMScoreAdj: 0
      )
      let settings = EngineSettings(
        directories: PodDirectories(state: "\(root)/state", run: "\(root)/run"),
        host: host,
        pods: .end,
        seccompProfiles: "\(root)/seccomp"
      )
      let ports = PodEngine.Ports(
        runtime: runtime,
        images: Images(),
        ledger: Ledger(),
        clock: VirtualClock(clock: clock)
      )
      let handle = try await PodEngine(ports, settings).accept(pod)
      let logs = try openAt(AT_FDCWD, "\(root)/out", O_WRONLY | O_CREAT | O_APPEND)
      let states = try openAt(AT_FDCWD, "\(root)/err", O_WRONLY | O_CREAT | O_APPEND)
      let plain = Palette(isTerminal: false, environment: [:])
      let style = PodRun.Style(
        logs: logs.raw,
        states: states.raw,
        logPalette: plain,
        statePalette: plain,
        input: InputChoice(pod.spec, stdinIsTerminal: false)
      )
      let outcome = await PodRun(pod, handle, style, startedAt: .now).follow(signals)
      try await handle.discard()
      return outcome
    }

    func lines(_ name: String) throws -> [String] {
      let bytes = try readRegularFile(AT_FDCWD, "\(root)/\(name)", limit: 1 << 24)
      return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Lines about the pod's life, without their times.
    func states() throws -> [String] {
      try lines("err").map { String($0[($0.firstIndex(of: "]") ?? $0.startIndex)...].dropFirst(2)) }
    }
  }

  private func pod(_ names: String..., image: String = "app:1") -> Pod {
    var spec = PodSpec(containers: names.map { Container(name: $0, image: image) })
    spec.restartPolicy = .never
    return Pod(metadata: ObjectMeta(name: "web", uid: "u-1"), spec: spec)
  }

  @Test("Logs with their prefixes, states on the other stream, an exit status")
  func success() async throws {
    let stage = try Stage()
    let exits = ContainerScript.Life.exits(code: 0, after: .zero)
    await stage.runtime.script(
      "web",
      ContainerScript(life: exits, output: [.init("one"), .init("two", isError: true)])
    )
    await stage.runtime.script("sidecar", ContainerScript(life: exits, output: [.init("three")]))
    let outcome = try await stage.run(pod("web", "sidecar"))
    #expect(ExitStatus.of(outcome.status) == 0)
    #expect(outcome.failure == nil)
    #expect(try stage.lines("out").sorted() == ["sidecar | three", "web     | one", "web     | two"])
    let states = try stage.states()
    #expect(states.first == "pod: Pending" && states.last == "pod: Succeeded")
    #expect(states.contains("web: started (pid 1001)") && states.contains("web: exited with 0"))
  }

  @Test("Not a line is lost at the end of a container that writes much and exits at once")
  func lastLine() async throws {
    let stage = try Stage()
    let lines = (0..<20_000).map { ContainerScript.OutputLine("line \($0)") }
    await stage.runtime.script("web", ContainerScript(life: .exits(code: 3, after: .zero), output: lines))
    let outcome = try await stage.run(pod("web"))
    #expect(ExitStatus.of(outcome.status) == 3)
    #expect(try stage.lines("out") == lines.map { "web | \($0.text)" })
  }

  @Test("The first signal asks, the second one does not")
  func signals() async throws {
    let stage = try Stage()
    await stage.runtime.script("web", ContainerScript(reactions: [15: .ignores]))
    let (signals, sender) = AsyncStream.makeStream(of: Int32.self)
    let app = try #require(SandboxID("u-1").flatMap { ContainerID(sandbox: $0, name: "web", attempt: 0) })
    let runtime = stage.runtime
    Task {
      while await !runtime.calls.contains(.start(app)) { await Task.yield() }
      sender.yield(SIGINT)
      while await !runtime.calls.contains(.signal(app, 15, .initProcess)) { await Task.yield() }
      sender.yield(SIGINT)
    }
    let outcome = try await stage.run(pod("web"), signals: signals)
    #expect(ExitStatus.of(outcome.status) == 137)
    #expect(await runtime.calls.contains(.signal(app, 9, .everyProcess)))
    let states = try stage.states()
    #expect(states.contains("pod: stopping within 30 s; once more kills it"))
    #expect(states.contains("pod: killing"))
    #expect(states.contains("web: ended by signal 9"))
  }

  @Test("A pod that can never start is given up with its reason")
  func obstacle() async throws {
    let stage = try Stage()
    let outcome = try await stage.run(pod("web", image: "nosuch"))
    #expect(outcome.failure?.contains("nosuch") == true)
    #expect(outcome.status.phase == .failed)
  }

  @Test("A sandbox that cannot be made is given up with its reason")
  func sandbox() async throws {
    let stage = try Stage()
    await stage.runtime.scriptSandbox(.fails(.failed(step: "unshare", errno: 1, detail: "network")))
    let outcome = try await stage.run(pod("web"))
    #expect(outcome.failure == "Failed to create pod sandbox: unshare (network) failed: Operation not permitted")
  }
}
