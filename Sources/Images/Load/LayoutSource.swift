/// An image of a directory or archive.
struct LoadableImage: Equatable, Sendable {
  let selector: DocumentSelector
  /// The names that it has there; perhaps none.
  let names: [ImageReference]
}

/// The images of an OCI image layout (image-layout.md) or of what `docker save` writes, in a directory.
struct LayoutSource: ContentSource {
  private let directory: LayoutDirectory
  /// Documents that are made up here, because the format has none.
  private var documents: [ContentDigest: SourceDocument] = [:]
  /// Where blobs are that have not the place which OCI gives them.
  private var places: [ContentDigest: String] = [:]
  /// What there is.
  private(set) var images: [LoadableImage] = []

  /// More images than anybody puts into one archive.
  private static let mostImages = 1000

  /// Looks what is there. With Docker's list of images that one counts: it has full names, which OCI's index may lack.
  ///
  /// - Throws: `ContentSourceError`.
  init(_ directory: LayoutDirectory) throws(ContentSourceError) {
    self.directory = directory
    if try directory.has("manifest.json") {
      try readDocker()
    } else if try directory.has("oci-layout") {
      try readOCI()
    } else {
      throw ContentSourceError(
        .invalid,
        "it holds no images: expected manifest.json, as docker save writes it, or oci-layout and index.json"
      )
    }
    guard !images.isEmpty else { throw ContentSourceError(.invalid, "it holds no images: its list of them is empty") }
  }

  func document(_ selector: DocumentSelector) async throws(ContentSourceError) -> SourceDocument {
    guard case .digest(let digest) = selector else {
      throw ContentSourceError(.notFound, "images of an archive have no tags to ask for")
    }
    if let document = documents[digest] { return document }
    return SourceDocument(mediaType: "", bytes: try directory.read(try place(digest), limit: ImageManifest.limit))
  }

  func blob(_ descriptor: Descriptor, from offset: Int64) async throws(ContentSourceError) -> any BlobStream {
    try directory.stream(try place(descriptor.digest), from: offset)
  }

  private func place(_ digest: ContentDigest) throws(ContentSourceError) -> String {
    places[digest] ?? "blobs/\(digest.algorithm.rawValue)/\(digest.hex)"
  }

  private func checked<Value>(
    _ body: () throws(DocumentError) -> Value
  ) throws(ContentSourceError) -> Value {
    do throws(DocumentError) { return try body() } catch { throw ContentSourceError(.invalid, error.description) }
  }

  // MARK: OCI

  private mutating func readOCI() throws(ContentSourceError) {
    let layout = try directory.read("oci-layout", limit: 4096)
    try checked { () throws(DocumentError) in
      let version = try DocumentField("oci-layout", layout, limit: 4096)["imageLayoutVersion"]
      guard try version.requiredString(atMost: 64) == "1.0.0" else { throw version.failure("expected 1.0.0") }
    }
    let bytes = try directory.read("index.json", limit: ImageIndex.limit)
    let index = try checked { () throws(DocumentError) in try ImageIndex(parsing: bytes) }
    let names = try index.entries.map { (entry) throws(ContentSourceError) in try Self.name(entry.annotations) }
    if index.entries.count > 1, names.allSatisfy({ $0 == nil }), index.entries.allSatisfy({ $0.platform != nil }) {
      // One image for several platforms, without an index of its own.
      let digest = ContentDigest.sha256(of: bytes)
      documents[digest] = SourceDocument(mediaType: MediaType.index, bytes: bytes)
      images = [LoadableImage(selector: .digest(digest), names: [])]
      return
    }
    images = zip(index.entries, names).map { entry, name in
      LoadableImage(selector: .digest(entry.descriptor.digest), names: name.map { [$0] } ?? [])
    }
  }

  /// containerd writes the full name; the annotation of OCI may be one, or only a tag, which names nothing.
  private static func name(_ annotations: [String: String]) throws(ContentSourceError) -> ImageReference? {
    if let name = annotations["io.containerd.image.name"] { return try reference(name) }
    guard let name = annotations["org.opencontainers.image.ref.name"], name.contains("/") || name.contains(":") else {
      return nil
    }
    return try reference(name)
  }

  private static func reference(_ text: String) throws(ContentSourceError) -> ImageReference {
    do throws(ImageReferenceError) { return try ImageReference(text) } catch {
      throw ContentSourceError(.invalid, error.description)
    }
  }

  // MARK: Docker

  private mutating func readDocker() throws(ContentSourceError) {
    let list = try directory.read("manifest.json", limit: ImageIndex.limit)
    // The list stands alone in its file; as a member of an object it is read like every other document.
    let wrapped = Array("{\"images\":".utf8) + list + Array("}".utf8)
    let entries = try checked { () throws(DocumentError) in
      let field = try DocumentField("manifest.json", wrapped, limit: ImageIndex.limit + 16)["images"]
      return try (field.elements(atMost: Self.mostImages) ?? []).map(DockerImage.init)
    }
    var layers: [String: Descriptor] = [:]
    for entry in entries { images.append(try image(entry, &layers)) }
  }

  /// Docker's list says where configuration and layers are, and nothing of their digests: these are computed here, and what
  /// follows is checked against them as if they had come with the image.
  private mutating func image(
    _ entry: DockerImage,
    _ known: inout [String: Descriptor]
  ) throws(ContentSourceError) -> LoadableImage {
    let configuration = try directory.read(entry.configuration, limit: ImageDocument.limit)
    var layers: [Descriptor] = []
    for path in entry.layers {
      let layer: Descriptor
      if let same = known[path] { layer = same } else { layer = try directory.layer(path) }
      known[path] = layer
      places[layer.digest] = path
      layers.append(layer)
    }
    let descriptor = Descriptor(
      mediaType: MediaType.dockerConfiguration,
      digest: .sha256(of: configuration),
      size: Int64(configuration.count)
    )
    places[descriptor.digest] = entry.configuration
    let manifest = ImageManifest(configuration: descriptor, layers: layers).serialized
    let digest = ContentDigest.sha256(of: manifest)
    documents[digest] = SourceDocument(mediaType: MediaType.manifest, bytes: manifest)
    return LoadableImage(
      selector: .digest(digest),
      names: try entry.names.map { (name) throws(ContentSourceError) in try Self.reference(name) }
    )
  }
}

/// One image of Docker's `manifest.json`.
struct DockerImage {
  let configuration: String
  let names: [String]
  let layers: [String]

  init(_ field: DocumentField) throws(DocumentError) {
    configuration = try field["Config"].requiredString(atMost: ImageConfiguration.longestPath)
    names = try (field["RepoTags"].elements(atMost: 1000) ?? []).map { (name) throws(DocumentError) in
      try name.requiredString(atMost: 1024)
    }
    guard let layers = try field["Layers"].elements(atMost: ImageDocument.mostLayers) else {
      throw field["Layers"].failure("is missing")
    }
    self.layers = try layers.map { (layer) throws(DocumentError) in
      try layer.requiredString(atMost: ImageConfiguration.longestPath)
    }
  }
}
