import CLinux
import Glibc
import Linux

/// Carries what a container writes from its pipes to its log file, and to whoever is attached.
final class LogPump {
  /// One output of the container.
  final class Stream {
    let descriptor: OwnedFD
    var lines: LogLines
    var isOpen = true
    var attached: OwnedFD?
    /// What the attached reader has not taken yet. Until it has, nothing more is read: an interactive session that is
    /// slower than its program slows the program down instead of losing output.
    var undelivered: [UInt8] = []

    init(_ descriptor: consuming OwnedFD, name: String) {
      self.descriptor = descriptor
      lines = LogLines(stream: name)
    }
  }

  /// Bytes taken from a pipe at once: a pipe's own capacity.
  private static let chunk = 64 << 10

  let file: LogFile
  let streams: [Stream]

  init(file: LogFile, streams: [Stream]) {
    self.file = file
    self.streams = streams
  }

  /// Whether every stream has ended and everything is written.
  var isFinished: Bool { streams.allSatisfy { !$0.isOpen } && !file.isBlocked }

  /// Whether more may be read from a stream now.
  func isReadable(_ stream: Stream) -> Bool { stream.isOpen && stream.undelivered.isEmpty && !file.isBlocked }

  /// Reads once what is there. A terminal ends with EIO where a pipe says end of file.
  func read(_ stream: Stream) {
    let bytes: [UInt8]
    do throws(SyscallError) { bytes = try readSome(stream.descriptor.raw, capacity: Self.chunk) } catch {
      if error.errno != EAGAIN { end(stream) }
      return
    }
    if bytes.isEmpty { return end(stream) }
    var records: [UInt8] = []
    records.reserveCapacity(bytes.count + 64)
    stream.lines.add(bytes[...], time: Self.now(), to: &records)
    file.append(records)
    forward(bytes, from: stream)
  }

  /// Tries again to write what the disk did not take.
  func retry() { file.append([]) }

  /// Takes what is left after the container's last process has gone, and ends: a descriptor that was passed out of the
  /// container must not keep its log open.
  func finish() {
    for stream in streams {
      var rounds = 0
      while stream.isOpen && rounds < 64 {
        rounds += 1
        var entry = pollfd(fd: stream.descriptor.raw, events: Int16(POLLIN), revents: 0)
        if poll(&entry, 1, 0) <= 0 { break }
        read(stream)
      }
      if stream.isOpen { end(stream) }
    }
  }

  private func end(_ stream: Stream) {
    stream.isOpen = false
    if stream.undelivered.isEmpty { stream.attached = nil }
    var records: [UInt8] = []
    stream.lines.finish(time: Self.now(), to: &records)
    file.append(records)
  }

  private func forward(_ bytes: [UInt8], from stream: Stream) {
    if stream.attached == nil { return }
    stream.undelivered.append(contentsOf: bytes)
    deliver(stream)
  }

  /// Gives the attached reader what it takes; one that has gone is forgotten.
  func deliver(_ stream: Stream) {
    guard let descriptor = stream.attached?.raw else {
      stream.undelivered.removeAll()
      return
    }
    do throws(SyscallError) {
      while !stream.undelivered.isEmpty {
        let count = try checkCount("write") { write(descriptor, stream.undelivered, stream.undelivered.count) }
        stream.undelivered.removeFirst(count)
      }
      // Everything was taken and nothing more will come: the reader sees the end.
      if !stream.isOpen { stream.attached = nil }
    } catch {
      if error.errno == EAGAIN { return }
      stream.undelivered.removeAll()
      stream.attached = nil
    }
  }

  private static func now() -> [UInt8] {
    let (seconds, nanoseconds) = Clock.wall()
    return LogTime.text(seconds: seconds, nanoseconds: nanoseconds)
  }
}
