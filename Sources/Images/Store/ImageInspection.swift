import JSONText
import Linux

/// All that the store knows of an image.
public struct ImageInspection: Equatable, Sendable {
  /// One layer as it is stored.
  public struct Layer: Equatable, Sendable {
    /// Of its blob, as the manifest has it.
    public let descriptor: Descriptor
    /// Of the uncompressed layer.
    public let diffID: ContentDigest
    /// The sum of its files' sizes in bytes.
    public let contentBytes: Int64
    /// The number of entries in its archive.
    public let entries: Int64
    /// The absolute path of its directory.
    public let path: String
  }

  /// The image under the name that was asked for.
  public let image: StoredImage
  /// All names that stand for its manifest.
  public let names: [ImageReference]
  /// Its layers as the manifest lists them, the lowest first, repetitions included.
  public let layers: [Layer]
  /// When a pod last began to use it, or else when it was stored; seconds since 1970.
  public let lastUsed: Int64
  /// Who uses it now, for people.
  public let holders: [String]
  /// The manifest, as it came. Untrusted.
  public let manifest: JSONValue
  /// The configuration with history and author, as it came. Untrusted.
  public let document: JSONValue

  /// Everything as JSON.
  public var json: JSONValue {
    func strings(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }
    let layers = layers.map { layer in
      JSONValue.object([
        JSONMember("blobBytes", .integer(layer.descriptor.size)),
        JSONMember("contentBytes", .integer(layer.contentBytes)),
        JSONMember("diffID", .string(layer.diffID.description)),
        JSONMember("digest", .string(layer.descriptor.digest.description)),
        JSONMember("entries", .integer(layer.entries)),
        JSONMember("mediaType", .string(layer.descriptor.mediaType)),
        JSONMember("path", .string(layer.path)),
      ])
    }
    return .object([
      JSONMember("config", image.configuration.json),
      JSONMember("created", image.created.map { .string($0) } ?? .null),
      JSONMember("digest", .string(image.targetDigest.description)),
      JSONMember("documents", .object([JSONMember("config", document), JSONMember("manifest", manifest)])),
      JSONMember("id", .string(image.id.description)),
      JSONMember("lastUsed", .integer(lastUsed)),
      JSONMember("layers", .array(layers)),
      JSONMember("manifest", .string(image.manifestDigest.description)),
      JSONMember("name", .string(image.reference.description)),
      JSONMember("names", strings(names.map(\.description))),
      JSONMember("platform", .string(image.platform.description)),
      JSONMember("size", .integer(image.size)),
      JSONMember("stack", strings(image.layers.map(\.path))),
      JSONMember("usedBy", strings(holders)),
    ])
  }
}

extension ImageStore {
  /// All that is known of an image.
  ///
  /// - Throws: `noSuchImage`, `damaged`.
  public func inspect(_ reference: ImageReference) throws(ImageStoreError) -> ImageInspection {
    try inspect(ImageSelector(reference))
  }

  /// The same for whatever a person means an image by.
  ///
  /// - Throws: `noSuchImage`, `ambiguous`, `damaged`.
  public func inspect(_ selector: ImageSelector) throws(ImageStoreError) -> ImageInspection {
    guard let image = try resolve(selector) else { throw .noSuchImage(selector) }
    return try layout.locked(.shared) { () throws(ImageStoreError) in
      guard try layout.hasDocument(image.manifestDigest) else { throw .gone(image.reference) }
      let (manifest, document) = try layout.documents(image.manifestDigest)
      var layers: [ImageInspection.Layer] = []
      for (descriptor, diffID) in zip(manifest.layers, document.diffIDs) {
        let record = try layout.layer(descriptor.digest)
        layers.append(
          ImageInspection.Layer(
            descriptor: descriptor,
            diffID: diffID,
            contentBytes: record.contentBytes,
            entries: record.entries,
            path: "\(layout.path)/layers/\(LayerRecord.shortName(descriptor.digest))"
          )
        )
      }
      return ImageInspection(
        image: image,
        names: try layout.allNames().records.filter { $0.manifest == image.manifestDigest }.map(\.reference),
        layers: layers,
        lastUsed: try layout.lastUsed(image.manifestDigest),
        holders: try layout.holders(of: image.manifestDigest),
        manifest: try layout.json(image.manifestDigest, limit: ImageManifest.limit),
        document: try layout.json(image.id, limit: ImageDocument.limit)
      )
    }
  }
}

extension StoreLayout {
  fileprivate func json(_ digest: ContentDigest, limit: Int) throws(ImageStoreError) -> JSONValue {
    let bytes = try document(digest, limit: limit)
    do throws(JSONTextError) {
      return try JSONValue(parsing: bytes, limits: JSONLimits(bytes: limit, depth: 32, values: 200_000))
    } catch {
      throw .damaged("document \(digest)", reason: error.description)
    }
  }
}
