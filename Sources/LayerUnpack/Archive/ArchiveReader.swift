import CArchive
import Crypto
import Glibc
import UnpackPlan

/// Reads a tar archive, plain or compressed with gzip or zstd, in one pass that also computes the diffID.
///
/// Two readers of libarchive in a row: the first only decompresses, each block of what it yields is hashed (the diffID)
/// and handed to the second, which knows tar. Neither notices a wrong checksum of gzip nor bytes after its end: the
/// digest, which the parent computes of what it hands over, and the diffID are what tells.
final class ArchiveReader {
  private let descriptor: Int32
  private var budget: Budget
  private var diffID = SHA256()
  private var buffer: UnsafeMutableRawBufferPointer
  private var decompressor: OpaquePointer?
  /// Whether the decompressed archive has come to its end.
  private var plainEnded = false
  /// How much of the data of the entry that is being read has been.
  private var dataEnd: Int64 = 0
  /// Whether the archive ended behind an entry's data, without the padding that should follow.
  private var lacksPadding = false
  /// Why a callback stopped: libarchive only learns that it did.
  private var failure: UnpackFailure?

  init(descriptor: Int32, limits: UnpackLimits) {
    self.descriptor = descriptor
    budget = Budget(limits: limits)
    buffer = .allocate(byteCount: 128 << 10, alignment: 16)
    // The first hash chooses its code by asking the processor: done before the confinement.
    _ = SHA256.hash(data: [])
  }

  deinit { buffer.deallocate() }

  /// Calls `body` for each entry in turn, then reads to the end of the archive.
  func readEntries(_ body: (ArchiveEntry) throws(UnpackFailure) -> Void) throws(UnpackFailure) {
    let decompressor = try makeReader()
    defer { archive_read_free(decompressor) }
    self.decompressor = decompressor
    defer { self.decompressor = nil }
    try prepare(decompressor, archive_read_support_filter_gzip)
    try prepare(decompressor, archive_read_support_filter_zstd)
    try prepare(decompressor, archive_read_support_format_raw)
    let client = Unmanaged.passUnretained(self).toOpaque()
    try result(
      archive_read_open(decompressor, client, nil, { _, client, block in readArchive(client, block) }, nil),
      decompressor
    )
    var header: OpaquePointer?
    let code = archive_read_next_header(decompressor, &header)
    guard code != ARCHIVE_EOF else { throw UnpackFailure(.archive, "the archive is empty") }
    try result(code, decompressor)

    let tar = try makeReader()
    defer { archive_read_free(tar) }
    try prepare(tar, archive_read_support_format_tar)
    try result(archive_read_open(tar, client, nil, { _, client, block in readPlain(client, block) }, nil), tar)
    try forEachEntry(tar, body)
    try drain()
  }

  /// Fills in what only the reader knows.
  func complete(_ report: inout UnpackReport) {
    report.archiveBytes = budget.archiveBytes
    report.plainBytes = budget.plainBytes
    report.contentBytes = budget.contentBytes
    report.entries = budget.entries
    report.diffID = hexadecimal(diffID.finalize())
  }

  private func forEachEntry(
    _ tar: OpaquePointer,
    _ body: (ArchiveEntry) throws(UnpackFailure) -> Void
  ) throws(UnpackFailure) {
    while true {
      if lacksPadding { return }
      var header: OpaquePointer?
      let code = archive_read_next_header(tar, &header)
      if code == ARCHIVE_EOF { return }
      dataEnd = 0
      try result(code, tar)
      guard let header else { throw UnpackFailure(.archive, "an entry without a header") }
      let entry = ArchiveEntry(header: header, reader: self, tar: tar)
      do throws(UnpackFailure) {
        try budget.entry()
        if entry.hasData { try budget.content(entry.size) }
        try body(entry)
      } catch {
        throw error.naming(entry.displayName)
      }
    }
  }

  /// Whether an archive ends right behind the last byte of its last file, where nothing but padding should follow.
  ///
  /// umoci writes such layers, and what reads tar in Go takes them. libarchive skips the padding when it is asked for what
  /// follows the last data, and cannot.
  private func endsBehindData(of size: Int64) -> Bool {
    failure == nil && plainEnded && dataEnd == size && size % 512 != 0 && budget.plainBytes % 512 == size % 512
  }

