import JSONText

/// What a document or a layer is, and which bytes: an OCI content descriptor.
public struct Descriptor: Hashable, Sendable {
  /// What it is, in OCI's or Docker's words.
  public var mediaType: String
  /// Of its bytes.
  public var digest: ContentDigest
  /// In bytes; 0 or more.
  public var size: Int64

  /// Describes content.
  public init(mediaType: String, digest: ContentDigest, size: Int64) {
    self.mediaType = mediaType
    self.digest = digest
    self.size = size
  }

  init(_ field: DocumentField) throws(DocumentError) {
    guard field.isPresent else { throw field.failure("is missing") }
    mediaType = try field["mediaType"].requiredString(atMost: 256)
    digest = try field["digest"].digest()
    size = try field["size"].count()
  }

  var json: JSONValue {
    .object([
      JSONMember("digest", .string(digest.description)),
      JSONMember("mediaType", .string(mediaType)),
      JSONMember("size", .integer(size)),
    ])
  }
}

/// An OCI image manifest: the configuration and the layers of one image for one platform.
struct ImageManifest: Equatable {
  /// OCI image specification, manifest.md.
  static let mediaType = "application/vnd.oci.image.manifest.v1+json"
  /// A layer that is a plain tar archive.
  static let plainLayer = "application/vnd.oci.image.layer.v1.tar"
  /// The largest manifest in bytes that is read.
  static let limit = 4 << 20

  var configuration: Descriptor
  var layers: [Descriptor]

  init(configuration: Descriptor, layers: [Descriptor]) {
    self.configuration = configuration
    self.layers = layers
  }

  /// Reads an untrusted manifest. A document that could also be read as an index is refused (CVE-2021-41190).
  init(parsing bytes: [UInt8]) throws(DocumentError) {
    let root = try DocumentField("image manifest", bytes, limit: Self.limit)
    guard try root["schemaVersion"].count() == 2 else { throw root["schemaVersion"].failure("expected 2") }
    guard try root["mediaType"].requiredString(atMost: 256) == Self.mediaType else {
      throw root["mediaType"].failure("expected \(Self.mediaType)")
    }
    for name in ["manifests", "fsLayers"] where root[name].isPresent {
      throw root[name].failure("has no place in an image manifest")
    }
    configuration = try Descriptor(root["config"])
    guard configuration.mediaType == ImageDocument.mediaType else {
      throw root["config"]["mediaType"].failure("expected \(ImageDocument.mediaType)")
    }
    guard let elements = try root["layers"].elements(atMost: ImageDocument.mostLayers) else {
      throw root["layers"].failure("is missing")
    }
    var layers: [Descriptor] = []
    for element in elements { layers.append(try Descriptor(element)) }
    self.layers = layers
  }

  /// The manifest, names sorted: equal values give equal bytes.
  var serialized: [UInt8] {
    JSONValue.object([
      JSONMember("config", configuration.json),
      JSONMember("layers", .array(layers.map(\.json))),
      JSONMember("mediaType", .string(Self.mediaType)),
      JSONMember("schemaVersion", .integer(2)),
    ]).serialized()
  }
}
