import Glibc
import Linux
import UnpackPlan

extension ImageStore {
  /// Makes an image of one layer from a root file system: a tar archive, plain or compressed with gzip or zstd.
  ///
  /// The archive is parsed by the confined child only. A name that exists then stands for the new image; what nothing else
  /// needs of the old one is removed.
  ///
  /// - Parameters:
  ///   - tar: The archive, open for reading: a file or a pipe. Stays open.
  ///   - name: The name to give the image; not one with a digest.
  ///   - configuration: How to run it; checked as if it were untrusted.
  ///   - limits: What the archive may cost.
  ///   - notice: Told, once, what parts of the archive were left out on purpose.
  /// - Throws: `ImageStoreError`; nothing is left of an import that failed.
  public func importRootFilesystem(
    tar: Int32,
    name: ImageReference,
    configuration: ImageConfiguration,
    limits: UnpackLimits = .standard,
    notice: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws(ImageStoreError) -> StoredImage {
    if name.digest != nil { throw .digestInName(name) }
    try Self.validate(configuration)
    let store = self
    let workspace = try await onThread { (_) throws(ImageStoreError) in
      try Workspace.removeAbandoned(store.layout)
      return try Workspace(store.layout)
    }
    let result: Result<(image: StoredImage, layer: ReceivedLayer, replaced: Bool), ImageStoreError>
    do throws(ImageStoreError) {
      let layer = try await receive(tar, limits, workspace)
      let (image, replaced) = try await commit(layer, name, configuration, workspace)
      result = .success((image, layer, replaced))
    } catch {
      result = .failure(error)
    }
    try workspace.remove()
    let done = try result.get()
    if done.replaced { try collectGarbageIfFree() }
    for text in done.layer.report.notices { notice(text) }
    return done.image
  }

  /// What is stored is read back through the same checks as what comes from elsewhere: so it must pass them now.
  private static func validate(_ configuration: ImageConfiguration) throws(ImageStoreError) {
    let document = ImageDocument(
      architecture: hostArchitecture,
      os: "linux",
      created: nil,
      configuration: configuration,
      diffIDs: []
    )
    do throws(DocumentError) { _ = try ImageDocument(parsing: document.serialized) } catch {
      throw .configuration(error)
    }
  }

  private func receive(
    _ tar: Int32,
    _ limits: UnpackLimits,
    _ workspace: Workspace
  ) async throws(ImageStoreError) -> ReceivedLayer {
    let archive = SharedFD(try Unpacker.readOnly(tar))
    let target = SharedFD(try workspace.makeDirectory(named: Self.layerName))
    return try await unpacker.receive(into: target, limits: limits) { (intake) async throws(ImageStoreError) in
      try await intake.takeAll(of: archive.raw)
    }
  }

  private static let layerName = "layer"

  private func commit(
    _ layer: ReceivedLayer,
    _ name: ImageReference,
    _ configuration: ImageConfiguration,
    _ workspace: Workspace
  ) async throws(ImageStoreError) -> (StoredImage, replaced: Bool) {
    let record = try layer.record
    let document = ImageDocument(
      architecture: hostArchitecture,
      os: "linux",
      created: rfc3339(time(nil)),
      configuration: configuration,
      diffIDs: [record.diffID]
    ).serialized
    let manifest = ImageManifest(
      configuration: Descriptor(
        mediaType: MediaType.configuration,
        digest: .sha256(of: document),
        size: Int64(document.count)
      ),
      layers: [Descriptor(mediaType: layer.mediaType, digest: layer.digest, size: layer.size)]
    ).serialized
    let store = self
    let lease = try pin([record.digest], holder: "import of \(name)")
    let lock = try await StoreLock.layer(layout, record.digest)
    let result = try await onThread { (_) throws(ImageStoreError) in
      try store.place(record, implied: layer.report.impliedDirectories, directory: Self.layerName, workspace)
      return try store.commit(
        manifest: manifest,
        configuration: document,
        target: .sha256(of: manifest),
        names: [name],
        workspace
      )
    }
    lock.release()
    try lease.release()
    guard let image = result.images.first else { throw .noSuchImage(ImageSelector(name)) }
    return (image, replaced: result.replaced)
  }

  /// Keeps content that nothing names yet, until the lease is released or its holder is gone.
  func pin(_ content: [ContentDigest], holder: String) throws(ImageStoreError) -> ImageLease {
    try layout.locked(.shared) { () throws(ImageStoreError) in
      try layout.makeLease(LeaseRecord(holder: holder, manifest: nil, content: content))
    }
  }
}

extension ReceivedLayer {
  /// What the store keeps of it.
  var record: LayerRecord {
    get throws(ImageStoreError) {
      let diffID: ContentDigest
      do throws(ContentDigestError) { diffID = try ContentDigest("sha256:" + report.diffID) } catch {
        throw .unpacker(error.description)
      }
      return LayerRecord(
        digest: digest,
        diffID: diffID,
        blobBytes: size,
        contentBytes: report.contentBytes,
        entries: report.entries
      )
    }
  }
}

extension UnpackReport {
  /// What was left out, one line for each kind.
  var notices: [String] {
    skipped.sorted { $0.key.rawValue < $1.key.rawValue }.map { "left out \($0.value) × \($0.key.words)" }
  }
}

extension UnpackSkip {
  /// What was left out, for people.
  var words: String {
    switch self {
    case .unknownType: "an entry that is neither file, directory, link, pipe nor device"
    case .rootEntry: "an entry for the root that is no directory"
    case .aufsMetadata: "bookkeeping of AUFS"
    case .extendedAttribute: "an extended attribute that is not for images (trusted.*, user.overlay.*, security.*)"
    case .unsupportedAttribute: "an extended attribute that this file system cannot keep"
    }
  }
}

/// The architecture in OCI's words (Go's GOARCH).
let hostArchitecture: String = {
  #if arch(x86_64)
    "amd64"
  #elseif arch(arm64)
    "arm64"
  #elseif arch(riscv64)
    "riscv64"
  #else
    "unknown"
  #endif
}()

/// A time in seconds since 1970, in UTC.
func rfc3339(_ seconds: time_t) -> String {
  var (seconds, parts) = (seconds, tm())
  gmtime_r(&seconds, &parts)
  func digits(_ number: Int32, _ count: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, count - text.count)) + text
  }
  let date = [digits(parts.tm_year &+ 1900, 4), digits(parts.tm_mon &+ 1, 2), digits(parts.tm_mday, 2)]
  let time = [digits(parts.tm_hour, 2), digits(parts.tm_min, 2), digits(parts.tm_sec, 2)]
  return "\(date.joined(separator: "-"))T\(time.joined(separator: ":"))Z"
}
