import Linux

extension ImageStore {
  /// Gives an image of the store another name. A name that exists then stands for this image; what nothing else needs of
  /// the old one is removed.
  ///
  /// - Throws: `noSuchImage`, `digestInName`.
  public func tag(_ reference: ImageReference, as name: ImageReference) throws(ImageStoreError) -> StoredImage {
    try tag(ImageSelector(reference), as: name)
  }

  /// The same for whatever a person means an image by.
  ///
  /// - Throws: `noSuchImage`, `ambiguous`, `digestInName`.
  public func tag(_ selector: ImageSelector, as name: ImageReference) throws(ImageStoreError) -> StoredImage {
    if name.digest != nil { throw .digestInName(name) }
    guard let found = try resolve(selector) else { throw .noSuchImage(selector) }
    let workspace = try Workspace(layout)
    let result: Result<(image: StoredImage, replaced: Bool), ImageStoreError>
    do throws(ImageStoreError) {
      result = .success(
        try layout.locked(.shared) { () throws(ImageStoreError) in
          guard try layout.hasDocument(found.manifestDigest) else { throw .gone(found.reference) }
          let record = NameRecord(reference: name, manifest: found.manifestDigest, target: found.targetDigest)
          let image = try image(record)
          let replaced = try layout.exists(layout.names, NameRecord.fileName(name))
          try workspace.place(record.serialized, as: NameRecord.fileName(name), in: layout.names)
          return (image, replaced)
        }
      )
    } catch {
      result = .failure(error)
    }
    try workspace.remove()
    let done = try result.get()
    if done.replaced { try collectGarbageIfFree() }
    return done.image
  }
}
