import Glibc
import Synchronization

/// Open ends of a process's standard streams. Descriptors are closed when the last reference goes.
public final class Attachment: Sendable {
  /// What is written here the process reads: a pipe, or the terminal's master side. -1 where there is none.
  public let input: Int32
  /// What the process writes can be read here, from the moment of attaching; for a terminal the same stream carries
  /// both outputs. -1 where there is none.
  public let output: Int32
  /// The process's standard error, where it has one of its own; otherwise -1.
  public let errorOutput: Int32
  /// The terminal, for window sizes (`TIOCSWINSZ`); -1 without one.
  public let terminal: Int32

  private let inputIsOpen: Mutex<Bool>

  /// Takes ownership of the descriptors.
  public init(input: Int32 = -1, output: Int32 = -1, errorOutput: Int32 = -1, terminal: Int32 = -1) {
    self.input = input
    self.output = output
    self.errorOutput = errorOutput
    self.terminal = terminal
    inputIsOpen = Mutex(input >= 0)
  }

  /// Ends the process's input where it has a pipe of its own: the reader sees the end of file. A terminal stays open.
  public func closeInput() {
    inputIsOpen.withLock { isOpen in
      if isOpen && !isShared(input) { close(input) }
      isOpen = isOpen && isShared(input)
    }
  }

  private func isShared(_ descriptor: Int32) -> Bool {
    descriptor == output || descriptor == errorOutput || descriptor == terminal
  }

  deinit {
    closeInput()
    for descriptor in Set([output, errorOutput, terminal]) where descriptor >= 0 { close(descriptor) }
  }
}

/// A process that ``ContainerRuntime/exec(_:in:)`` started.
public protocol ExecSession: Sendable {
  /// Its streams.
  var streams: Attachment { get }
  /// Returns when it has ended and everything that it left behind is gone, or two seconds after it was killed: what another
  /// process of the container keeps from going is not waited for, and may keep its streams open.
  func wait() async throws(RuntimeError) -> ContainerExit
  /// Ends it together with everything that it started.
  func kill() async throws(RuntimeError)
}
