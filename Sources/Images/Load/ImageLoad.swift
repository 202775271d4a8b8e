import Glibc
import Linux
import UnpackPlan

extension ImageStore {
  /// Brings the images of an archive into the store: what `docker save` writes, or an OCI image layout, as a tar archive,
  /// compressed or not.
  ///
  /// The archive is taken apart by the confined child; what comes out is read as any other source of images.
  ///
  /// - Parameters:
  ///   - archive: Open for reading: a file or a pipe. Stays open.
  ///   - name: What to call the one image that the archive holds; nil for the names that it has there.
  ///   - options: `keepsPartialDownloads` is of no use here, and not looked at.
  /// - Returns: The images, each under each of its names.
  /// - Throws: `ImageStoreError`. Images that came before the one that failed stay.
  public func load(
    archive: Int32,
    name: ImageReference? = nil,
    options: PullOptions = PullOptions(),
    progress: @escaping @Sendable (PullEvent) -> Void = { _ in }
  ) async throws(ImageStoreError) -> [StoredImage] {
    let store = self
    let input = SharedFD(try Unpacker.readOnly(archive))
    let workspace = try await onThread { (_) throws(ImageStoreError) in
      try Workspace.removeAbandoned(store.layout)
      return try Workspace(store.layout)
    }
    let result: Result<[StoredImage], ImageStoreError>
    do throws(ImageStoreError) {
      let directory = SharedFD(try workspace.makeDirectory(named: "archive"))
      let limits = options.limits.forArchivesOfImages
      try await onThread { (cancellation) throws(ImageStoreError) in
        _ = try store.unpacker.unpack(
          archive: input.raw,
          into: directory.raw,
          limits: limits,
          purpose: .files,
          cancellation: cancellation
        )
      }
      result = .success(try await load(directory, name, options, progress))
    } catch {
      result = .failure(error)
    }
    try await onThread { (_) throws(ImageStoreError) in try workspace.remove() }
    return try result.get()
  }

  /// The same for a directory: an OCI image layout, or an unpacked archive of `docker save`.
  ///
  /// - Parameter directory: Its path.
  public func load(
    directory: String,
    name: ImageReference? = nil,
    options: PullOptions = PullOptions(),
    progress: @escaping @Sendable (PullEvent) -> Void = { _ in }
  ) async throws(ImageStoreError) -> [StoredImage] {
    let opened = SharedFD(try step(directory) { () throws(SyscallError) in try openDirectory(AT_FDCWD, directory) })
    return try await load(opened, name, options, progress)
  }

  private func load(
    _ directory: SharedFD,
    _ name: ImageReference?,
    _ options: PullOptions,
    _ progress: @escaping @Sendable (PullEvent) -> Void
  ) async throws(ImageStoreError) -> [StoredImage] {
    if let name, name.digest != nil { throw .digestInName(name) }
    // Docker's layers are hashed here, which takes its time.
    let source = try await onThread { (_) throws(ImageStoreError) in
      do throws(ContentSourceError) { return try LayoutSource(LayoutDirectory(directory)) } catch {
        throw .source(error)
      }
    }
    var options = options
    options.keepsPartialDownloads = false
    var images: [StoredImage] = []
    for (image, names) in try Self.named(source.images, name) {
      images += try await pull(image.selector, names: names, from: source, options: options, progress: progress)
    }
    return images
  }

  /// Every image needs a name before the first one is stored.
  static func named(
    _ images: [LoadableImage],
    _ name: ImageReference?
  ) throws(ImageStoreError) -> [(LoadableImage, [ImageReference])] {
    if let name {
      guard let image = images.first, images.count == 1 else {
        throw .unsupported(
          "it holds \(images.count) images, which cannot all be called \(name): load them without a name"
        )
      }
      return [(image, [name])]
    }
    var named: [(LoadableImage, [ImageReference])] = []
    for (index, image) in images.enumerated() {
      guard !image.names.isEmpty else {
        throw .unsupported(
          "image \(index + 1) of \(images.count) in it has no full name: give one (NAME:TAG) when you load it"
        )
      }
      for name in image.names where name.digest != nil { throw .digestInName(name) }
      named.append((image, image.names))
    }
    return named
  }
}

extension UnpackLimits {
  /// What the outer archive of images may cost: it is a flat one.
  var forArchivesOfImages: UnpackLimits {
    var limits = self
    limits.entries = 100_000
    limits.depth = 16
    return limits
  }
}
