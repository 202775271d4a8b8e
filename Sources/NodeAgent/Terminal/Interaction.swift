import Dispatch
import Glibc
import Linux
import PodModel
import RuntimeAPI

/// Which container our own standard input belongs to.
struct InputChoice: Hashable {
  /// The container that gets our standard input; `nil` if none wants it, or more than one.
  var container: String?
  /// Whether it also gets our terminal.
  var isTerminal: Bool

  /// - Parameter stdinIsTaken: The manifest came from there.
  init(_ spec: PodSpec, stdinIsTerminal: Bool, stdinIsTaken: Bool = false) {
    let readers = stdinIsTaken ? [] : spec.containers.filter(\.stdin)
    container = readers.count == 1 ? readers.first?.name : nil
    isTerminal = stdinIsTerminal && readers.count == 1 && readers.first?.tty == true
  }
}

/// Carries bytes between our standard streams and a container's.
final class Interaction: Sendable {
  private let attachment: Attachment
  private let terminal: RawTerminal?
  private let output = DispatchQueue(label: "swiftlet.output")

  /// Begins to carry. With a terminal the container's output is shown as it comes; without one it is taken and thrown
  /// away here, because it is shown from the log.
  init(_ attachment: Attachment, usesTerminal: Bool, _ console: Console) throws(SyscallError) {
    self.attachment = attachment
    terminal = usesTerminal ? try RawTerminal(STDIN_FILENO) : nil
    resize()
    DispatchQueue(label: "swiftlet.input").async { [attachment] in Self.carryInput(to: attachment) }
    if attachment.errorOutput >= 0 {
      DispatchQueue(label: "swiftlet.errors").async { [attachment] in
        Self.carry(attachment.errorOutput) { _ in }
      }
    }
    output.async { [attachment] in
      Self.carry(attachment.output) { if usesTerminal { console.write($0, to: STDOUT_FILENO) } }
    }
  }

  /// Our terminal has another size.
  func resize() {
    if attachment.terminal >= 0 { terminal?.copySize(to: attachment.terminal) }
  }

  /// Shows the last of the output and gives our terminal back; the container has ended.
  func finish() async {
    await withCheckedContinuation { continuation in output.async { continuation.resume() } }
    terminal?.restore()
  }

  private static func carryInput(to attachment: Attachment) {
    do throws(SyscallError) {
      while true {
        let bytes = try readWaiting(STDIN_FILENO)
        if bytes.isEmpty { break }
        try writeWaiting(attachment.input, bytes)
      }
    } catch {
      // The container does not read any more, or our own input is gone: either way nothing more is to be carried.
    }
    attachment.closeInput()
  }

  private static func carry(_ descriptor: Int32, _ take: ([UInt8]) -> Void) {
    guard descriptor >= 0 else { return }
    do throws(SyscallError) {
      while true {
        let bytes = try readWaiting(descriptor)
        if bytes.isEmpty { return }
        take(bytes)
      }
    } catch {
      // The supervisor has gone; the end of the container is told by other means.
    }
  }
}
