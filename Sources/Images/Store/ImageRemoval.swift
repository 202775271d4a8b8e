import Glibc
import Linux

extension ImageStore {
  /// Removes a name, and what no other name and no running pod needs of its image.
  ///
  /// - Throws: `noSuchImage`; `inUse` with the holders if this is the image's last name and it is in use.
  public func remove(_ reference: ImageReference) throws(ImageStoreError) { try remove(ImageSelector(reference)) }

  /// The same for whatever a person means an image by. An image with several names is not removed by its id: which of them
  /// shall go, the id does not say.
  ///
  /// - Returns: The name that is gone.
  /// - Throws: `noSuchImage`, `ambiguous`, `severalNames`, `inUse`.
  @discardableResult
  public func remove(_ selector: ImageSelector) throws(ImageStoreError) -> ImageReference {
    try Workspace.removeAbandoned(layout)
    let workspace = try Workspace(layout)
    let result: Result<ImageReference, ImageStoreError>
    do throws(ImageStoreError) {
      result = .success(
        try layout.locked(.exclusive) { () throws(ImageStoreError) in
          let records = try layout.records(selector)
          guard let record = records.first else { throw .noSuchImage(selector) }
          guard records.count == 1 else { throw .severalNames(selector, names: records.map(\.reference)) }
          try removeName(record)
          try collectGarbage(into: workspace)
          return record.reference
        }
      )
    } catch {
      result = .failure(error)
    }
    // The slow part, without any lock.
    try workspace.remove()
    return try result.get()
  }

  func removeName(_ record: NameRecord) throws(ImageStoreError) {
    let reference = record.reference
    let isLastName = try !layout.allNames().records.contains {
      $0.manifest == record.manifest && $0.reference != reference
    }
    let holders = Set(try layout.heldLeases().filter { $0.manifest == record.manifest }.map(\.holder)).sorted()
    if isLastName, !holders.isEmpty { throw .inUse(reference, holders: holders) }
    try step("name \(reference)") { () throws(SyscallError) in
      try removeTree(layout.names.raw, NameRecord.fileName(reference))
      try syncDirectory(layout.names.raw)
    }
  }

  /// Removes what nothing names and nobody uses, unless somebody else is working with the store right now.
  func collectGarbageIfFree() throws(ImageStoreError) {
    guard let lock = try StoreLock.storeIfFree(layout) else { return }
    let workspace = try Workspace(layout)
    try collectGarbage(into: workspace)
    lock.release()
    try workspace.remove()
  }

  /// Moves garbage out of the store. The store's lock is held exclusively.
  ///
  /// What cannot be read may refer to anything: then nothing is removed, and the error says what is damaged.
  @discardableResult
  func collectGarbage(into workspace: Workspace) throws(ImageStoreError) -> (layers: Int, bytes: Int64) {
    let (records, damaged) = try layout.allNames()
    if let first = damaged.first { throw first }
    let leases = try layout.heldLeases()
    let manifests = Set(records.map(\.manifest)).union(leases.compactMap(\.manifest))
    // What an image that is being made will need, nothing names yet.
    let pinned = leases.flatMap(\.content)
    var documents = Set(pinned.map(\.hex))
    var layers = Set(pinned.map(LayerRecord.shortName))
    for digest in manifests {
      let (manifest, _) = try layout.documents(digest)
      documents.formUnion([digest.hex, manifest.configuration.digest.hex])
      layers.formUnion(manifest.layers.map { LayerRecord.shortName($0.digest) })
      layers.insert(LayerRecord.shortName(InheritedDirectories.digest(of: manifest.stackedLayers)))
    }
    for name in try names(in: layout.blobs) where !documents.contains(name) { try remove(name, from: layout.blobs) }
    var freed: (layers: Int, bytes: Int64) = (0, 0)
    for name in try names(in: layout.layers) where !layers.contains(name) {
      freed.layers += 1
      freed.bytes = freed.bytes.addingReportingOverflow(layout.contentBytes(of: name)).partialValue
      try workspace.adopt(name, from: layout.layers)
    }
    for name in try names(in: layout.records) where !layers.contains(name) { try remove(name, from: layout.records) }
    for name in try names(in: layout.implied) where !layers.contains(name) { try remove(name, from: layout.implied) }
    try removeFreeLocks()
    return freed
  }

  private func removeFreeLocks() throws(ImageStoreError) {
    for name in try names(in: layout.locks) {
      let file = try step("layer lock") { () throws(SyscallError) in try openIfPresent(layout.locks.raw, name) }
      guard let file else { continue }
      let isFree = try step("layer lock") { () throws(SyscallError) in try FileLock.tryLock(file.raw, .exclusive) }
      if isFree { try remove(name, from: layout.locks) }
    }
  }

  func names(in directory: SharedFD) throws(ImageStoreError) -> [String] {
    try step("image store") { () throws(SyscallError) in try entries(of: directory.raw) }
  }

  private func remove(_ name: String, from directory: SharedFD) throws(ImageStoreError) {
    try step("image store file \(name)") { () throws(SyscallError) in try removeTree(directory.raw, name) }
  }
}

extension StoreLayout {
  /// The size of a layer that goes, for the report; 0 when its record cannot be read.
  fileprivate func contentBytes(of short: String) -> Int64 {
    // A record that is damaged or gone must not keep the layer.
    guard let bytes = try? readRegularFile(records.raw, short, limit: 64 << 10) else { return 0 }
    // As above.
    return (try? LayerRecord(parsing: bytes))?.contentBytes ?? 0
  }
}
