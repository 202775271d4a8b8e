import Images

extension ImageStore: ImageSource {
  /// Finds an image in the store and pins its layers.
  public func find(_ reference: ImageReference, holder: String) async throws(ImageStoreError) -> UsableImage? {
    guard let image = try resolve(reference) else { return nil }
    let lease = try use(image, holder: holder)
    return UsableImage(
      name: image.reference.description,
      id: image.id.description,
      layers: image.layers.map(\.path),
      configuration: image.configuration,
      lease: lease
    )
  }
}
