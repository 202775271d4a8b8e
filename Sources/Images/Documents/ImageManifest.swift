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
    guard digest.algorithm == .sha256 else {
      throw field["digest"].failure("content is kept by its SHA-256 only: expected sha256:<64 hexadecimal digits>")
    }
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

/// An image manifest of OCI or Docker: the configuration and the layers of one image for one platform.
struct ImageManifest: Equatable {
  /// The largest manifest in bytes that is read.
  static let limit = 4 << 20

  var mediaType: String
  var configuration: Descriptor
  var layers: [Descriptor]

  init(configuration: Descriptor, layers: [Descriptor]) {
    mediaType = MediaType.manifest
    self.configuration = configuration
    self.layers = layers
  }

  /// Reads an untrusted manifest. A document that could also be read as an index is refused (CVE-2021-41190).
  init(parsing bytes: [UInt8]) throws(DocumentError) {
    let root = try DocumentField("image manifest", bytes, limit: Self.limit)
    guard try root["schemaVersion"].count() == 2 else { throw root["schemaVersion"].failure("expected 2") }
    mediaType = try root["mediaType"].string(atMost: 256) ?? MediaType.manifest
    guard MediaType.manifests.contains(mediaType) else {
      throw root["mediaType"].failure("expected \(MediaType.manifest) or \(MediaType.dockerManifest)")
    }
    for name in ["manifests", "fsLayers"] where root[name].isPresent {
      throw root[name].failure("has no place in an image manifest")
    }
    configuration = try Descriptor(root["config"])
    guard MediaType.configurations.contains(configuration.mediaType) else {
      throw root["config"]["mediaType"].failure(
        "expected the configuration of a container image, found \"\(configuration.mediaType.shortenedForMessage)\": this is "
          + "something else"
      )
    }
    guard let elements = try root["layers"].elements(atMost: ImageDocument.mostLayers) else {
      throw root["layers"].failure("is missing")
    }
    layers = []
    for element in elements {
      let layer = try Descriptor(element)
      if let reason = MediaType.refusal(ofLayer: layer.mediaType) { throw element.failure(reason) }
      layers.append(layer)
    }
    try Self.checkSizes(layers, root["layers"])
  }

  /// One digest has one size: a second one would be a lie that only shows when it is too late.
  private static func checkSizes(_ layers: [Descriptor], _ field: DocumentField) throws(DocumentError) {
    var sizes: [ContentDigest: Int64] = [:]
    for layer in layers {
      if let size = sizes.updateValue(layer.size, forKey: layer.digest), size != layer.size {
        throw field.failure("layer \(layer.digest) has two sizes")
      }
    }
  }

  /// The manifest, names sorted: equal values give equal bytes.
  var serialized: [UInt8] {
    JSONValue.object([
      JSONMember("config", configuration.json),
      JSONMember("layers", .array(layers.map(\.json))),
      JSONMember("mediaType", .string(mediaType)),
      JSONMember("schemaVersion", .integer(2)),
    ]).serialized()
  }
}
