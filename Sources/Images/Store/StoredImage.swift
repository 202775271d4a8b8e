import Glibc

/// An image that is complete in the store.
public struct StoredImage: Equatable, Sendable {
  /// The name it was found under.
  public let reference: ImageReference
  /// The digest of its configuration, which is what Docker and Kubernetes call the image's id.
  public let id: ContentDigest
  /// The digest of its manifest.
  public let manifestDigest: ContentDigest
  /// What its name stood for where it came from: the digest of an index, or of the manifest itself. The registry knows the
  /// image as `repository@` this.
  public let targetDigest: ContentDigest
  /// What it runs on.
  public let platform: Platform
  /// The directories to stack, the lowest first, the top-most last, none of them twice. They are its unpacked layers and, if
  /// layers have directories without an entry of their own, one more on top that gives these their owner, mode and times.
  public let layers: [LayerDirectory]
  /// The digests of its layers when not compressed, as its configuration has them, the lowest first.
  public let diffIDs: [ContentDigest]
  /// How it wants to be run. Untrusted.
  public let configuration: ImageConfiguration
  /// The sum of all its files' sizes in bytes.
  public let size: Int64
  /// When it was made, as its maker says (RFC 3339); nil when it does not say.
  public let created: String?
}

/// The directory of one unpacked layer: a lower directory of overlayfs, never to be written to.
public struct LayerDirectory: Hashable, Sendable {
  /// The digest of the layer's blob, which is what its place in the store follows from.
  public let digest: ContentDigest
  /// The digest of the uncompressed layer.
  public let diffID: ContentDigest
  /// The absolute path of the directory that holds all layers. With it as working directory, `name` is all that mount(2)
  /// needs, so that many layers fit its one page of options.
  public let store: String
  /// The directory's name within `store`: 20 lower-case letters and digits.
  public let name: String

  /// The absolute path.
  public var path: String { "\(store)/\(name)" }
}

/// All images of a store.
public struct ImageListing: Sendable {
  /// Those that are complete, by name.
  public let images: [StoredImage]
  /// What is wrong with the others.
  public let damaged: [ImageStoreError]
}