  /// The next block of a file's data; nil at its end.
  func nextBlock(
    _ tar: OpaquePointer,
    size: Int64
  ) throws(UnpackFailure) -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
    var base: UnsafeRawPointer?
    var count = 0
    var offset: la_int64_t = 0
    let code = archive_read_data_block(tar, &base, &count, &offset)
    if code == ARCHIVE_EOF { return nil }
    if code == ARCHIVE_FATAL, endsBehindData(of: size) {
      lacksPadding = true
      return nil
    }
    try result(code, tar)
    dataEnd = Int64(offset).addingReportingOverflow(Int64(count)).partialValue
    return (UnsafeRawBufferPointer(start: base, count: count), Int64(offset))
  }

  /// After the tar's end there may be padding, and after the compressed stream anything: all of it is read.
  private func drain() throws(UnpackFailure) {
    while plain().count > 0 {}
    if let failure { throw failure }
    while compressed().count > 0 {}
    if let failure { throw failure }
  }

  /// One block from the descriptor; empty at the end and when `failure` is set.
  fileprivate func compressed() -> UnsafeRawBufferPointer {
    var count = -1
    repeat {
      count = read(descriptor, buffer.baseAddress, buffer.count)
    } while count < 0 && errno == EINTR
    if count < 0 {
      failure = failure ?? UnpackFailure(.archive, "the archive could not be read: error \(errno)")
      return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    let block = UnsafeRawBufferPointer(rebasing: buffer[..<count])
    return accepted(block) { (budget) throws(UnpackFailure) in try budget.read(count) }
  }

  /// One block of the decompressed archive; empty at the end and when `failure` is set.
  fileprivate func plain() -> UnsafeRawBufferPointer {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    guard let decompressor, failure == nil else { return nothing }
    var base: UnsafeRawPointer?
    var count = 0
    var offset: la_int64_t = 0
    let code = archive_read_data_block(decompressor, &base, &count, &offset)
    if code == ARCHIVE_EOF {
      plainEnded = true
      return nothing
    }
    do throws(UnpackFailure) { try result(code, decompressor) } catch {
      failure = failure ?? error
      return nothing
    }
    let block = UnsafeRawBufferPointer(start: base, count: count)
    return accepted(block) { (budget) throws(UnpackFailure) in
      try budget.decompressed(count)
      diffID.update(bufferPointer: block)
    }
  }

  private func accepted(
    _ block: UnsafeRawBufferPointer,
    _ count: (inout Budget) throws(UnpackFailure) -> Void
  ) -> UnsafeRawBufferPointer {
    guard failure == nil else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    do throws(UnpackFailure) { try count(&budget) } catch {
      failure = error
      return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    return block
  }

  fileprivate var hasFailed: Bool { failure != nil }
}

extension ArchiveReader {
  private func makeReader() throws(UnpackFailure) -> OpaquePointer {
    guard let reader = archive_read_new() else { throw UnpackFailure(.archive, "out of memory") }
    return reader
  }

  /// ARCHIVE_WARN here means that the library would run an external program for it, which cannot be started.
  private func prepare(
    _ reader: OpaquePointer,
    _ support: (OpaquePointer?) -> Int32
  ) throws(UnpackFailure) {
    guard support(reader) == ARCHIVE_OK else {
      throw UnpackFailure(.archive, "libarchive was built without gzip, zstd or tar: \(message(reader))")
    }
  }

  /// A warning is an error too: it says that something was not understood, and a layer is taken exactly or not at all.
  private func result(_ code: Int32, _ reader: OpaquePointer) throws(UnpackFailure) {
    if let failure { throw failure }
    guard code == ARCHIVE_OK else { throw UnpackFailure(.archive, message(reader)) }
  }

  private func message(_ reader: OpaquePointer) -> String {
    guard let text = archive_error_string(reader) else { return "the archive is damaged" }
    return "the archive is damaged or no tar archive: \(String(cString: text))"
  }
}

private func readArchive(
  _ client: UnsafeMutableRawPointer?,
  _ block: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> la_ssize_t {
  deliver(client, block) { $0.compressed() }
}

private func readPlain(
  _ client: UnsafeMutableRawPointer?,
  _ block: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> la_ssize_t {
  deliver(client, block) { $0.plain() }
}

private func deliver(
  _ client: UnsafeMutableRawPointer?,
  _ block: UnsafeMutablePointer<UnsafeRawPointer?>?,
  _ next: (ArchiveReader) -> UnsafeRawBufferPointer
) -> la_ssize_t {
  guard let client, let block else { return -1 }
  let reader = Unmanaged<ArchiveReader>.fromOpaque(client).takeUnretainedValue()
  let bytes = next(reader)
  block.pointee = bytes.baseAddress
  return reader.hasFailed ? -1 : bytes.count
}

private func hexadecimal(_ digest: SHA256Digest) -> String {
  digest.reduce(into: "") { text, byte in
    if byte < 16 { text.append("0") }
    text.append(String(byte, radix: 16))
  }
}

extension UnpackFailure {
  /// The same failure, said of an entry unless it already is.
  func naming(_ entry: String) -> UnpackFailure {
    self.entry.isEmpty ? UnpackFailure(kind, entry: entry, detail) : self
  }
}
