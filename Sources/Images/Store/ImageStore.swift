import Glibc
import Linux

/// The images of a machine, shared by all its processes: content-addressed, unpacked once.
///
/// Everything becomes visible by one rename, after what it names was synced; a crash leaves nothing but temporary files,
/// which the next import removes.
public struct ImageStore: Sendable {
  let layout: StoreLayout
  let unpacker: Unpacker

  /// Opens the store in a directory, `<state-dir>/images`, making it if need be.
  ///
  /// - Parameters:
  ///   - root: The absolute path of the store.
  ///   - unpackProgram: The path of `swiftlet-unpack`; nil for the one beside the running program.
  public init(root: String, unpackProgram: String? = nil) throws(ImageStoreError) {
    layout = try StoreLayout(path: root)
    unpacker = Unpacker(program: unpackProgram)
  }

  /// The image of a name; nil when there is none.
  ///
  /// A name with a digest is found if it was stored so, or if some tag of its repository stands for that digest.
  ///
  /// - Throws: `ImageStoreError`, `damaged` if something of it is missing or was changed.
  public func resolve(_ reference: ImageReference) throws(ImageStoreError) -> StoredImage? {
    try layout.locked(.shared) { () throws(ImageStoreError) in
      if let record = try layout.name(reference) { return try image(record) }
      guard let digest = reference.digest else { return nil }
      let stored = try layout.allNames().records.first {
        $0.hasDigest(digest) && $0.reference.repository == reference.repository
      }
      guard let stored else { return nil }
      return try image(NameRecord(reference: reference, manifest: stored.manifest, target: stored.target))
    }
  }

  /// All images, by name. One that is damaged does not hide the others.
  public func list() throws(ImageStoreError) -> ImageListing {
    try layout.clearVoidLeasesIfFree()
    return try layout.locked(.shared) { () throws(ImageStoreError) in
      var (records, damaged) = try layout.allNames()
      var images: [StoredImage] = []
      for record in records {
        do throws(ImageStoreError) { images.append(try image(record)) } catch { damaged.append(error) }
      }
      return ImageListing(images: images, damaged: damaged)
    }
  }

  /// Reads an image's documents and looks for its layers. The store's lock is held.
  func image(_ record: NameRecord) throws(ImageStoreError) -> StoredImage {
    let (manifest, document) = try layout.documents(record.manifest)
    var size: Int64 = 0
    var layers: [LayerDirectory] = []
    for (descriptor, diffID) in zip(manifest.layers, document.diffIDs) {
      let layer = try layout.layer(descriptor.digest)
      guard layer.diffID == diffID else {
        throw .damaged("layer \(descriptor.digest)", reason: "its diffID is not what the image's configuration says")
      }
      // Overlayfs takes no directory twice. The upper one hides whatever the lower one would add.
      if let lower = layers.firstIndex(where: { $0.digest == descriptor.digest }) {
        layers.remove(at: lower)
      } else {
        size = size.addingReportingOverflow(layer.contentBytes).partialValue
      }
      layers.append(directory(descriptor.digest, diffID))
    }
    let inherited = InheritedDirectories.digest(of: layers.map(\.digest))
    if try layout.layerIfPresent(inherited) != nil { layers.append(directory(inherited, inherited)) }
    return StoredImage(
      reference: record.reference,
      id: manifest.configuration.digest,
      manifestDigest: record.manifest,
      targetDigest: record.target,
      platform: document.platform,
      layers: layers,
      diffIDs: document.diffIDs,
      configuration: document.configuration,
      size: size,
      created: document.created
    )
  }

  private func directory(_ digest: ContentDigest, _ diffID: ContentDigest) -> LayerDirectory {
    LayerDirectory(
      digest: digest,
      diffID: diffID,
      store: "\(layout.path)/layers",
      name: LayerRecord.shortName(digest)
    )
  }
}

extension StoreLayout {
  /// An image's manifest and configuration.
  func documents(_ digest: ContentDigest) throws(ImageStoreError) -> (ImageManifest, ImageDocument) {
    let manifestBytes = try document(digest, limit: ImageManifest.limit)
    let manifest = try parsed("image \(digest)") { () throws(DocumentError) in
      try ImageManifest(parsing: manifestBytes)
    }
    let bytes = try configuration(manifest)
    let document = try parsed("image \(digest)") { () throws(DocumentError) in try ImageDocument(parsing: bytes) }
    guard document.diffIDs.count == manifest.layers.count else {
      throw .damaged("image \(digest)", reason: "its configuration has not as many diffIDs as its manifest has layers")
    }
    return (manifest, document)
  }

  private func configuration(_ manifest: ImageManifest) throws(ImageStoreError) -> [UInt8] {
    let descriptor = manifest.configuration
    let bytes = try document(descriptor.digest, limit: ImageDocument.limit)
    guard Int64(bytes.count) == descriptor.size else {
      throw .damaged("document \(descriptor.digest)", reason: "its size is not what the manifest says")
    }
    return bytes
  }
}
