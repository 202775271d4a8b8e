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
    return try await onThread { (cancellation) throws(ImageStoreError) in
      let (image, skipped) = try store.importBlocking(tar, name, configuration, limits, cancellation)
      for (reason, count) in skipped.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        notice("left out \(count) × \(reason.words)")
      }
      return image
    }
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

  private func importBlocking(
    _ tar: Int32,
    _ name: ImageReference,
    _ configuration: ImageConfiguration,
    _ limits: UnpackLimits,
    _ cancellation: Cancellation
  ) throws(ImageStoreError) -> (StoredImage, skipped: [UnpackSkip: Int64]) {
    try Workspace.removeAbandoned(layout)
    let workspace = try Workspace(layout)
    let report: UnpackReport
    let image: StoredImage
    let replaced: Bool
    do throws(ImageStoreError) {
      report = try unpack(tar, limits, workspace, cancellation)
      (image, replaced) = try commit(report, name, configuration, workspace)
    } catch {
      try workspace.remove()
      throw error
    }
    try workspace.remove()
    if replaced { try collectGarbageIfFree() }
    return (image, report.skipped)
  }

  private func unpack(
    _ tar: Int32,
    _ limits: UnpackLimits,
    _ workspace: borrowing Workspace,
    _ cancellation: Cancellation
  ) throws(ImageStoreError) -> UnpackReport {
    let target = try workspace.makeDirectory(named: Self.layerName)
    return try unpacker.unpack(archive: tar, into: target.raw, limits: limits, cancellation: cancellation)
  }

  private static let layerName = "layer"

  /// Gives everything its final name: the layer, its documents, at last the name. Before that last step nothing refers to
  /// what is there; a crash leaves garbage, never half an image.
  private func commit(
    _ report: UnpackReport,
    _ name: ImageReference,
    _ configuration: ImageConfiguration,
    _ workspace: borrowing Workspace
  ) throws(ImageStoreError) -> (StoredImage, replaced: Bool) {
    let diffID = try digest("sha256:" + report.diffID)
    let record = LayerRecord(
      diffID: diffID,
      contentBytes: report.contentBytes,
      entries: report.entries,
      impliedDirectories: report.impliedDirectories
    )
    let document = ImageDocument(
      architecture: hostArchitecture,
      os: "linux",
      created: rfc3339(time(nil)),
      configuration: configuration,
      diffIDs: [diffID]
    )
    let documentBytes = document.serialized
    let documentDigest = ContentDigest.sha256(of: documentBytes)
    let manifestBytes = ImageManifest(
      configuration: Descriptor(
        mediaType: ImageDocument.mediaType,
        digest: documentDigest,
        size: Int64(documentBytes.count)
      ),
      layers: [Descriptor(mediaType: ImageManifest.plainLayer, digest: diffID, size: report.plainBytes)]
    ).serialized
    let manifestDigest = ContentDigest.sha256(of: manifestBytes)

    let lock = try StoreLock.layer(layout, diffID)
    let result = try layout.locked(.shared) { () throws(ImageStoreError) in
      try place(record, workspace)
      try workspace.place(documentBytes, as: documentDigest.hex, in: layout.blobs)
      try workspace.place(manifestBytes, as: manifestDigest.hex, in: layout.blobs)
      let nameRecord = NameRecord(reference: name, manifest: manifestDigest)
      let fileName = NameRecord.fileName(name)
      let replaced = try layout.hasName(fileName)
      try workspace.place(nameRecord.serialized, as: fileName, in: layout.names)
      return (try image(nameRecord), replaced: replaced)
    }
    lock.release()
    return result
  }

  /// The layer, unless the store has it already. Its record goes first: the layer's name is what makes it complete.
  private func place(_ record: LayerRecord, _ workspace: borrowing Workspace) throws(ImageStoreError) {
    if try layout.layerIfPresent(record.diffID) != nil { return }
    let short = LayerRecord.shortName(record.diffID)
    try workspace.place(record.serialized, as: short, in: layout.records)
    try workspace.place(directory: Self.layerName, as: short, in: layout.layers)
  }

  private func digest(_ text: String) throws(ImageStoreError) -> ContentDigest {
    do throws(ContentDigestError) { return try ContentDigest(text) } catch { throw .unpacker(error.description) }
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

extension StoreLayout {
  func hasName(_ fileName: String) throws(ImageStoreError) -> Bool {
    let file = try step("image names") { () throws(SyscallError) in try openIfPresent(names.raw, fileName) }
    return file != nil
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
