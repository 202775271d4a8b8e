import CLinux
import Crypto
import Dispatch
import Glibc
import Linux

/// A layer's bytes on their one way: through SHA-256, into the partial file if there is one, and into the pipe that the
/// confined child reads. Whatever blocks here blocks a thread of its own.
actor LayerIntake {
  private let executor = BlockingExecutor()
  private var hash = SHA256()
  /// Closed, by being forgotten, at the archive's end.
  private var writer: SharedFD?
  private let writerNumber: Int32
  private let partial: PartialBlob?
  private let cancellation: Cancellation
  private let childEnded: Cancellation
  /// How many bytes were taken so far.
  private(set) var count: Int64 = 0
  /// The first bytes, which tell how the layer is compressed.
  private(set) var beginning: [UInt8] = []

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// What the child reads. This process keeps it open too: so a child that dies makes the pipe full, not broken, and no
  /// SIGPIPE meets a program that did not ask for one.
  nonisolated let reader: SharedFD

  /// - Parameters:
  ///   - partial: Where the bytes are kept as well, to continue from after an interruption.
  ///   - cancellation: Ends any waiting.
  ///   - childEnded: Says that nobody reads any more.
  init(partial: PartialBlob?, cancellation: Cancellation, childEnded: Cancellation) throws(ImageStoreError) {
    let pipe = try step("pipe") { () throws(SyscallError) in
      let pipe = try Pipe()
      // As much as a chunk, as far as the limit of the machine allows (/proc/sys/fs/pipe-max-size): F_SETPIPE_SZ is 1031.
      _ = lx_fcntl_int(pipe.writer.raw, 1031, 1 << 20)
      try setNonBlocking(pipe.writer.raw)
      return pipe
    }
    reader = SharedFD(pipe.reader)
    let writer = SharedFD(pipe.writer)
    writerNumber = writer.raw
    self.writer = writer
    self.partial = partial
    self.cancellation = cancellation
    self.childEnded = childEnded
  }

  /// Takes what the partial file holds from an earlier attempt: read and hashed again, since neither its length nor a
  /// crash says anything of its content.
  func replay() throws(ImageStoreError) {
    guard let partial else { return }
    while true {
      let bytes = try partial.read(at: count)
      if bytes.isEmpty { return }
      try pass(bytes)
    }
  }

  /// Takes the next bytes.
  func take(_ bytes: [UInt8]) throws(ImageStoreError) {
    if let partial { try partial.append(bytes, at: count) }
    try pass(bytes)
  }

  /// Takes all that a descriptor yields.
  func takeAll(of descriptor: Int32) throws(ImageStoreError) {
    while true {
      try wait(for: descriptor, POLLIN)
      let bytes = try step("the archive could not be read") { () throws(SyscallError) in
        try readSome(descriptor, capacity: 256 << 10)
      }
      if bytes.isEmpty { return }
      try pass(bytes)
    }
  }

  /// The digest of all that was taken.
  func digest() -> ContentDigest { ContentDigest(.sha256, bytes: hash.finalize()) }

  /// Lets the child see the end: only now, when the digest is known to be right, can its work come to an end.
  func end() { writer = nil }

  private func pass(_ bytes: [UInt8]) throws(ImageStoreError) {
    hash.update(data: bytes)
    count &+= Int64(bytes.count)
    if beginning.count < 4 { beginning += bytes.prefix(4 - beginning.count) }
    var start = 0
    while start < bytes.count {
      let written = bytes.withUnsafeBytes { buffer in
        write(writerNumber, buffer.baseAddress.map { $0 + start }, buffer.count - start)
      }
      if written > 0 {
        start += written
        continue
      }
      let code = errno
      guard written < 0, code == EAGAIN || code == EINTR else { throw .system("pipe", SyscallError("write", code)) }
      try wait(for: writerNumber, POLLOUT)
    }
  }

  private func wait(for descriptor: Int32, _ event: Int32) throws(ImageStoreError) {
    var entries = [
      pollfd(fd: descriptor, events: Int16(event), revents: 0),
      pollfd(fd: cancellation.descriptor.raw, events: Int16(POLLIN), revents: 0),
      pollfd(fd: childEnded.descriptor.raw, events: Int16(POLLIN), revents: 0),
    ]
    try step("poll") { () throws(SyscallError) in try check("poll") { poll(&entries, 3, -1) } }
    if entries[1].revents != 0 { throw .cancelled }
    if entries[2].revents != 0 { throw .unpacker("swiftlet-unpack ended before its archive did") }
  }
}

/// Runs an actor on a queue of its own, where it may block without holding up anybody's task.
final class BlockingExecutor: SerialExecutor {
  private let queue = DispatchQueue(label: "swiftlet.images.blocking")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}
