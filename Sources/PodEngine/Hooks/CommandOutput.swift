import Dispatch
import Glibc
import Linux
import RuntimeAPI
import Synchronization

/// Reads what the command of a hook or a probe writes for as long as it runs, and keeps the beginning.
final class CommandOutput: Sendable {
  /// Bytes that are kept; the rest is read and dropped.
  static let limit = 1024

  private let streams: Attachment
  private let queue = DispatchQueue(label: "swiftlet.command")
  // Sources of libdispatch may be cancelled from any thread; their protocol does not say so.
  private nonisolated(unsafe) let sources: [any DispatchSourceRead]
  private let bytes = Mutex<[UInt8]>([])

  /// Begins to read. The streams stay open until both have been read to their end, or until ``finish()``.
  init(_ streams: Attachment) throws(SyscallError) {
    self.streams = streams
    let descriptors = [streams.output, streams.errorOutput].filter { $0 >= 0 }
    for descriptor in descriptors { try setNonBlocking(descriptor) }
    sources = descriptors.map { [queue] in DispatchSource.makeReadSource(fileDescriptor: $0, queue: queue) }
    for (source, descriptor) in zip(sources, descriptors) {
      source.setEventHandler { [self] in read(descriptor, until: source) }
      // The descriptor must outlive the source.
      source.setCancelHandler { withExtendedLifetime(streams) {} }
      source.resume()
    }
  }

  /// Takes what the command has left in its pipes and lets go of them; it has ended. Somebody else may have them open, who
  /// writes more or never ends.
  func finish() async -> String {
    await withCheckedContinuation { continuation in
      queue.async { [self] in
        for (source, descriptor) in zip(sources, [streams.output, streams.errorOutput].filter { $0 >= 0 }) {
          read(descriptor, until: source)
          source.cancel()
        }
        continuation.resume()
      }
    }
    return text
  }

  /// What was written so far, as text on one line.
  private var text: String {
    let bytes = bytes.withLock { $0 }
    let printable = String(decoding: bytes, as: UTF8.self).split { $0.isNewline || $0 == "\0" }
    return printable.joined(separator: " ")
  }

  /// Reads what is there; not for ever, whoever may be writing.
  private func read(_ descriptor: Int32, until source: any DispatchSourceRead) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    for _ in 0..<64 {
      if source.isCancelled { return }
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count > 0 {
        keep(buffer[..<count])
      } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
        return source.cancel()
      } else if errno == EAGAIN {
        return
      }
    }
  }

  private func keep(_ more: ArraySlice<UInt8>) {
    bytes.withLock { $0 += more.prefix(Self.limit - min(Self.limit, $0.count)) }
  }
}
