import AsyncHTTPClient
import Images
import NIOCore
import Synchronization

/// The body of an answer, checked against what was asked for.
///
/// `@unchecked Sendable`: the contract of ``BlobStream`` is that `next` is never called by two tasks at once; nothing else
/// touches what changes but for the wish to end, which has a lock of its own.
final class ResponseStream: BlobStream, @unchecked Sendable {
  let offset: Int64
  private let size: Int64
  private let limits: TransferLimits
  private let subject: String
  private let failure: @Sendable (any Error) -> ContentSourceError
  private var iterator: HTTPClientResponse.Body.AsyncIterator?
  private var position: Int64
  private var window: (start: ContinuousClock.Instant, position: Int64)
  private let isCancelled = Mutex(false)
  /// What came in one piece and is more than one chunk.
  private var rest = ByteBuffer()

  private static let greatestChunk = 1 << 20

  init(
    _ body: HTTPClientResponse.Body,
    offset: Int64,
    size: Int64,
    limits: TransferLimits,
    subject: String,
    failure: @escaping @Sendable (any Error) -> ContentSourceError
  ) {
    self.offset = offset
    self.size = size
    self.limits = limits
    self.subject = subject
    self.failure = failure
    iterator = body.makeAsyncIterator()
    position = offset
    window = (.now, offset)
  }

  func next() async throws(ContentSourceError) -> [UInt8]? {
    if let chunk = rest.readBytes(length: min(rest.readableBytes, Self.greatestChunk)), !chunk.isEmpty { return chunk }
    while true {
      guard let buffer = try await receive() else {
        guard position == size else {
          throw ContentSourceError(.transient, "\(subject): ended after \(position) of \(size) bytes")
        }
        return nil
      }
      if buffer.readableBytes == 0 { continue }
      position += Int64(buffer.readableBytes)
      if position > size {
        iterator = nil
        throw ContentSourceError(.mismatch, "\(subject): sends more than its \(size) bytes")
      }
      try checkRate()
      rest = buffer
      if let chunk = rest.readBytes(length: min(rest.readableBytes, Self.greatestChunk)) { return chunk }
    }
  }

  private func receive() async throws(ContentSourceError) -> ByteBuffer? {
    if isCancelled.withLock({ $0 }) {
      // Without its iterator the transfer ends.
      iterator = nil
      throw ContentSourceError(.transient, "\(subject): cancelled")
    }
    guard var iterator else { return nil }
    do {
      let buffer = try await iterator.next()
      self.iterator = buffer == nil ? nil : iterator
      return buffer
    } catch {
      self.iterator = nil
      throw failure(error)
    }
  }

  /// One byte now and then is no transfer.
  private func checkRate() throws(ContentSourceError) {
    let elapsed = window.start.duration(to: .now)
    guard elapsed >= .milliseconds(limits.slowMilliseconds) else { return }
    guard position - window.position >= limits.slowestBytes else {
      iterator = nil
      throw ContentSourceError(
        .transient,
        "\(subject): only \(position - window.position) bytes in \(TransferFailure.seconds(limits.slowMilliseconds))"
      )
    }
    window = (.now, position)
  }

  /// May be called while `next` waits, which then ends with its task.
  func cancel() async { isCancelled.withLock { $0 = true } }
}
