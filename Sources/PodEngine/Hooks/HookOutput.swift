import Dispatch
import Glibc
import RuntimeAPI
import Synchronization

/// Reads what a command writes for as long as it writes, and keeps the beginning.
final class HookOutput: Sendable {
  /// Bytes that are kept; the rest is read and dropped.
  static let limit = 1024

  private struct State {
    var bytes: [UInt8] = []
  }

  private let state = Mutex(State())

  /// The streams stay open until both have been read to their end.
  init(_ streams: Attachment) {
    for descriptor in [streams.output, streams.errorOutput] where descriptor >= 0 { read(descriptor, of: streams) }
  }

  /// What was written so far, as text on one line.
  var text: String {
    let bytes = state.withLock { $0.bytes }
    let printable = String(decoding: bytes, as: UTF8.self).split { $0.isNewline || $0 == "\0" }
    return printable.joined(separator: " ")
  }

  private func read(_ descriptor: Int32, of streams: Attachment) {
    let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global())
    source.setEventHandler { [self] in
      var buffer = [UInt8](repeating: 0, count: 4096)
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count > 0 {
        keep(buffer[..<count])
      } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
        source.cancel()
      }
    }
    // The descriptor must outlive the source.
    source.setCancelHandler { withExtendedLifetime(streams) {} }
    source.resume()
  }

  private func keep(_ bytes: ArraySlice<UInt8>) {
    state.withLock { state in
      state.bytes += bytes.prefix(Self.limit - min(Self.limit, state.bytes.count))
    }
  }
}
