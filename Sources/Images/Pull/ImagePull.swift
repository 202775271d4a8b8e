import Linux
import UnpackPlan

extension ImageStore {
  /// Brings an image from wherever it is into the store, or what of it is missing there.
  ///
  /// The name stands for the new image once everything of it is there and synced; until then it means what it meant. A
  /// pull that ends early, however it ends, leaves partial downloads that the next one continues.
  ///
  /// - Parameters:
  ///   - reference: The name to give it, and what to ask for: the digest if there is one, else the tag.
  ///   - source: Where it comes from. Nothing it says is believed.
  ///   - progress: Told what happens, from several tasks at once.
  /// - Throws: `ImageStoreError`.
  public func pull(
    _ reference: ImageReference,
    from source: any ContentSource,
    options: PullOptions = PullOptions(),
    progress: @escaping @Sendable (PullEvent) -> Void = { _ in }
  ) async throws(ImageStoreError) -> StoredImage {
    let selector: DocumentSelector
    if let digest = reference.digest {
      selector = .digest(digest)
    } else {
      selector = .tag(reference.tag ?? ImageReference.defaultTag)
    }
    let images = try await pull(selector, names: [reference], from: source, options: options, progress: progress)
    guard let image = images.first else { throw .noSuchImage(ImageSelector(reference)) }
    return image
  }

  /// The same for one document of a source and any number of names.
  func pull(
    _ selector: DocumentSelector,
    names: [ImageReference],
    from source: any ContentSource,
    options: PullOptions,
    progress: @escaping @Sendable (PullEvent) -> Void
  ) async throws(ImageStoreError) -> [StoredImage] {
    if options.gate.isFull { progress(.waiting) }
    let store = self
    return try await options.gate.pass { () async throws(ImageStoreError) in
      try await onThread { (_) throws(ImageStoreError) in
        try Workspace.removeAbandoned(store.layout)
        _ = try store.prunePartials(options.partialLimits)
      }
      let transfer = Transfer(source: source, options: options) { progress(.retrying($0)) }
      var resolver = ImageResolver(transfer: transfer, platform: options.platform)
      let resolved = try await resolver.resolve(selector)
      return try await store.complete(resolved, names, transfer, progress)
    }
  }

  /// Fetches the layers and commits the image.
  private func complete(
    _ image: ResolvedImage,
    _ names: [ImageReference],
    _ transfer: Transfer,
    _ progress: @escaping @Sendable (PullEvent) -> Void
  ) async throws(ImageStoreError) -> [StoredImage] {
    let pulls = try layerPulls(of: image, transfer, progress)
    progress(
      .resolved(manifest: image.manifestDigest, platform: image.document.platform, layers: pulls.map(\.layer))
    )
    // From here on nobody removes what this image needs, whether it is there already or about to come.
    let documents = [image.manifestDigest, image.manifest.configuration.digest]
    let inherited = InheritedDirectories.digest(of: image.manifest.stackedLayers)
    let content = documents + image.manifest.stackedLayers + [inherited]
    let lease = try pin(content, holder: "pull of \(names.first?.description ?? "an image")")
    let result: Result<(images: [StoredImage], replaced: Bool), ImageStoreError>
    do throws(ImageStoreError) {
      try await run(pulls, atOnce: transfer.options.layersAtOnce)
      result = .success(try await commit(image, names))
    } catch {
      result = .failure(error)
    }
    try lease.release()
    let done = try result.get()
    if done.replaced { try collectGarbageIfFree() }
    return done.images
  }

  /// One for each layer, the lowest first; a layer that occurs twice is fetched once.
  private func layerPulls(
    of image: ResolvedImage,
    _ transfer: Transfer,
    _ progress: @escaping @Sendable (PullEvent) -> Void
  ) throws(ImageStoreError) -> [LayerPull] {
    var pulls: [LayerPull] = []
    for (layer, diffID) in zip(image.manifest.layers, image.document.diffIDs) {
      if let same = pulls.first(where: { $0.layer.digest == layer.digest }) {
        guard same.diffID == diffID else {
          throw .content(layer.digest, reason: "the image's configuration gives it two diffIDs")
        }
        continue
      }
      guard layer.size <= transfer.options.limits.bytes else {
        throw .content(
          layer.digest,
          reason: "the layer has \(layer.size) bytes, at most \(transfer.options.limits.bytes) are read"
        )
      }
      pulls.append(LayerPull(store: self, transfer: transfer, layer: layer, diffID: diffID, report: progress))
    }
    return pulls
  }

  /// Runs them, a few at a time, the largest first: what begins last should not be what takes longest. The first that
  /// fails ends the others.
  private func run(_ pulls: [LayerPull], atOnce count: Int) async throws(ImageStoreError) {
    let failure = await withTaskGroup(of: ImageStoreError?.self) { group in
      var failure: ImageStoreError?
      var rest = pulls.sorted { $0.layer.size > $1.layer.size }[...]
      func startNext() {
        guard failure == nil, let pull = rest.popFirst() else { return }
        group.addTask {
          do throws(ImageStoreError) { try await pull.run() } catch { return error }
          return nil
        }
      }
      for _ in 0..<max(1, count) { startNext() }
      while let result = await group.next() {
        // What the others say after they were cancelled is not why.
        if let result, failure == nil || failure == .cancelled {
          failure = result
          group.cancelAll()
        }
        startNext()
      }
      return failure
    }
    if Task.isCancelled { throw .cancelled }
    if let failure { throw failure }
  }

  private func commit(
    _ image: ResolvedImage,
    _ names: [ImageReference]
  ) async throws(ImageStoreError) -> (images: [StoredImage], replaced: Bool) {
    let store = self
    return try await onThread { (_) throws(ImageStoreError) in
      let workspace = try Workspace(store.layout)
      do throws(ImageStoreError) {
        let result = try store.commit(
          manifest: image.manifestBytes,
          configuration: image.configurationBytes,
          target: image.target,
          names: names,
          workspace
        )
        try workspace.remove()
        return result
      } catch {
        try workspace.remove()
        throw error
      }
    }
  }
}
