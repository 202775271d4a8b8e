import Glibc
import PodEngine
import PodLogic
import PodModel
import Testing

@testable import NodeAgent

@Suite("What a person sees")
struct RenderingTests {
  private let plain = Palette(isTerminal: false, environment: [:])

  @Test(
    "The clock keeps its width",
    arguments: [
      (Duration.milliseconds(12), "[  0.012s]"), (.seconds(61), "[ 61.000s]"), (.seconds(12345), "[12345.000s]"),
    ]
  )
  func clock(elapsed: Duration, text: String) {
    #expect(StateLine.clock(elapsed) == text)
  }

  @Test(
    "Colour is for terminals, and NO_COLOR forbids it",
    arguments: [
      (true, [:], true), (false, [:], false), (true, ["NO_COLOR": "1"], false), (true, ["NO_COLOR": ""], true),
      (true, ["TERM": "dumb"], false),
    ] as [(Bool, [String: String], Bool)]
  )
  func colour(isTerminal: Bool, environment: [String: String], isOn: Bool) {
    #expect(Palette(isTerminal: isTerminal, environment: environment).isOn == isOn)
  }

  @Test("Prefixes have one width and a colour for each container")
  func prefix() {
    #expect(LinePrefix(["web", "sidecar"], plain).text("web") == "web     | ")
    let coloured = LinePrefix(["web", "sidecar"], Palette(isTerminal: true, environment: [:]))
    #expect(coloured.text("web") == "\u{1B}[36mweb     |\u{1B}[0m ")
    #expect(coloured.text("sidecar") == "\u{1B}[33msidecar |\u{1B}[0m ")
  }

  private let moment = Moment(instant: Instant(sinceStart: .zero), wall: Timestamp(seconds: 0))

  private func line(_ update: PodUpdate) -> String? {
    StateLine(update)?.rendered(after: .milliseconds(12), plain)
  }

  private func ended(_ reason: String, _ code: Int32, _ message: String = "") -> String? {
    let end = Termination(exitCode: code, reason: reason, message: message, startedAt: nil, finishedAt: moment)
    return line(.ended(container: "web", attempt: 0, end, at: moment))
  }

