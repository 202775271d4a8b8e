import Linux

extension ImageStore {
  /// The image that a person means; nil when there is none.
  ///
  /// - Throws: `ambiguous` if several begin so, `damaged`.
  public func resolve(_ selector: ImageSelector) throws(ImageStoreError) -> StoredImage? {
    if let name = selector.name, let image = try resolve(name) { return image }
    return try layout.locked(.shared) { () throws(ImageStoreError) in
      guard let record = try layout.records(withID: selector).first else { return nil }
      return try image(record)
    }
  }
}

extension StoreLayout {
  /// All names of the one image that a person means; several only where it was not meant by one of them. The store's lock
  /// is held.
  func records(_ selector: ImageSelector) throws(ImageStoreError) -> [NameRecord] {
    if let reference = selector.name {
      if let record = try nameEvenIfDamaged(reference) { return [record] }
      if let digest = reference.digest {
        return try allNames().records.filter {
          $0.hasDigest(digest) && $0.reference.repository == reference.repository
        }
      }
    }
    return try records(withID: selector)
  }

  /// The names of the one image whose id, manifest or index begins with what a person wrote.
  func records(withID selector: ImageSelector) throws(ImageStoreError) -> [NameRecord] {
    guard let digits = selector.digits else { return [] }
    var found: [(id: ContentDigest, record: NameRecord)] = []
    for record in try allNames().records {
      // One that is damaged has no id; it can be removed by its name.
      guard let id = try? documents(record.manifest).0.configuration.digest else { continue }
      if [id, record.manifest, record.target].contains(where: { $0.hex.hasPrefix(digits) }) {
        found.append((id, record))
      }
    }
    let images = Set(found.map { $0.id.hex.prefix(12) }).sorted()
    guard images.count <= 1 else { throw .ambiguous(selector, ids: images.map(String.init)) }
    return found.map(\.record)
  }

  /// A name whose file is damaged can still be removed: it then stands for nothing.
  private func nameEvenIfDamaged(_ reference: ImageReference) throws(ImageStoreError) -> NameRecord? {
    do throws(ImageStoreError) {
      return try name(reference)
    } catch {
      guard case .damaged = error else { throw error }
      return NameRecord(reference: reference, manifest: .sha256(of: []))
    }
  }
}
