import Glibc
import Linux

/// Giving what is complete its name. Until an image has a name, nothing refers to what is there: a crash leaves garbage,
/// never half an image.
extension ImageStore {
  /// A layer, unless the store has it already. Its records go first: the layer's name is what makes it complete.
  ///
  /// - Parameter directory: The name of the unpacked layer within the workspace.
  func place(
    _ record: LayerRecord,
    implied: [[UInt8]],
    directory: String,
    _ workspace: Workspace
  ) throws(ImageStoreError) {
    let short = LayerRecord.shortName(record.digest)
    try workspace.sync(short)
    let lock = try StoreLock.store(layout, .shared)
    if try layout.layerIfPresent(record.digest) == nil {
      if try layout.exists(layout.layers, short) { try workspace.adopt(short, from: layout.layers) }
      try workspace.place(ImpliedDirectories.serialized(implied), as: short, in: layout.implied)
      try workspace.place(record.serialized, as: short, in: layout.records)
      try workspace.place(directory: directory, as: short, in: layout.layers)
    }
    lock.release()
  }

  /// The documents of an image and its names. All its layers are there, and a lease keeps them.
  ///
  /// - Returns: The image under each name, and whether one of the names stood for another image before.
  func commit(
    manifest: [UInt8],
    configuration: [UInt8],
    target: ContentDigest,
    names: [ImageReference],
    _ workspace: Workspace
  ) throws(ImageStoreError) -> (images: [StoredImage], replaced: Bool) {
    let manifestDigest = ContentDigest.sha256(of: manifest)
    try placeInherited(
      of: try layout.parsed("image") { () throws(DocumentError) in try ImageManifest(parsing: manifest) },
      workspace
    )
    let lock = try StoreLock.store(layout, .shared)
    try workspace.place(configuration, as: ContentDigest.sha256(of: configuration).hex, in: layout.blobs)
    try workspace.place(manifest, as: manifestDigest.hex, in: layout.blobs)
    // Read back before it has a name: nothing is named that could not be used.
    var images: [StoredImage] = []
    var replaced = false
    let records = names.map { NameRecord(reference: $0, manifest: manifestDigest, target: target) }
    for record in records { images.append(try image(record)) }
    // Some of the layers may be another's, who was killed before their own names were safe.
    try layout.syncLayerNames()
    for record in records {
      let fileName = NameRecord.fileName(record.reference)
      replaced = try layout.exists(layout.names, fileName) || replaced
      try workspace.place(record.serialized, as: fileName, in: layout.names)
    }
    lock.release()
    return (images, replaced)
  }

  /// Makes what the image's directories inherit from lower layers, if they do.
  private func placeInherited(
    of manifest: ImageManifest,
    _ workspace: Workspace
  ) throws(ImageStoreError) {
    let digests = manifest.stackedLayers
    guard digests.count > 1 else { return }
    let digest = InheritedDirectories.digest(of: digests)
    if try layout.layerIfPresent(digest) != nil { return }
    var layers: [(directory: SharedFD, implied: [[UInt8]])] = []
    for digest in digests { layers.append((try layout.openLayer(digest), try layout.impliedDirectories(digest))) }
    let name = "inherited"
    let target = try workspace.makeDirectory(named: name)
    let count = try InheritedDirectories(layers: layers).make(in: target.raw)
    guard count > 0 else { return }
    let record = LayerRecord(
      digest: digest,
      diffID: digest,
      blobBytes: 0,
      contentBytes: 0,
      entries: Int64(count)
    )
    try place(record, implied: [], directory: name, workspace)
  }
}

extension ImageManifest {
  /// The layers as overlayfs stacks them: of one that occurs twice, only the upper one.
  var stackedLayers: [ContentDigest] {
    var digests: [ContentDigest] = []
    for layer in layers {
      digests.removeAll { $0 == layer.digest }
      digests.append(layer.digest)
    }
    return digests
  }
}

extension StoreLayout {
  /// Whether a directory of the store has an entry of this name.
  func exists(_ directory: SharedFD, _ name: String) throws(ImageStoreError) -> Bool {
    var status = stat()
    do throws(SyscallError) {
      try check("fstatat") { fstatat(directory.raw, name, &status, AT_SYMLINK_NOFOLLOW) }
      return true
    } catch {
      if error.errno == ENOENT { return false }
      throw .system("image store file \(name)", error)
    }
  }

  /// Makes the names of all layers survive a power cut: on file systems other than ext4 a later name does not imply it.
  func syncLayerNames() throws(ImageStoreError) {
    for directory in [implied, records, layers, root] {
      try step("image store") { () throws(SyscallError) in try syncDirectory(directory.raw) }
    }
  }

  func openLayer(_ digest: ContentDigest) throws(ImageStoreError) -> SharedFD {
    _ = try layer(digest)
    return SharedFD(
      try step("layer \(digest)") { () throws(SyscallError) in
        try openBeneath(layers.raw, LayerRecord.shortName(digest), O_RDONLY | O_DIRECTORY)
      }
    )
  }

  func impliedDirectories(_ digest: ContentDigest) throws(ImageStoreError) -> [[UInt8]] {
    guard let bytes = try file(implied, LayerRecord.shortName(digest), limit: ImpliedDirectories.limit) else {
      throw .damaged("layer \(digest)", reason: "the list of its directories without entry is missing")
    }
    return try parsed("layer \(digest)") { () throws(DocumentError) in try ImpliedDirectories.parse(bytes) }
  }
}
