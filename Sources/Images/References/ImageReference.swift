/// The name of an image, normalised as Docker does it (distribution/reference): `busybox` is
/// `docker.io/library/busybox:latest`.
public struct ImageReference: Hashable, Sendable, CustomStringConvertible {
  /// The registry: a host name or address, with a port if one was given.
  public let domain: String
  /// The repository within the registry, such as `library/busybox`.
  public let path: String
  /// The tag; nil only when there is a digest.
  public let tag: String?
  /// The digest of the manifest, when the name was pinned.
  public let digest: ContentDigest?

  /// Docker's registry, which a name without one means.
  public static let defaultDomain = "docker.io"
  /// The tag of a name that has neither tag nor digest.
  public static let defaultTag = "latest"
  /// The longest repository path in bytes (distribution/reference, RepositoryNameTotalLengthMax).
  public static let longestPath = 255
  /// The longest registry name in bytes: a DNS name and a port.
  public static let longestDomain = 261
  /// The longest tag in bytes.
  public static let longestTag = 128

  /// Reads and normalises a name.
  ///
  /// - Throws: `ImageReferenceError`, which says what is wrong and, where it is known, how to write it.
  public init(_ text: String) throws(ImageReferenceError) {
    self = try ImageReferenceParser(text).parse()
  }

  init(domain: String, path: String, tag: String?, digest: ContentDigest?) {
    self.domain = domain
    self.path = path
    self.tag = digest == nil ? tag ?? Self.defaultTag : tag
    self.digest = digest
  }

  /// Registry and repository without tag and digest: `docker.io/library/busybox`.
  public var repository: String { "\(domain)/\(path)" }

  /// The normalised name; reading it again gives the same value.
  public var description: String {
    var text = repository
    if let tag { text += ":\(tag)" }
    if let digest { text += "@\(digest)" }
    return text
  }

  /// The name as people write it: `busybox:latest`, without what normalisation added in front.
  public var familiar: String {
    guard domain == Self.defaultDomain else { return description }
    // By themselves a tag of this many digits and the name before it would be an id.
    if path == "library/sha256" { return description }
    let official = path.hasPrefix("library/") && !path.dropFirst(8).contains("/")
    if official { return String(description.dropFirst("docker.io/library/".count)) }
    // Without the registry, docker.io/localhost/x would be another image.
    let first = path.prefix { $0 != "/" }
    if first == "localhost" || first.contains(".") { return description }
    return String(description.dropFirst("docker.io/".count))
  }
}

/// Why a text names no image. The pod's reason for it is `InvalidImageName`.
public struct ImageReferenceError: Error, Equatable, CustomStringConvertible {
  /// What was read; shortened.
  public let text: String
  /// What is wrong with it, and what to write instead.
  public let reason: String

  init(_ text: String, _ reason: String) {
    self.text = text.shortenedForMessage
    self.reason = reason
  }

  /// `invalid image name "…": reason`.
  public var description: String { "invalid image name \"\(text)\": \(reason)" }
}
