import CLinux
import Glibc
import Linux
import UnpackPlan

/// Files, links and device nodes; each name is free when these are called, and is made with O_EXCL or its like.
extension LayerWriter {
  mutating func makeFile(_ entry: ArchiveEntry, _ place: Place) throws(UnpackFailure) {
    let file = try FileSystem.attempt { () throws(SyscallError) in
      try FileSystem.open(place.directory, place.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
    }
    try writeData(of: entry, to: file.raw)
    try describe(file.raw, entry, withTimes: true)
  }

  mutating func makeSymbolicLink(_ entry: ArchiveEntry, _ place: Place, _ target: [UInt8]) throws(UnpackFailure) {
    guard target.count <= limits.pathBytes else {
      throw UnpackFailure(
        .pathTooLong,
        "the link's target has \(target.count) bytes, at most \(limits.pathBytes) are allowed"
      )
    }
    let text = cString(target)
    try FileSystem.attempt { () throws(SyscallError) in
      try check("symlinkat") { symlinkat(text, place.directory, place.name) }
    }
    try describe(place, entry, isLink: true)
  }

  /// Owner, mode and times are the target's, whatever the link's entry says: changing them through the link is what
  /// CVE-2021-32760 was.
  func makeHardLink(_ source: LinkSource, _ place: Place) throws(UnpackFailure) {
    let from = source.directory.raw
    do throws(SyscallError) {
      try check("linkat") { linkat(from, source.name, place.directory, place.name, 0) }
    } catch {
      switch error.errno {
      case ENOENT: throw UnpackFailure(.invalidLink, "the hard link's target is not in the archive before it")
      case EPERM: throw UnpackFailure(.invalidLink, "the hard link's target is a directory")
      default: throw UnpackFailure(error)
      }
    }
  }

  mutating func makeNode(_ entry: ArchiveEntry, _ place: Place, _ type: mode_t) throws(UnpackFailure) {
    var number: dev_t = 0
    if type != S_IFIFO {
      let device = try entry.device()
      number = dev_t(lx_makedev(device.major, device.minor))
    }
    try FileSystem.attempt { () throws(SyscallError) in
      try check("mknodat") { mknodat(place.directory, place.name, type | 0o600, number) }
    }
    try describe(place, entry, isLink: false)
  }
}

/// Writes a regular file's data, holes left as such, to a file that is empty.
func writeData(of entry: ArchiveEntry, to raw: Int32) throws(UnpackFailure) {
  let size = entry.size
  var end: Int64 = 0
  while let (bytes, offset) = try entry.nextBlock() {
    let (last, overflow) = offset.addingReportingOverflow(Int64(bytes.count))
    guard offset >= 0, !overflow, last <= size else {
      throw UnpackFailure(.archive, "the entry has more data than its size of \(size) bytes")
    }
    try FileSystem.attempt { () throws(SyscallError) in try writeAll(raw, bytes, at: offset) }
    end = max(end, last)
  }
  // A hole at the end has no block of its own.
  if end < size {
    try FileSystem.attempt { () throws(SyscallError) in try check("ftruncate") { ftruncate(raw, off_t(size)) } }
  }
}

private func writeAll(_ file: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(SyscallError) {
  var rest = bytes
  var position = offset
  while let base = rest.baseAddress, rest.count > 0 {
    let (from, count) = (off_t(position), rest.count)
    let written = try checkCount("pwrite") { pwrite(file, base, count, from) }
    guard written > 0 else { throw SyscallError("pwrite", EIO) }
    rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    position &+= Int64(written)
  }
}
