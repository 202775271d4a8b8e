import Linux

/// The supervisor's ends of a new process's streams, closed unless they are taken.
final class OuterEnds {
  private var input: OwnedFD?
  private var output: OwnedFD?
  private var error: OwnedFD?
  private var terminal: OwnedFD?

  init(_ raw: StandardStreams.Outer) {
    if raw.input >= 0 { input = OwnedFD(raw.input) }
    if raw.output >= 0 { output = OwnedFD(raw.output) }
    if raw.error >= 0 { error = OwnedFD(raw.error) }
    if raw.terminal >= 0 { terminal = OwnedFD(raw.terminal) }
  }

  func takeInput() -> OwnedFD? { input.take() }
  func takeOutput() -> OwnedFD? { output.take() }
  func takeError() -> OwnedFD? { error.take() }
  func takeTerminal() -> OwnedFD? { terminal.take() }

  /// What goes to the log: both outputs, or what the terminal shows.
  func logStreams() throws(SyscallError) -> [LogPump.Stream] {
    if let master = try terminal?.duplicate() {
      try setNonBlocking(master.raw)
      return [LogPump.Stream(master, name: "stdout")]
    }
    var streams: [LogPump.Stream] = []
    if let output = output.take() {
      try setNonBlocking(output.raw)
      streams.append(LogPump.Stream(output, name: "stdout"))
    }
    if let error = error.take() {
      try setNonBlocking(error.raw)
      streams.append(LogPump.Stream(error, name: "stderr"))
    }
    return streams
  }
}
