import Images
import PodModel

/// Where images come from.
public protocol ImageSource: Sendable {
  /// The image of a name, kept from removal while the answer's `lease` lives; `nil` if it is not there.
  func find(_ reference: ImageReference, holder: String) async throws(ImageStoreError) -> UsableImage?

  /// Gets an image, whether it is there already or not, for a pod whose `imagePullSecrets` may be used.
  ///
  /// - Parameter progress: Told how far it is, in words, now and then.
  func pull(
    _ reference: ImageReference,
    for pod: Pod,
    holder: String,
    progress: @escaping @Sendable (String) -> Void
  ) async throws(ImageStoreError) -> UsableImage
}

/// An image that a container can be made of.
public struct UsableImage: Sendable {
  /// Its normalised name.
  public var name: String
  /// The digest that names exactly this image.
  public var id: String
  /// The sum of its files' sizes in bytes.
  public var bytes: Int64
  /// Directories of its layers, the lowest first.
  public var layers: [String]
  /// How it wants to be run. Untrusted.
  public var configuration: ImageConfiguration
  /// Keeps the layers where they are.
  public var lease: (any Sendable)?

  /// Makes an image.
  public init(
    name: String,
    id: String,
    bytes: Int64 = 0,
    layers: [String],
    configuration: ImageConfiguration,
    lease: (any Sendable)? = nil
  ) {
    self.name = name
    self.id = id
    self.bytes = bytes
    self.layers = layers
    self.configuration = configuration
    self.lease = lease
  }
}
