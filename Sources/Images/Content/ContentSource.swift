/// Where the documents and layers of an image come from: a repository of a registry, an OCI layout, an archive.
///
/// Whatever a source gives is untrusted: the store checks size and digest of every byte before it uses one.
public protocol ContentSource: Sendable {
  /// The manifest or index that a tag or a digest stands for, byte for byte as the source has it.
  ///
  /// - Throws: ``ContentSourceError``.
  func document(_ selector: DocumentSelector) async throws(ContentSourceError) -> SourceDocument

  /// The bytes of a blob, from `offset` on; `offset` is at most the descriptor's size. A source that cannot begin in the
  /// middle begins at 0 and says so in the stream's ``BlobStream/offset``.
  ///
  /// - Throws: ``ContentSourceError``.
  func blob(_ descriptor: Descriptor, from offset: Int64) async throws(ContentSourceError) -> any BlobStream
}

/// Which document of a repository is meant.
public enum DocumentSelector: Hashable, Sendable {
  /// What a tag stands for at this moment.
  case tag(String)
  /// Exactly this document.
  case digest(ContentDigest)
}

/// A manifest or an index as a source gave it.
public struct SourceDocument: Sendable {
  /// The media type that the source says it has; the document's own word counts for more.
  public let mediaType: String
  /// Its bytes.
  public let bytes: [UInt8]

  /// Makes a document.
  public init(mediaType: String, bytes: [UInt8]) {
    self.mediaType = mediaType
    self.bytes = bytes
  }
}

/// The bytes of one blob as they arrive.
public protocol BlobStream: AnyObject, Sendable {
  /// Where in the blob the first byte of this stream stands.
  var offset: Int64 { get }

  /// The next bytes, at most 1 MiB; nil at the end. Never called by two tasks at once.
  ///
  /// - Throws: ``ContentSourceError``: the connection broke, stalled, or more came than was asked for.
  func next() async throws(ContentSourceError) -> [UInt8]?

  /// Ends the transfer before its end; harmless afterwards.
  func cancel() async
}

/// Why a source did not give what was asked for.
public struct ContentSourceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What a caller may do about it.
  public enum Kind: String, Sendable {
    /// There is no such image, tag or blob.
    case notFound
    /// Credentials are missing or refused.
    case unauthorized
    /// The other side is busy, unreachable or broke off; trying again later may help.
    case transient
    /// What came is not what was asked for or not what the specification allows; trying again will not help.
    case invalid
    /// What came of a blob has another size or place than was asked for: what came before may be wrong as well.
    case mismatch
    /// The source cannot be used as it is configured.
    case configuration
  }

  /// What a caller may do about it.
  public let kind: Kind
  /// What happened, where, and what a person can do; one line without credentials.
  public let message: String
  /// Seconds that the other side asked to be left alone (`Retry-After`); nil if it did not.
  public let retryAfter: Int64?

  /// Makes an error.
  public init(_ kind: Kind, _ message: String, retryAfter: Int64? = nil) {
    self.kind = kind
    self.message = message
    self.retryAfter = retryAfter
  }

  /// The message.
  public var description: String { message }
}
