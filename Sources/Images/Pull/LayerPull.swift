import Linux
import UnpackPlan

/// Brings one layer into the store, however many ask for it at once.
struct LayerPull: Sendable {
  let store: ImageStore
  let transfer: Transfer
  let layer: Descriptor
  /// What the image's configuration says the layer is when it is not compressed.
  let diffID: ContentDigest
  let report: @Sendable (PullEvent) -> Void

  private static let directory = "layer"

  /// - Throws: `ImageStoreError`. What arrived stays for the next attempt if it may be of use.
  func run() async throws(ImageStoreError) {
    if try isPresent() { return }
    tell(.waiting, 0)
    let lock = try await StoreLock.layer(store.layout, layer.digest)
    // Whoever had the lock may have been fetching just this.
    if try !isPresent() { try await fetch() }
    lock.release()
  }

  private func tell(_ state: LayerProgress.State, _ bytes: Int64) {
    report(.layer(LayerProgress(digest: layer.digest, state: state, bytes: bytes, total: layer.size)))
  }

  private func isPresent() throws(ImageStoreError) -> Bool {
    guard let record = try store.layout.layerIfPresent(layer.digest) else { return false }
    try check(record.diffID)
    tell(.present, layer.size)
    return true
  }

  private func check(_ found: ContentDigest) throws(ImageStoreError) {
    guard found == diffID else {
      throw .content(
        layer.digest,
        reason: "uncompressed it is \(found), and the image's configuration says \(diffID)"
      )
    }
  }

  /// What an earlier attempt left may be wrong: then it is removed, and all is fetched again, once.
  private func fetch() async throws(ImageStoreError) {
    let partial = transfer.options.keepsPartialDownloads ? try PartialBlob(store.layout, layer) : nil
    let resumed = try partial?.length() ?? 0
    do throws(ImageStoreError) {
      try await attempt(partial)
    } catch {
      guard error.condemnsContent else {
        // Nothing to continue from is nothing to keep.
        if let partial, try partial.length() == 0 { try partial.remove() }
        throw error
      }
      try partial?.remove()
      guard resumed > 0 else { throw error }
      report(.notice("layer \(layer.digest): what an earlier download left is removed, it begins anew (\(error))"))
      let fresh = try PartialBlob(store.layout, layer)
      do throws(ImageStoreError) { try await attempt(fresh) } catch {
        let isEmpty = try fresh.length() == 0
        if error.condemnsContent || isEmpty { try fresh.remove() }
        throw error
      }
    }
  }

  private func attempt(_ partial: PartialBlob?) async throws(ImageStoreError) {
    let store = store
    let workspace = try await onThread { (_) throws(ImageStoreError) in try Workspace(store.layout) }
    do throws(ImageStoreError) {
      let received = try await receive(partial, workspace)
      let record = try received.record
      try check(record.diffID)
      tell(.unpacking, layer.size)
      try await onThread { (_) throws(ImageStoreError) in
        try store.place(record, implied: received.report.impliedDirectories, directory: Self.directory, workspace)
        try partial?.remove()
        try workspace.remove()
      }
      for notice in received.report.notices { report(.notice("layer \(layer.digest): \(notice)")) }
      tell(.done, layer.size)
    } catch {
      try await removeUncancelled(workspace)
      throw error
    }
  }

  private func receive(_ partial: PartialBlob?, _ workspace: Workspace) async throws(ImageStoreError) -> ReceivedLayer {
    let target = SharedFD(try workspace.makeDirectory(named: Self.directory))
    let (transfer, layer, report) = (transfer, layer, report)
    var unpacker = store.unpacker
    // The child waits for the network: a large layer over a slow line is no fault. Its processor time is limited as ever.
    unpacker.seconds = 86_400
    @Sendable func tell(_ bytes: Int64, _ state: LayerProgress.State = .downloading) {
      report(.layer(LayerProgress(digest: layer.digest, state: state, bytes: bytes, total: layer.size)))
    }
    return try await unpacker.receive(
      into: target,
      limits: transfer.options.limits,
      partial: partial,
      expected: layer
    ) { (intake) async throws(ImageStoreError) in
      try await intake.replay()
      let start = await intake.count
      tell(start)
      try await transfer.stream(layer, from: start) { (bytes) async throws(ImageStoreError) in
        try await intake.take(bytes)
        tell(await intake.count)
      }
      tell(layer.size, .unpacking)
    }
  }

  /// Removing takes its time, on a thread of its own, and happens for a cancelled task too.
  private func removeUncancelled(_ workspace: Workspace) async throws(ImageStoreError) {
    try await onThread { (_) throws(ImageStoreError) in try workspace.remove() }
  }
}

extension ImageStoreError {
  /// Whether the bytes themselves are to blame, so that keeping them is of no use.
  var condemnsContent: Bool {
    switch self {
    case .content: true
    // And what fails only because it continues an earlier download must not fail for ever.
    case .source(let error): error.kind == .mismatch
    case .unpack(let failure):
      switch failure.kind {
      // Memory, time, disk: the same bytes may pass another day.
      case .confinement, .request, .fileSystem, .diskFull, .died: false
      default: true
      }
    default: false
    }
  }
}
