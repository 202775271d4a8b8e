import Glibc
import Linux
import Synchronization

/// Standard output and standard error, written a line at a time by whoever has something to say.
///
/// Whoever writes waits while nobody reads: a slow terminal slows the reading of the logs down, not the containers.
final class Console: Sendable {
  private let failures = Mutex<[Int32: SyscallError]>([:])
  private let onFailure: @Sendable (_ descriptor: Int32) -> Void

  /// Makes a console; `onFailure` is called once for each stream that nobody reads any more.
  init(onFailure: @escaping @Sendable (_ descriptor: Int32) -> Void) {
    self.onFailure = onFailure
  }

  /// Why writing to a stream failed first; `nil` if all was written.
  func error(of descriptor: Int32) -> SyscallError? { failures.withLock { $0[descriptor] } }

  /// Writes bytes as they are.
  func write(_ bytes: [UInt8], to descriptor: Int32) {
    let isFirst = failures.withLock { failures in
      if failures[descriptor] != nil { return false }
      do throws(SyscallError) {
        try writeWaiting(descriptor, bytes)
        return false
      } catch {
        failures[descriptor] = error
        return true
      }
    }
    if isFirst { onFailure(descriptor) }
  }

  /// Writes a line of text.
  func writeLine(_ line: String, to descriptor: Int32) {
    write(Array((line + "\n").utf8), to: descriptor)
  }
}

/// Writes every byte, and waits where a descriptor that somebody else made non-blocking takes no more.
func writeWaiting(_ descriptor: Int32, _ bytes: [UInt8]) throws(SyscallError) {
  var rest = bytes[...]
  while !rest.isEmpty {
    let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if written > 0 {
      rest = rest.dropFirst(written)
      continue
    }
    let code = errno
    if code == EINTR { continue }
    guard code == EAGAIN else { throw SyscallError("write", code) }
    try awaitEvents(descriptor, Int16(POLLOUT))
  }
}

/// Reads what is there, and waits for it; empty at the end, also of a terminal whose other side is gone.
func readWaiting(_ descriptor: Int32) throws(SyscallError) -> [UInt8] {
  while true {
    do throws(SyscallError) { return try readSome(descriptor, capacity: 32 << 10) } catch {
      if error.errno == EIO { return [] }
      guard error.errno == EAGAIN else { throw error }
      try awaitEvents(descriptor, Int16(POLLIN))
    }
  }
}

private func awaitEvents(_ descriptor: Int32, _ events: Int16) throws(SyscallError) {
  var entry = pollfd(fd: descriptor, events: events, revents: 0)
  try check("poll") { poll(&entry, 1, -1) }
}
