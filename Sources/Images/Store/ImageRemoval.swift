import Glibc
import Linux

extension ImageStore {
  /// Removes a name, and what no other name and no running pod needs of its image.
  ///
  /// - Throws: `notFound`; `inUse` with the holders if this is the image's last name and it is in use.
  public func remove(_ reference: ImageReference) throws(ImageStoreError) {
    try Workspace.removeAbandoned(layout)
    let workspace = try Workspace(layout)
    do throws(ImageStoreError) {
      try layout.locked(.exclusive) { () throws(ImageStoreError) in
        try removeName(reference)
        try collectGarbage(into: workspace)
      }
    } catch {
      try workspace.remove()
      throw error
    }
    // The slow part, without any lock.
    try workspace.remove()
  }

  private func removeName(_ reference: ImageReference) throws(ImageStoreError) {
    guard let record = try nameForRemoval(reference) else { throw .notFound(reference) }
    let isLastName = try !layout.allNames().records.contains {
      $0.manifest == record.manifest && $0.reference != reference
    }
    let holders = try layout.heldLeases().filter { $0.manifest == record.manifest }.map(\.holder)
    if isLastName, !holders.isEmpty { throw .inUse(reference, holders: Set(holders).sorted()) }
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

  /// A name whose file is damaged can still be removed: it then stands for nothing.
  private func nameForRemoval(_ reference: ImageReference) throws(ImageStoreError) -> NameRecord? {
    do throws(ImageStoreError) {
      return try layout.name(reference)
    } catch {
      guard case .damaged = error else { throw error }
      return NameRecord(reference: reference, manifest: .sha256(of: []))
    }
  }

  /// Moves garbage out of the store. The store's lock is held exclusively.
  ///
  /// What cannot be read may refer to anything: then nothing is removed, and the error says what is damaged.
  private func collectGarbage(into workspace: borrowing Workspace) throws(ImageStoreError) {
    let (records, damaged) = try layout.allNames()
    if let first = damaged.first { throw first }
    let manifests = Set(records.map(\.manifest)).union(try layout.heldLeases().map(\.manifest))
    var documents = Set<String>()
    var layers = Set<String>()
    for digest in manifests {
      let (manifest, document) = try layout.documents(digest)
      documents.formUnion([digest.hex, manifest.configuration.digest.hex])
      layers.formUnion(document.diffIDs.map(LayerRecord.shortName))
    }
    for name in try names(in: layout.blobs) where !documents.contains(name) { try remove(name, from: layout.blobs) }
    for name in try names(in: layout.layers) where !layers.contains(name) {
      try workspace.adopt(name, from: layout.layers)
    }
    for name in try names(in: layout.records) where !layers.contains(name) { try remove(name, from: layout.records) }
    try removeFreeLocks()
  }

  private func removeFreeLocks() throws(ImageStoreError) {
    for name in try names(in: layout.locks) {
      let file = try step("layer lock") { () throws(SyscallError) in try openIfPresent(layout.locks.raw, name) }
      guard let file else { continue }
      let isFree = try step("layer lock") { () throws(SyscallError) in try FileLock.tryLock(file.raw, .exclusive) }
      if isFree { try remove(name, from: layout.locks) }
    }
  }

  private func names(in directory: SharedFD) throws(ImageStoreError) -> [String] {
    try step("image store") { () throws(SyscallError) in try entries(of: directory.raw) }
  }

  private func remove(_ name: String, from directory: SharedFD) throws(ImageStoreError) {
    try step("image store file \(name)") { () throws(SyscallError) in try removeTree(directory.raw, name) }
  }
}
