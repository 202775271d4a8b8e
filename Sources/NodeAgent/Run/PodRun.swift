import Glibc
import Linux
import PodEngine
import PodLogic
import PodModel
import RuntimeAPI
import Synchronization

/// One pod in the foreground: shows its logs and its life, passes signals on, and tells how it ended.
final class PodRun: Sendable {
  /// How things are shown.
  struct Style: Sendable {
    /// Where the containers' lines go.
    var logs: Int32 = STDOUT_FILENO
    /// Where lines about the pod's life go.
    var states: Int32 = STDERR_FILENO
    var logPalette: Palette
    var statePalette: Palette
    var input: InputChoice
  }

  /// How it ended.
  struct Outcome: Sendable {
    var status: PodStatus
    /// Why swiftlet gave up; `nil` if the pod came to its own end.
    var failure: String?
  }

  private let pod: Pod
  private let handle: PodHandle
  private let style: Style
  private let console: Console
  private let start: ContinuousClock.Instant
  private let prefix: LinePrefix
  private let interaction = Mutex<Interaction?>(nil)
  private let stops = Mutex(0)

  init(_ pod: Pod, _ handle: PodHandle, _ style: Style, startedAt start: ContinuousClock.Instant) {
    self.pod = pod
    self.handle = handle
    self.style = style
    self.start = start
    // Who has closed the lines about the pod's life does without them; what its containers write must reach somebody.
    console = Console { descriptor in if descriptor == style.logs { handle.stop() } }
    prefix = LinePrefix(pod.spec.allContainers.map(\.name), style.logPalette)
  }

  /// Follows the pod to its end. The handle's files are still there then.
  func follow(_ signals: AsyncStream<Int32>) async -> Outcome {
    let listening = Task { for await number in signals { take(signal: number) } }
    defer { listening.cancel() }
    var followers: [String: LogFollower] = [:]
    var status: PodStatus?
    var failure: String?
    for await update in handle.updates {
      if let line = StateLine(update), !isEnd(update) { say(line) }
      switch update {
      case .status(let new), .finished(let new):
        for line in StateLine.changes(from: status, to: new) { say(line) }
        status = new
      case .created(let name, let attempt, let path):
        followers["\(name).\(attempt)"] = follow(name, path)
      case .attached(let name, _, let attachment):
        attach(name, attachment)
      case .ended(let name, let attempt, _, _):
        await followers.removeValue(forKey: "\(name).\(attempt)")?.finish()
        await endInteraction(of: name)
        if let line = StateLine(update) { say(line) }
      case .notice, .started, .limitDropped: break
      }
      if failure == nil, let obstacle = obstacle(update) {
        failure = obstacle
        handle.stop(grace: .zero)
      }
    }
    for follower in followers.values { await follower.finish() }
    if let name = style.input.container { await endInteraction(of: name) }
    if failure == nil, let error = console.error(of: style.logs) {
      failure = "the containers' lines could not be written: \(errorText(error.errno))"
    }
    return Outcome(status: status ?? PodStatus(phase: .unknown), failure: failure)
  }

  private func isEnd(_ update: PodUpdate) -> Bool {
    if case .ended = update { true } else { false }
  }

  private func obstacle(_ update: PodUpdate) -> String? {
    switch update {
    case .status(let status): StartObstacle.find(in: status)
    case .notice(let notice, _):
      ["FailedCreatePodSandBox", "FailedKillPod", "FailedMount"].contains(notice.reason) ? notice.message : nil
    default: nil
    }
  }

  private func say(_ line: StateLine) {
    let text = line.rendered(after: start.duration(to: .now), style.statePalette)
    // A terminal in raw mode does not return the carriage.
    console.writeLine(interactionIsRaw ? text + "\r" : text, to: style.states)
  }

  private var interactionIsRaw: Bool { style.input.isTerminal && interaction.withLock { $0 != nil } }

  // MARK: Streams

  private func follow(_ name: String, _ path: String) -> LogFollower? {
    // What a container shows on our own terminal is not shown a second time.
    if style.input.isTerminal && style.input.container == name { return nil }
    let head = Array(prefix.text(name).utf8)
    do throws(SyscallError) {
      return try LogFollower(
        path: path,
        emit: { [console, style] line in console.write(head + line.text + [UInt8(ascii: "\n")], to: style.logs) },
        fail: { [self] error in loseLog(of: name, error) }
      )
    } catch {
      loseLog(of: name, error)
      return nil
    }
  }

  private func loseLog(of name: String, _ error: SyscallError) {
    say(StateLine(subject: name, text: "its log cannot be followed any more: \(error)", isWarning: true))
  }

  private func attach(_ name: String, _ attachment: Attachment) {
    do throws(SyscallError) {
      let new = try Interaction(attachment, usesTerminal: style.input.isTerminal, console)
      interaction.withLock { $0 = new }
    } catch {
      say(StateLine(subject: name, text: "our terminal cannot be given to it: \(error)", isWarning: true))
    }
  }

  private func endInteraction(of name: String) async {
    guard style.input.container == name else { return }
    let ended = interaction.withLock { interaction in
      defer { interaction = nil }
      return interaction
    }
    await ended?.finish()
  }

  // MARK: Signals

  /// The first wish to end is kind, the second is not.
  private func take(signal number: Int32) {
    if number == SIGWINCH {
      interaction.withLock { $0 }?.resize()
      return
    }
    let count = stops.withLock { stops in
      stops += 1
      return stops
    }
    if count == 1 {
      let grace = pod.spec.terminationGracePeriodSeconds
      say(StateLine(subject: "pod", text: "stopping within \(grace) s; once more kills it"))
      handle.stop()
    } else {
      say(StateLine(subject: "pod", text: "killing"))
      handle.kill()
    }
  }
}
