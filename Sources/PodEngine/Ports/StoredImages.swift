import Images

extension ImageStore {
  /// Finds an image in the store and pins its layers.
  public func usable(_ reference: ImageReference, holder: String) throws(ImageStoreError) -> UsableImage? {
    guard let image = try resolve(reference) else { return nil }
    return try usable(image, holder: holder)
  }

  /// Pins an image's layers.
  public func usable(_ image: StoredImage, holder: String) throws(ImageStoreError) -> UsableImage {
    let lease = try use(image, holder: holder)
    return UsableImage(
      name: image.reference.description,
      // As the kubelet shows it: the digest that the registry knows, where the image has been under one.
      id: "\(image.reference.repository)@\(image.targetDigest)",
      bytes: image.size,
      layers: image.layers.map(\.path),
      configuration: image.configuration,
      lease: lease
    )
  }
}
