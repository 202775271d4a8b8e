import Linux
import UnpackPlan

/// One layer that arrived: unpacked in a directory of the workspace, nothing of it decided yet.
struct ReceivedLayer: Sendable {
  let digest: ContentDigest
  let size: Int64
  let mediaType: String
  let report: UnpackReport
}

extension Unpacker {
  /// Runs the confined child, and beside it `feed`, which hands the archive's bytes to the intake.
  ///
  /// - Parameters:
  ///   - target: An empty directory to unpack into.
  ///   - expected: What `feed` must have taken in the end; otherwise the child never sees an end, and is killed.
  ///   - feed: Returns when there are no more bytes.
  func receive(
    into target: SharedFD,
    limits: UnpackLimits,
    partial: PartialBlob? = nil,
    expected: Descriptor? = nil,
    feed: @Sendable (LayerIntake) async throws(ImageStoreError) -> Void
  ) async throws(ImageStoreError) -> ReceivedLayer {
    let (cancellation, childEnded, abort) = (try Cancellation(), try Cancellation(), try Cancellation())
    let intake = try LayerIntake(partial: partial, cancellation: cancellation, childEnded: childEnded)
    async let child = run(intake.reader, target, limits, abort: abort, ended: childEnded)
    let result: Result<(digest: ContentDigest, size: Int64, mediaType: String), ImageStoreError>
    result = await withTaskCancellationHandler {
      do throws(ImageStoreError) {
        try await feed(intake)
        let digest = await intake.digest()
        let size = await intake.count
        if let expected { try Self.verify(expected, digest, size) }
        let mediaType = MediaType.ofLayer(beginning: await intake.beginning[...])
        await intake.end()
        return .success((digest, size, mediaType))
      } catch {
        abort.cancel()
        return .failure(error)
      }
    } onCancel: {
      cancellation.cancel()
      abort.cancel()
    }
    let report = await child
    if Task.isCancelled { throw .cancelled }
    // Wrong bytes are the reason for whatever the child made of them.
    if case .failure(.content(let digest, let reason)) = result { throw .content(digest, reason: reason) }
    // A child that ended early knows why; that nobody read any more is only what followed.
    if case .failure(let error) = report, error != .cancelled { throw error }
    let fed = try result.get()
    let done = try report.get()
    guard done.archiveBytes == fed.size else {
      throw .unpacker("swiftlet-unpack read \(done.archiveBytes) of \(fed.size) bytes and reported success")
    }
    return ReceivedLayer(digest: fed.digest, size: fed.size, mediaType: fed.mediaType, report: done)
  }

  private static func verify(_ expected: Descriptor, _ digest: ContentDigest, _ size: Int64) throws(ImageStoreError) {
    guard size == expected.size else {
      throw .content(expected.digest, reason: "it has \(size) bytes, expected \(expected.size)")
    }
    guard digest == expected.digest else {
      throw .content(expected.digest, reason: "what came has the digest \(digest)")
    }
  }

  private func run(
    _ archive: SharedFD,
    _ target: SharedFD,
    _ limits: UnpackLimits,
    abort: Cancellation,
    ended: Cancellation
  ) async -> Result<UnpackReport, ImageStoreError> {
    let unpacker = self
    let result: Result<UnpackReport, ImageStoreError>
    do throws(ImageStoreError) {
      result = .success(
        try await onThread(abort) { (cancellation) throws(ImageStoreError) in
          try unpacker.unpack(archive: archive.raw, into: target.raw, limits: limits, cancellation: cancellation)
        }
      )
    } catch {
      result = .failure(error)
    }
    ended.cancel()
    return result
  }
}
