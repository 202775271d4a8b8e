import CLinux
import Dispatch
import Glibc
import Linux

/// Hands out a container's lines as they are written. Woken by inotify, never by a timer.
final class LogFollower: Sendable {
  /// Everything of one follower happens on its queue.
  private final class Reading {
    var reader: LogReader
    var isFinished = false
    init(_ path: String) { reader = LogReader(path: path) }
  }

  private let queue = DispatchQueue(label: "swiftlet.log")
  // A source of libdispatch may be resumed and cancelled from any thread; its protocol does not say so.
  private nonisolated(unsafe) let source: any DispatchSourceRead
  // Touched on `queue` only.
  private nonisolated(unsafe) let reading: Reading
  private let emit: @Sendable (LogLine) -> Void
  private let fail: @Sendable (SyscallError) -> Void

  /// Begins to follow the file at `path`, whose directory exists.
  ///
  /// - Parameters:
  ///   - emit: Gets every line, one after another.
  ///   - fail: Gets the error that ends the following.
  init(
    path: String,
    emit: @escaping @Sendable (LogLine) -> Void,
    fail: @escaping @Sendable (SyscallError) -> Void
  ) throws(SyscallError) {
    self.emit = emit
    self.fail = fail
    reading = Reading(path)
    let watch = OwnedFD(try check("inotify_init1") { lx_inotify() })
    try setNonBlocking(watch.raw)
    let directory = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    let mask = UInt32(IN_MODIFY) | UInt32(IN_CREATE) | UInt32(IN_MOVED_TO)
    let raw = watch.raw
    try check("inotify_add_watch") { inotify_add_watch(raw, directory, mask) }
    let descriptor = watch.release()
    source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
    source.setEventHandler { [weak self] in self?.wake(descriptor) }
    // Closing earlier would lose events of whoever gets the number next.
    source.setCancelHandler { close(descriptor) }
    source.resume()
    queue.async { [self] in pump() }
  }

  deinit { source.cancel() }

  /// Hands out everything up to the last byte of the file and stops: the container has ended, and its supervisor has
  /// written all of its output.
  func finish() async {
    await withCheckedContinuation { continuation in
      queue.async { [self] in
        pump()
        if !reading.isFinished { reading.reader.finish(emit) }
        reading.isFinished = true
        continuation.resume()
      }
    }
    source.cancel()
  }

  private func wake(_ descriptor: Int32) {
    // What happened does not matter, only that something did: the queue is emptied and the file looked at.
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while read(descriptor, &buffer, buffer.count) > 0 {}
    pump()
  }

  private func pump() {
    guard !reading.isFinished else { return }
    do throws(SyscallError) { try reading.reader.read(emit) } catch {
      reading.isFinished = true
      fail(error)
    }
  }
}