  @Test("A line for each change")
  func lines() {
    #expect(line(.started(container: "web", attempt: 0, pid: 123, at: moment)) == "[  0.012s] web: started (pid 123)")
    #expect(
      line(.started(container: "web", attempt: 2, pid: 5, at: moment)) == "[  0.012s] web: started (pid 5, restart 2)"
    )
    #expect(ended("Completed", 0) == "[  0.012s] web: exited with 0")
    #expect(ended("Error", 3, "one\ntwo\n") == "[  0.012s] web: exited with 3: two")
    #expect(ended("Error", 143) == "[  0.012s] web: ended by signal 15")
    #expect(ended("OOMKilled", 137) == "[  0.012s] web: killed: out of memory (exit code 137)")
    #expect(ended("StartError", 127, "no such file") == "[  0.012s] web: could not start: no such file")
    #expect(
      line(.limitDropped(ConfigurationError("spec.x", "no controller")))
        == "[  0.012s] warning: not in force: spec.x: no controller"
    )
  }

  @Test("Why a pod is ended is told when that begins, in the kubelet's words")
  func endings() {
    #expect(
      line(.notice(.deadlineExceeded, at: moment))
        == "[  0.012s] pod: DeadlineExceeded: Pod was active on the node longer than the specified deadline"
    )
    let pod = Pod(metadata: ObjectMeta(name: "p"), spec: PodSpec(containers: []))
    let message = "Usage of EmptyDir volume \"v\" exceeds the limit \"1Gi\". "
    let evicted = PodNotice(.evicted(message), of: pod)
    #expect(
      evicted.flatMap { line(.notice($0, at: moment)) }
        == "[  0.012s] pod: Evicted: Usage of EmptyDir volume \"v\" exceeds the limit \"1Gi\"."
    )
    var status = PodStatus(phase: .failed)
    (status.reason, status.message) = ("Evicted", message)
    #expect(
      StateLine.changes(from: nil, to: status).map { $0.rendered(after: .milliseconds(12), plain) }
        == ["[  0.012s] pod: Failed: Evicted (Usage of EmptyDir volume \"v\" exceeds the limit \"1Gi\".)"]
    )
  }

  @Test("What a container says cannot steer the terminal")
  func escapes() {
    #expect(ended("Error", 1, "\u{1B}[2Jboo\u{7}") == "[  0.012s] web: exited with 1: \u{FFFD}[2Jboo\u{FFFD}")
  }

  @Test("Waiting reasons are told when they change, and phases too")
  func changes() {
    var old = PodStatus(phase: .pending)
    old.containerStatuses = [
      ContainerStatus(name: "web", state: .waiting(reason: "ContainerCreating", message: nil), image: "i")
    ]
    var new = old
    new.phase = .running
    new.containerStatuses[0].state = .waiting(reason: "CrashLoopBackOff", message: "back-off 10s")
    #expect(StateLine.changes(from: nil, to: old).map(\.text) == ["Pending"])
    #expect(
      StateLine.changes(from: old, to: new).map(\.text) == ["waiting: CrashLoopBackOff: back-off 10s", "Running"]
    )
    #expect(StateLine.changes(from: new, to: new).isEmpty)
  }

  private func status(_ phase: PodPhase, _ codes: [Int32]) -> PodStatus {
    var status = PodStatus(phase: phase)
    status.containerStatuses = codes.enumerated().map { number, code in
      ContainerStatus(name: "c\(number)", state: .terminated(ContainerTermination(exitCode: code)), image: "i")
    }
    return status
  }

  @Test(
    "Exit status",
    arguments: [
      (PodPhase.succeeded, [0], 0), (.failed, [3], 3), (.failed, [137], 137), (.failed, [3, 3], 3),
      (.failed, [0, 3], 1),
      (.failed, [2, 3], 1), (.failed, [], 125),
    ] as [(PodPhase, [Int32], Int32)]
  )
  func exitStatus(phase: PodPhase, codes: [Int32], expected: Int32) {
    #expect(ExitStatus.of(status(phase, codes)) == expected)
  }

  @Test("The final pod is Kubernetes' object with sorted keys")
  func finalPod() throws {
    var pod = Pod(
      metadata: ObjectMeta(name: "web", uid: "u-1"),
      spec: PodSpec(containers: [Container(name: "c0", image: "i:1")])
    )
    pod.status = nil
    let text = String(decoding: try FinalPod.json(pod, status(.succeeded, [0])), as: UTF8.self)
    #expect(text.hasPrefix("{\n  \"apiVersion\" : \"v1\",\n  \"kind\" : \"Pod\",\n  \"metadata\" : {"))
    #expect(text.contains("\"phase\" : \"Succeeded\""))
    #expect(text.hasSuffix("}\n"))
  }

  @Test(
    "Our input goes to the one container that reads",
    arguments: [
      ([(true, true)], true, "c0", true), ([(true, false)], true, "c0", false), ([(true, true)], false, "c0", false),
      ([(false, true)], true, nil, false), ([(true, false), (true, false)], true, nil, false),
    ] as [([(Bool, Bool)], Bool, String?, Bool)]
  )
  func input(containers: [(Bool, Bool)], isTerminal: Bool, container: String?, usesTerminal: Bool) {
    let spec = PodSpec(
      containers: containers.enumerated().map { number, streams in
        var container = Container(name: "c\(number)", image: "i:1")
        (container.stdin, container.tty) = streams
        return container
      }
    )
    let choice = InputChoice(spec, stdinIsTerminal: isTerminal)
    #expect(choice.container == container)
    #expect(choice.isTerminal == usesTerminal)
    #expect(InputChoice(spec, stdinIsTerminal: isTerminal, stdinIsTaken: true).container == nil)
  }

  @Test("UIDs are random UUIDs that name sandboxes")
  func uid() {
    let one = PodUID.random()
    #expect(one.count == 36)
    #expect(one.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
    #expect(one != PodUID.random())
    #expect(one.utf8.allSatisfy { "0123456789abcdef-".utf8.contains($0) })
  }
}
