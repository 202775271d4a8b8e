import CLinux
import Glibc
import Linux

/// What was removed to make room.
public struct PruneReport: Equatable, Sendable {
  /// The names of images that are gone.
  public var images: [ImageReference] = []
  /// How many unpacked layers are gone.
  public var layers = 0
  /// How many partial downloads are gone.
  public var partials = 0
  /// The sizes of all their files in bytes.
  public var bytes: Int64 = 0
}

/// Which partial downloads are worth keeping.
public struct PartialLimits: Equatable, Sendable {
  /// Older ones go, in seconds since they last grew.
  public var age: Int64 = 7 * 86_400
  /// Beyond this many bytes in all the oldest go.
  public var bytes: Int64 = 10 << 30

  /// A week, 10 GiB.
  public init() {}

  /// None at all.
  public static var none: PartialLimits {
    var limits = PartialLimits()
    (limits.age, limits.bytes) = (-1, 0)
    return limits
  }
}

extension ImageStore {
  /// Removes what no image needs: layers and documents without a name, and partial downloads.
  ///
  /// - Parameters:
  ///   - all: Whether images that nobody uses go too, names and all.
  ///   - partials: Which partial downloads stay.
  public func prune(all: Bool = false, partials: PartialLimits = .none) throws(ImageStoreError) -> PruneReport {
    try Workspace.removeAbandoned(layout)
    var report = try prunePartials(partials)
    try withRemoval(&report) { (report) throws(ImageStoreError) in
      guard all else { return }
      for image in try uses() where !image.isHeld { try removeNames(of: image, &report) }
    }
    return report
  }

  /// Removes images, the least recently used first, when the disk is fuller than it should be.
  ///
  /// - Parameters:
  ///   - disk: How full it is; nil to look.
  ///   - now: Seconds since 1970; nil for the clock's.
  public func collect(
    _ thresholds: CollectionThresholds = CollectionThresholds(),
    disk: DiskUsage? = nil,
    now: Int64? = nil
  ) throws(ImageStoreError) -> PruneReport {
    let usage: DiskUsage
    if let disk { usage = disk } else { usage = try diskUsage() }
    guard usage.percent >= thresholds.high else { return PruneReport() }
    try Workspace.removeAbandoned(layout)
    var report = try prunePartials(.none)
    let freed = report.bytes
    let moment = now ?? Clock.wall().seconds
    try withRemoval(&report) { (report) throws(ImageStoreError) in
      let disk = DiskUsage(capacity: usage.capacity, available: usage.available &+ freed)
      // Decided under the lock that every beginning of use takes: nothing that is chosen comes into use meanwhile.
      let plan = CollectionPlan(images: try uses(), disk: disk, thresholds: thresholds, now: moment)
      for image in plan.images { try removeNames(of: image, &report) }
    }
    return report
  }

  /// How full the store's file system is.
  public func diskUsage() throws(ImageStoreError) -> DiskUsage {
    var status = statvfs()
    try step("image store") { () throws(SyscallError) in try check("fstatvfs") { fstatvfs(layout.root.raw, &status) } }
    let unit = UInt64(status.f_frsize)
    func bytes(_ blocks: some BinaryInteger) -> Int64 {
      Int64(clamping: UInt64(clamping: blocks).multipliedReportingOverflow(by: unit).partialValue)
    }
    return DiskUsage(capacity: bytes(status.f_blocks), available: bytes(status.f_bavail))
  }

  /// All images and what becomes free with them. The store's lock is held exclusively.
  func uses() throws(ImageStoreError) -> [ImageUse] {
    let (records, damaged) = try layout.allNames()
    if let first = damaged.first { throw first }
    let held = Set(try layout.heldLeases().compactMap(\.manifest))
    var uses: [ContentDigest: ImageUse] = [:]
    for record in records {
      if uses[record.manifest] != nil {
        uses[record.manifest]?.names.append(record.reference)
        continue
      }
      let (manifest, _) = try layout.documents(record.manifest)
      var layers: [ContentDigest: Int64] = [:]
      for layer in manifest.layers { layers[layer.digest] = try layout.layerIfPresent(layer.digest)?.contentBytes ?? 0 }
      uses[record.manifest] = ImageUse(
        manifest: record.manifest,
        names: [record.reference],
        layers: layers,
        lastUsed: try layout.lastUsed(record.manifest),
        isHeld: held.contains(record.manifest)
      )
    }
    return Array(uses.values)
  }

  private func removeNames(of image: ImageUse, _ report: inout PruneReport) throws(ImageStoreError) {
    for name in image.names { try removeName(NameRecord(reference: name, manifest: image.manifest)) }
    report.images += image.names
  }

  /// Decides what goes while nobody else does anything, collects garbage, and removes it afterwards.
  private func withRemoval(
    _ report: inout PruneReport,
    _ body: (inout PruneReport) throws(ImageStoreError) -> Void
  ) throws(ImageStoreError) {
    let workspace = try Workspace(layout)
    do throws(ImageStoreError) {
      let lock = try StoreLock.store(layout, .exclusive)
      try body(&report)
      let freed = try collectGarbage(into: workspace)
      lock.release()
      report.layers += freed.layers
      report.bytes = report.bytes.addingReportingOverflow(freed.bytes).partialValue
    } catch {
      try workspace.remove()
      throw error
    }
    try workspace.remove()
    report.images.sort { $0.description < $1.description }
  }

  /// Removes partial downloads that nobody is working on and that are too old or too many.
  func prunePartials(_ limits: PartialLimits) throws(ImageStoreError) -> PruneReport {
    var found: [(name: String, digest: ContentDigest?, age: Int64, size: Int64)] = []
    let now = Clock.wall().seconds
    for name in try names(in: layout.partial) {
      var status = stat()
      guard fstatat(layout.partial.raw, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
      // Not a digest: nobody's, and nobody locks it.
      let digest = try? ContentDigest("sha256:" + name)
      found.append((name, digest, now &- Int64(status.st_mtim.tv_sec), Int64(status.st_size)))
    }
    var report = PruneReport()
    var kept: Int64 = 0
    for partial in found.sorted(by: { $0.age < $1.age }) {
      let total = kept.addingReportingOverflow(partial.size)
      if let digest = partial.digest, !hasLayer(digest), partial.age <= limits.age, !total.overflow,
        total.partialValue <= limits.bytes
      {
        kept = total.partialValue
        continue
      }
      if let digest = partial.digest {
        guard let lock = try StoreLock.layerIfFree(layout, digest) else { continue }
        try removePartial(partial.name)
        lock.release()
      } else {
        try removePartial(partial.name)
      }
      report.partials += 1
      report.bytes = report.bytes.addingReportingOverflow(partial.size).partialValue
    }
    return report
  }

  /// Whoever was killed between completing a layer and removing its download left one of no use. A layer whose record is
  /// damaged is not there, and its download may be of use.
  private func hasLayer(_ digest: ContentDigest) -> Bool {
    do throws(ImageStoreError) { return try layout.layerIfPresent(digest) != nil } catch { return false }
  }

  private func removePartial(_ name: String) throws(ImageStoreError) {
    try step("partial download \(name)") { () throws(SyscallError) in try removeTree(layout.partial.raw, name) }
  }
}
