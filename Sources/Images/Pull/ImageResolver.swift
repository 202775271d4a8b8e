/// Documents of one image for one platform, every one checked against its digest.
struct ResolvedImage: Sendable {
  /// What the name stands for: an index, or the manifest itself.
  var target: ContentDigest
  let manifestBytes: [UInt8]
  let manifest: ImageManifest
  let configurationBytes: [UInt8]
  let document: ImageDocument

  var manifestDigest: ContentDigest { .sha256(of: manifestBytes) }
}

/// Finds the manifest of a platform behind a name: index, perhaps a nested one, manifest, configuration.
struct ImageResolver {
  let transfer: Transfer
  let platform: Platform
  private var documents = 0
  private var available: [Platform] = []

  /// An index in an index in an index is more than anybody makes.
  private static let deepest = 4
  /// The greatest number of documents that are looked at for one image.
  private static let mostDocuments = 16

  init(transfer: Transfer, platform: Platform) {
    self.transfer = transfer
    self.platform = platform
  }

  /// - Throws: `ImageStoreError`; `platform` with what there is if nothing runs here.
  mutating func resolve(_ selector: DocumentSelector) async throws(ImageStoreError) -> ResolvedImage {
    let document = try await transfer.document(selector)
    guard var image = try await image(document, depth: 1) else {
      throw .platform(platform, available: Set(available.map(\.description)).sorted())
    }
    image.target = .sha256(of: document.bytes)
    return image
  }

  /// What a document leads to; nil if that does not run here.
  private mutating func image(
    _ document: SourceDocument,
    depth: Int
  ) async throws(ImageStoreError) -> ResolvedImage? {
    documents += 1
    guard depth <= Self.deepest, documents <= Self.mostDocuments else {
      throw .unsupported("the image's indexes are nested deeper than \(Self.deepest), or lead to too many documents")
    }
    let kind = try checked { () throws(DocumentError) in
      try DocumentKind(document.bytes, claimed: document.mediaType)
    }
    switch kind {
    case .index:
      let index = try checked { () throws(DocumentError) in try ImageIndex(parsing: document.bytes) }
      return try await best(of: index, depth)
    case .manifest:
      let manifest = try checked { () throws(DocumentError) in try ImageManifest(parsing: document.bytes) }
      return try await image(manifest, document.bytes)
    }
  }

  /// The first in the order of preference that turns out to run here.
  private mutating func best(of index: ImageIndex, _ depth: Int) async throws(ImageStoreError) -> ResolvedImage? {
    let order = platform.runnable
    var candidates: [(rank: Int, entry: ImageIndex.Entry)] = []
    for entry in index.entries {
      let type = entry.descriptor.mediaType
      guard MediaType.indexes.contains(type) || MediaType.manifests.contains(type) else { continue }
      // One that does not say is looked at last; what it is for stands in its configuration.
      guard let platform = entry.platform else {
        candidates.append((order.count, entry))
        continue
      }
      // Attachments, such as buildkit's attestations, call themselves unknown/unknown.
      if platform.os != "unknown" { available.append(platform) }
      if let rank = order.firstIndex(of: platform) { candidates.append((rank, entry)) }
    }
    for candidate in candidates.enumerated().sorted(by: { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) })
    {
      let descriptor = candidate.element.entry.descriptor
      let document = try await transfer.document(.digest(descriptor.digest))
      guard Int64(document.bytes.count) == descriptor.size else {
        throw .content(descriptor.digest, reason: "it has \(document.bytes.count) bytes, expected \(descriptor.size)")
      }
      let announced = SourceDocument(mediaType: descriptor.mediaType, bytes: document.bytes)
      if let image = try await image(announced, depth: depth + 1) { return image }
    }
    return nil
  }

  private mutating func image(
    _ manifest: ImageManifest,
    _ bytes: [UInt8]
  ) async throws(ImageStoreError) -> ResolvedImage? {
    let configuration = try await transfer.blob(manifest.configuration, limit: ImageDocument.limit)
    let document = try checked { () throws(DocumentError) in try ImageDocument(parsing: configuration) }
    guard document.diffIDs.count == manifest.layers.count else {
      throw .content(
        manifest.configuration.digest,
        reason: "the configuration names \(document.diffIDs.count) layers, the manifest \(manifest.layers.count)"
      )
    }
    guard platform.runnable.contains(document.platform) else {
      available.append(document.platform)
      return nil
    }
    return ResolvedImage(
      target: .sha256(of: bytes),
      manifestBytes: bytes,
      manifest: manifest,
      configurationBytes: configuration,
      document: document
    )
  }

  private func checked<Value>(
    _ body: () throws(DocumentError) -> Value
  ) throws(ImageStoreError) -> Value {
    do throws(DocumentError) { return try body() } catch { throw .document(error) }
  }
}
