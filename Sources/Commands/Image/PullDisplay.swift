import Glibc
import Images
import Linux
import Synchronization

/// Shows how a pull gets on: a bar for each layer on a terminal, lines elsewhere.
final class PullDisplay: Sendable {
  /// One line.
  struct Row: Equatable {
    var digest: ContentDigest
    var state: LayerProgress.State
    var bytes: Int64
    var total: Int64
  }

  private struct State {
    var layers: [Row] = []
    var drawn = 0
    var drawnAt: ContinuousClock.Instant?
  }

  private let state = Mutex(State())
  private let terminal: Size?
  private let quiet: Bool

  /// Of a terminal.
  struct Size: Equatable {
    var columns = 80
    var rows = 24
  }

  init(quiet: Bool) {
    self.quiet = quiet
    terminal = isatty(STDERR_FILENO) == 1 ? Self.sizeOfTerminal() : nil
  }

  private static func sizeOfTerminal() -> Size {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 40, size.ws_row >= 5 else { return Size() }
    return Size(columns: min(Int(size.ws_col), 160), rows: Int(size.ws_row))
  }

  func show(_ event: PullEvent) {
    if quiet { return }
    switch event {
    case .waiting: writeToStandardError("waiting for other images")
    case .notice(let text), .retrying(let text): notice(text)
    case .resolved(_, let platform, let layers):
      state.withLock { state in
        state.layers = layers.map { Row(digest: $0.digest, state: .waiting, bytes: 0, total: $0.size) }
      }
      if terminal == nil {
        writeToStandardError("\(platform): \(layers.count) \(layers.count == 1 ? "layer" : "layers")")
      }
    case .layer(let new): show(Row(digest: new.digest, state: new.state, bytes: new.bytes, total: new.total))
    }
  }

  private func notice(_ text: String) {
    state.withLock { state in
      erase(&state)
      writeToStandardError("note: \(text)")
    }
  }

  private func show(_ progress: Row) {
    state.withLock { state in
      guard let index = state.layers.firstIndex(where: { $0.digest == progress.digest }) else { return }
      let isNew = state.layers[index].state != progress.state
      state.layers[index] = progress
      guard let terminal else {
        if isNew, progress.state == .done || progress.state == .present {
          writeToStandardError("\(Self.name(progress)): \(Self.words(progress))")
        }
        return
      }
      let recently = state.drawnAt.map { $0.duration(to: .now) < .milliseconds(100) } ?? false
      if isNew || !recently { draw(&state, terminal) }
    }
  }

  func finish() {
    state.withLock { state in
      guard let terminal, !state.layers.isEmpty else { return }
      draw(&state, terminal)
      state.drawn = 0
    }
  }

  // MARK: Terminal

  private func erase(_ state: inout State) {
    guard state.drawn > 0 else { return }
    // Up, and everything below away (ECMA-48).
    writeText("\u{1b}[\(state.drawn)A\u{1b}[J")
    state.drawn = 0
  }

  private func draw(_ state: inout State, _ size: Size) {
    let up = state.drawn > 0 ? "\u{1b}[\(state.drawn)A\u{1b}[J" : ""
    let lines = Self.lines(state.layers, size).map { $0.prefix(size.columns - 1) + "\n" }
    writeText(up + lines.joined())
    state.drawn = lines.count
    state.drawnAt = .now
  }

  private func writeText(_ text: String) {
    // Where nobody listens there is nobody to show it to.
    try? writeAll(STDERR_FILENO, Array(text.utf8))
  }

  /// A line for each layer; of more than the terminal has room for, those that something is done with, and how many are
  /// done. The cursor could not get back to what has left the screen.
  static func lines(_ layers: [Row], _ size: Size) -> [String] {
    if layers.count < size.rows { return layers.map { line($0, size.columns) } }
    let busy = layers.filter { $0.state == .downloading || $0.state == .unpacking }
    let done = layers.count { $0.state == .done || $0.state == .present }
    return busy.prefix(size.rows - 2).map { line($0, size.columns) } + ["\(done) of \(layers.count) layers done"]
  }

  static func line(_ layer: Row, _ columns: Int) -> String {
    guard layer.state == .downloading, layer.total > 0 else { return "\(name(layer))  \(words(layer))" }
    let width = max(10, columns - 50)
    let filled = Int(Double(width) * Double(min(layer.bytes, layer.total)) / Double(layer.total))
    let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: width - filled)
    return "\(name(layer))  [\(bar)] \(humanSize(layer.bytes)) / \(humanSize(layer.total))"
  }

  private static func name(_ layer: Row) -> String { String(layer.digest.hex.prefix(12)) }

  private static func words(_ layer: Row) -> String {
    switch layer.state {
    case .waiting: "waiting"
    case .downloading: "downloading"
    case .unpacking: "unpacking"
    case .done: "done, \(humanSize(layer.total))"
    case .present: "already here"
    }
  }
}
