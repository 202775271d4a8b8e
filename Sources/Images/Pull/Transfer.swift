/// Gets documents and blobs from a source, again where trying again may help.
struct Transfer: Sendable {
  let source: any ContentSource
  let options: PullOptions
  /// Told why something is tried again, and when.
  var retrying: @Sendable (String) -> Void = { _ in }

  /// A manifest or index; its digest is checked if it was asked for by digest.
  func document(_ selector: DocumentSelector) async throws(ImageStoreError) -> SourceDocument {
    var patience = Patience(options, retrying)
    while true {
      do throws(ContentSourceError) {
        let document = try await source.document(selector)
        return try Self.verified(document, selector)
      } catch {
        try await patience.wait(after: error)
      }
    }
  }

  private static func verified(
    _ document: SourceDocument,
    _ selector: DocumentSelector
  ) throws(ContentSourceError) -> SourceDocument {
    guard document.bytes.count <= ImageManifest.limit else {
      throw ContentSourceError(.invalid, "the manifest is larger than \(ImageManifest.limit) bytes")
    }
    if case .digest(let digest) = selector {
      guard digest.algorithm == .sha256 else {
        throw ContentSourceError(.invalid, "\(digest): content is kept by its SHA-256 only")
      }
      let found = ContentDigest.sha256(of: document.bytes)
      guard found == digest else {
        throw ContentSourceError(.invalid, "\(digest) is not what came: that has the digest \(found)")
      }
    }
    return document
  }

  /// A small blob as a whole, its size and digest checked.
  func blob(_ descriptor: Descriptor, limit: Int) async throws(ImageStoreError) -> [UInt8] {
    guard descriptor.size <= Int64(limit) else {
      throw .content(descriptor.digest, reason: "it has \(descriptor.size) bytes, at most \(limit) are read")
    }
    let collector = Collector()
    try await stream(descriptor, from: 0) { (bytes) async throws(ImageStoreError) in await collector.add(bytes) }
    let bytes = await collector.bytes
    let digest = ContentDigest.sha256(of: bytes)
    guard digest == descriptor.digest else {
      throw .content(descriptor.digest, reason: "what came has the digest \(digest)")
    }
    return bytes
  }

  private actor Collector {
    private(set) var bytes: [UInt8] = []
    func add(_ more: [UInt8]) { bytes += more }
  }

  /// The bytes of a blob from `offset` to its end, in order and each once, however often the transfer breaks off.
  func stream(
    _ descriptor: Descriptor,
    from offset: Int64,
    _ body: @Sendable ([UInt8]) async throws(ImageStoreError) -> Void
  ) async throws(ImageStoreError) {
    var position = offset
    var patience = Patience(options, retrying)
    while position < descriptor.size {
      let before = position
      let fault = try await attempt(descriptor, &position, body)
      if position &- before >= 1 << 20 { patience.renew() }
      if let fault { try await patience.wait(after: fault) }
    }
  }

  /// One transfer; nil when it brought all that was missing.
  private func attempt(
    _ descriptor: Descriptor,
    _ position: inout Int64,
    _ body: @Sendable ([UInt8]) async throws(ImageStoreError) -> Void
  ) async throws(ImageStoreError) -> ContentSourceError? {
    let stream: any BlobStream
    do throws(ContentSourceError) {
      stream = try await source.blob(descriptor, from: position)
      guard (0...position).contains(stream.offset) else {
        throw ContentSourceError(
          .mismatch,
          "\(descriptor.digest): asked for byte \(position), got what begins at byte \(stream.offset)"
        )
      }
    } catch {
      return error
    }
    do throws(ImageStoreError) {
      let fault = try await pass(stream, descriptor, &position, body)
      await stream.cancel()
      return fault
    } catch {
      await stream.cancel()
      throw error
    }
  }

  private func pass(
    _ stream: any BlobStream,
    _ descriptor: Descriptor,
    _ position: inout Int64,
    _ body: @Sendable ([UInt8]) async throws(ImageStoreError) -> Void
  ) async throws(ImageStoreError) -> ContentSourceError? {
    // A source that cannot begin in the middle repeats what is there already.
    var skip = position &- stream.offset
    while true {
      let chunk: [UInt8]?
      do throws(ContentSourceError) { chunk = try await next(stream) } catch { return error }
      if Task.isCancelled { throw .cancelled }
      guard var bytes = chunk else { break }
      if skip > 0 {
        let count = Int(min(skip, Int64(bytes.count)))
        bytes.removeFirst(count)
        skip &-= Int64(count)
      }
      guard !bytes.isEmpty else { continue }
      guard Int64(bytes.count) <= descriptor.size &- position else {
        throw .content(descriptor.digest, reason: "more came than the \(descriptor.size) bytes it should have")
      }
      try await body(bytes)
      position &+= Int64(bytes.count)
    }
    if position == descriptor.size { return nil }
    return ContentSourceError(
      .transient,
      "\(descriptor.digest): the transfer ended after \(position) of \(descriptor.size) bytes"
    )
  }

  /// A stream that stalls is ended when the task is cancelled.
  private func next(_ stream: any BlobStream) async throws(ContentSourceError) -> [UInt8]? {
    let result: Result<[UInt8]?, ContentSourceError> = await withTaskCancellationHandler {
      do throws(ContentSourceError) { return .success(try await stream.next()) } catch { return .failure(error) }
    } onCancel: {
      Task { await stream.cancel() }
    }
    return try result.get()
  }
}

/// How often and how long a transfer is tried again.
private struct Patience {
  private let options: PullOptions
  private let tell: @Sendable (String) -> Void
  private var failures = 0
  private static let longestWait: Int64 = 60_000
  private static let longestRequested: Int64 = 300

  init(_ options: PullOptions, _ tell: @escaping @Sendable (String) -> Void) {
    (self.options, self.tell) = (options, tell)
  }

  mutating func renew() { failures = 0 }

  /// - Throws: `source` when it is of no use to try again, `cancelled`.
  mutating func wait(after error: ContentSourceError) async throws(ImageStoreError) {
    if Task.isCancelled { throw .cancelled }
    failures += 1
    guard error.kind == .transient, failures < options.attempts else { throw .source(error) }
    let doubled = options.firstWait << Int64(min(failures - 1, 16))
    let asked = max(0, error.retryAfter ?? 0)
    guard asked <= Self.longestRequested else {
      throw .source(ContentSourceError(.transient, "\(error.message); it asks to be left alone for \(asked) s"))
    }
    let requested = asked * 1000
    let milliseconds = max(min(max(0, doubled), Self.longestWait), requested)
    let tenths = (milliseconds + 50) / 100
    tell("\(error.message); trying again in \(tenths / 10).\(tenths % 10) s (\(failures + 1) of \(options.attempts))")
    do { try await Task.sleep(nanoseconds: UInt64(milliseconds) * 1_000_000) } catch { throw .cancelled }
  }
}
