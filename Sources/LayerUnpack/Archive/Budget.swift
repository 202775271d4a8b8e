import UnpackPlan

/// Counts what an archive costs against its limits.
struct Budget {
  let limits: UnpackLimits
  private(set) var archiveBytes: Int64 = 0
  private(set) var plainBytes: Int64 = 0
  private(set) var contentBytes: Int64 = 0
  private(set) var entries: Int64 = 0

  init(limits: UnpackLimits) { self.limits = limits }

  /// Bytes read from the archive as it is stored.
  mutating func read(_ count: Int) throws(UnpackFailure) {
    archiveBytes = try add(archiveBytes, Int64(count), "the archive")
  }

  /// Bytes that decompression yielded.
  mutating func decompressed(_ count: Int) throws(UnpackFailure) {
    plainBytes = try add(plainBytes, Int64(count), "the decompressed archive")
    try checkRatio(plainBytes)
  }

  /// The size that a file's entry declares, holes included.
  mutating func content(_ count: Int64) throws(UnpackFailure) {
    contentBytes = try add(contentBytes, count, "the content")
  }

  /// One more entry.
  mutating func entry() throws(UnpackFailure) {
    entries &+= 1
    if entries > limits.entries {
      throw UnpackFailure(.tooManyEntries, "more than \(limits.entries) entries")
    }
  }

  private func add(_ total: Int64, _ count: Int64, _ what: String) throws(UnpackFailure) -> Int64 {
    let (sum, overflow) = total.addingReportingOverflow(count)
    guard count >= 0, !overflow, sum <= limits.bytes else {
      throw UnpackFailure(.tooManyBytes, "\(what) is larger than \(limits.bytes) bytes")
    }
    return sum
  }

  /// The archive is read ahead of what comes out of it, so the ratio is never overestimated by much.
  private func checkRatio(_ plain: Int64) throws(UnpackFailure) {
    guard plain > limits.ratioFloor else { return }
    let (allowed, overflow) = archiveBytes.multipliedReportingOverflow(by: limits.ratio)
    if !overflow, plain > allowed {
      throw UnpackFailure(
        .tooCompressed,
        "\(plain) bytes came out of \(archiveBytes): more than \(limits.ratio) times as many"
      )
    }
  }
}
