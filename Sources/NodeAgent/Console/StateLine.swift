import PodEngine
import PodLogic
import PodModel

/// What is said about a pod's life, one line for each change.
struct StateLine: Hashable {
  var subject: String
  var text: String
  var isWarning = false

  /// Time since the start in seconds, aligned so that a thousand seconds fit.
  static func clock(_ elapsed: Duration) -> String {
    let parts = elapsed.components
    let milliseconds = max(0, parts.attoseconds / 1_000_000_000_000_000)
    let seconds = String(max(0, parts.seconds))
    let fraction = String(milliseconds)
    return "[" + String(repeating: " ", count: max(0, 3 - seconds.count)) + seconds + "."
      + String(repeating: "0", count: max(0, 3 - fraction.count)) + fraction + "s]"
  }

  func rendered(after elapsed: Duration, _ palette: Palette) -> String {
    "\(palette.dim(Self.clock(elapsed))) \(subject): \(isWarning ? palette.warning(text) : text)"
  }
}

extension StateLine {
  /// The line of an update; `nil` for those that have none of their own.
  init?(_ update: PodUpdate) {
    switch update {
    case .started(let name, let attempt, let pid, _):
      self.init(subject: name, text: attempt == 0 ? "started (pid \(pid))" : "started (pid \(pid), restart \(attempt))")
    case .ended(let name, _, let end, _):
      self.init(subject: name, text: Self.describe(end), isWarning: end.exitCode != 0)
    case .notice(let notice, _): self.init(notice)
    case .limitDropped(let error):
      self.init(subject: "warning", text: "not in force: \(error)", isWarning: true)
    case .created, .attached, .status, .finished: return nil
    }
  }

  /// Notices about what no status tells.
  private init?(_ notice: PodNotice) {
    switch notice.reason {
    // The status tells it too.
    case "Pulling" where notice.isRepetition: return nil
    case "Pulling": self.init(subject: notice.container ?? "pod", text: "pulling its image")
    case "Pulled" where notice.message.hasPrefix("Successfully"):
      self.init(subject: notice.container ?? "pod", text: Sanitized.text(notice.message))
    case "Killing" where notice.message.contains("failed"):
      self.init(subject: notice.container ?? "pod", text: notice.message, isWarning: true)
    case "Unhealthy":
      self.init(subject: notice.container ?? "pod", text: Sanitized.text(notice.message), isWarning: true)
    case "Killing": self.init(subject: notice.container ?? "pod", text: "stopping")
    case "ExceededGracePeriod": self.init(subject: notice.container ?? "pod", text: "killing", isWarning: true)
    case "DeadlineExceeded", "Evicted":
      self.init(subject: "pod", text: "\(notice.reason): \(notice.message.trimmed)", isWarning: true)
    case "FailedCreatePodSandBox", "FailedMount", "VolumeNotMeasured", "FailedKillPod", "SandboxChanged",
      "FailedPostStartHook",
      "FailedPreStopHook":
      self.init(subject: notice.container ?? "pod", text: notice.message, isWarning: true)
    default: return nil
    }
  }

  private static func describe(_ end: Termination) -> String {
    let words =
      switch end.reason {
      case "Completed": "exited with 0"
      case "OOMKilled": "killed: out of memory (exit code \(end.exitCode))"
      case "StartError": "could not start"
      case "ContainerStatusUnknown": "ended, nobody knows how"
      default: end.exitCode > 128 ? "ended by signal \(end.exitCode - 128)" : "exited with \(end.exitCode)"
      }
    let said = end.message.split(separator: "\n").last.map { ": \($0)" } ?? ""
    return words + Sanitized.text(said)
  }

  /// What changed between two statuses: waiting reasons and the phase.
  static func changes(from old: PodStatus?, to new: PodStatus) -> [StateLine] {
    var lines: [StateLine] = []
    let before = old.map { $0.initContainerStatuses + $0.containerStatuses } ?? []
    for container in new.initContainerStatuses + new.containerStatuses {
      if let line = readiness(of: container, before) { lines.append(line) }
      guard case .waiting(let reason?, let message) = container.state else { continue }
      let isProgress = reason == "ContainerCreating" || reason == "PodInitializing"
      if isProgress && message == nil { continue }
      if before.contains(where: { $0.name == container.name && $0.state == container.state }) { continue }
      let said = message.map(Sanitized.text)
      let text = isProgress ? said ?? "" : "waiting: \(reason)" + (said.map { ": " + $0 } ?? "")
      lines.append(StateLine(subject: container.name, text: text, isWarning: !isProgress))
    }
    if let address = new.podIP, old?.podIP == nil {
      lines.append(StateLine(subject: "pod", text: "address \(address)"))
    }
    if old?.phase != new.phase {
      let why = new.reason.map { ": \($0)" + (new.message.map { " (\($0.trimmed))" } ?? "") } ?? ""
      lines.append(StateLine(subject: "pod", text: new.phase.rawValue + why, isWarning: new.reason != nil))
    }
    return lines
  }
}

extension StateLine {
  /// What a probe found out while a container ran; without one it is ready when it runs.
  private static func readiness(of container: ContainerStatus, _ before: [ContainerStatus]) -> StateLine? {
    guard let old = before.first(where: { $0.name == container.name }), old.ready != container.ready,
      case .running = old.state, case .running = container.state
    else { return nil }
    return StateLine(
      subject: container.name,
      text: container.ready ? "ready" : "not ready",
      isWarning: !container.ready
    )
  }
}

/// Text from containers and images for a terminal: what would move the cursor or ring the bell is shown, not sent.
enum Sanitized {
  static func text(_ text: some StringProtocol) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar
        }
      )
    )
  }
}

extension String {
  /// Without the blanks with which the kubelet ends sentences that it means to continue.
  fileprivate var trimmed: String { String(reversed().drop { $0 == " " }.reversed()) }
}
