import Synchronization

@testable import Images

/// A source of images in memory that does what a test tells it to.
final class ScriptedSource: ContentSource {
  /// What a transfer does.
  enum Behaviour: Sendable {
    case whole
    case cut(after: Int)
    case stall(after: Int)
    case fails(ContentSourceError)
    /// Other bytes than asked for.
    case flipped(at: Int)
    case tooMuch
    case fromTheBeginning
    case fromBeyond
  }

  struct Request: Equatable, Sendable {
    let digest: ContentDigest
    let offset: Int64
  }

  private struct State {
    var documents: [DocumentSelector: SourceDocument] = [:]
    var blobs: [ContentDigest: [UInt8]] = [:]
    var behaviours: [ContentDigest: [Behaviour]] = [:]
    var documentFailures: [ContentSourceError] = []
    var requests: [Request] = []
    var sent: [ContentDigest: Int] = [:]
    var open = 0
    var mostOpen = 0
    var isHeld = false
  }

  private let state = Mutex(State())
  let chunk: Int

  init(_ image: TestImage? = nil, chunk: Int = 1 << 16) {
    self.chunk = chunk
    guard let image else { return }
    add(image)
    tag("latest", image.manifestBytes, image.manifestType)
  }

  func add(_ image: TestImage) {
    state.withLock { $0.blobs.merge(image.blobs) { one, _ in one } }
    document(image.manifestBytes, image.manifestType)
  }

  func document(_ bytes: [UInt8], _ mediaType: String) {
    state.withLock { $0.documents[.digest(.sha256(of: bytes))] = SourceDocument(mediaType: mediaType, bytes: bytes) }
  }

  func tag(_ tag: String, _ bytes: [UInt8], _ mediaType: String) {
    state.withLock { $0.documents[.tag(tag)] = SourceDocument(mediaType: mediaType, bytes: bytes) }
  }

  func answer(_ selector: DocumentSelector, _ document: SourceDocument) {
    state.withLock { $0.documents[selector] = document }
  }

  func replaceBlob(_ digest: ContentDigest, _ bytes: [UInt8]) { state.withLock { $0.blobs[digest] = bytes } }

  /// What the next transfers of a blob do, one after the other; then it comes whole.
  func script(_ digest: ContentDigest, _ behaviours: [Behaviour]) {
    state.withLock { $0.behaviours[digest] = behaviours }
  }

  func failDocuments(_ errors: [ContentSourceError]) { state.withLock { $0.documentFailures = errors } }

  /// While held, no transfer yields anything.
  func hold(_ isHeld: Bool) { state.withLock { $0.isHeld = isHeld } }

  var requests: [Request] { state.withLock { $0.requests } }
  var mostOpen: Int { state.withLock { $0.mostOpen } }
  func sent(_ digest: ContentDigest) -> Int { state.withLock { $0.sent[digest] ?? 0 } }
  func count(_ digest: ContentDigest) -> Int { requests.count { $0.digest == digest } }

  func document(_ selector: DocumentSelector) async throws(ContentSourceError) -> SourceDocument {
    let (failure, document) = state.withLock { state in
      (state.documentFailures.isEmpty ? nil : state.documentFailures.removeFirst(), state.documents[selector])
    }
    if let failure { throw failure }
    guard let document else { throw ContentSourceError(.notFound, "there is no such document") }
    return document
  }

  func blob(_ descriptor: Descriptor, from offset: Int64) async throws(ContentSourceError) -> any BlobStream {
    let (bytes, behaviour) = state.withLock { state in
      state.requests.append(Request(digest: descriptor.digest, offset: offset))
      let behaviours = state.behaviours[descriptor.digest] ?? []
      state.behaviours[descriptor.digest] = Array(behaviours.dropFirst())
      return (state.blobs[descriptor.digest], behaviours.first ?? .whole)
    }
    if case .fails(let error) = behaviour { throw error }
    guard let bytes else { throw ContentSourceError(.notFound, "there is no such blob") }
    state.withLock { state in
      state.open += 1
      state.mostOpen = max(state.mostOpen, state.open)
    }
    return Stream(self, descriptor.digest, bytes, Int(offset), behaviour)
  }

  final class Stream: BlobStream {
    let offset: Int64
    private let source: ScriptedSource
    private let digest: ContentDigest
    private let bytes: [UInt8]
    private let limit: Int
    private let stalls: Bool
    private let fails: Bool
    private struct Progress {
      var position: Int
      var isOver = false
    }
    private let progress: Mutex<Progress>

    init(_ source: ScriptedSource, _ digest: ContentDigest, _ bytes: [UInt8], _ offset: Int, _ behaviour: Behaviour) {
      self.source = source
      self.digest = digest
      var (bytes, start, limit, stalls, fails) = (bytes, offset, bytes.count, false, false)
      switch behaviour {
      case .cut(let count): (limit, fails) = (min(limit, offset + count), true)
      case .stall(let count): (limit, stalls) = (min(limit, offset + count), true)
      case .flipped(let index): bytes[index] ^= 1
      case .tooMuch:
        bytes += [UInt8](repeating: 0, count: 1 << 20)
        limit = bytes.count
      case .fromTheBeginning: start = 0
      case .fromBeyond: start = offset + 1
      case .whole, .fails: break
      }
      self.bytes = bytes
      self.offset = Int64(start)
      self.limit = limit
      self.stalls = stalls
      self.fails = fails
      progress = Mutex(Progress(position: start))
    }

    func next() async throws(ContentSourceError) -> [UInt8]? {
      while source.state.withLock({ $0.isHeld }), !progress.withLock({ $0.isOver }) { await Task.yield() }
      while progress.withLock({ $0.position }) >= limit, stalls {
        if progress.withLock({ $0.isOver }) { throw ContentSourceError(.transient, "cancelled") }
        await Task.yield()
      }
      let start = progress.withLock { $0.position }
      let end = min(start + source.chunk, limit)
      guard start < end else {
        if fails { throw ContentSourceError(.transient, "the connection broke") }
        return nil
      }
      progress.withLock { $0.position = end }
      source.state.withLock { $0.sent[digest, default: 0] += end - start }
      return Array(bytes[start..<end])
    }

    func cancel() async {
      let isFirst = progress.withLock { progress in
        defer { progress.isOver = true }
        return !progress.isOver
      }
      if isFirst { source.state.withLock { $0.open -= 1 } }
    }
  }
}
