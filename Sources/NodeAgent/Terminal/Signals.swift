import Dispatch
import Glibc

/// Signals as values, delivered on a queue instead of in a handler.
final class Signals: Sendable {
  /// SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGWINCH as they come.
  let values: AsyncStream<Int32>
  // Sources of libdispatch may be cancelled from any thread; their protocol does not say so.
  private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

  /// From now on these signals have no other effect.
  init() {
    let (values, sender) = AsyncStream.makeStream(of: Int32.self)
    let queue = DispatchQueue(label: "swiftlet.signals")
    self.values = values
    sources = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH].map { number in
      if number != SIGWINCH { signal(number, SIG_IGN) }
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { sender.yield(number) }
      source.resume()
      return source
    }
    // A reader that has gone is seen as an error of the write.
    signal(SIGPIPE, SIG_IGN)
  }

  deinit { for source in sources { source.cancel() } }
}
