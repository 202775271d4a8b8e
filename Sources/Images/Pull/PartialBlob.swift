import CLinux
import Glibc
import Linux

/// The beginning of a blob as far as it came, `partial/<hex>`. Only whoever holds the layer's lock has one.
///
/// It only ever grows at its end, so whatever an interruption left of it is a beginning; whether of the right bytes is
/// known when all of them were hashed.
final class PartialBlob: Sendable {
  private let layout: StoreLayout
  private let name: String
  private let file: SharedFD

  /// Opens it, or begins an empty one. What is longer than the blob can be no beginning of it, and goes.
  init(_ layout: StoreLayout, _ descriptor: Descriptor) throws(ImageStoreError) {
    self.layout = layout
    name = descriptor.digest.hex
    let (raw, name) = (layout.partial.raw, name)
    file = SharedFD(
      try step("partial download \(name)") { () throws(SyscallError) in
        let file = try openAt(raw, name, O_RDWR | O_CREAT | O_NOFOLLOW)
        let descriptorNumber = file.raw
        var status = stat()
        try check("fstat") { fstat(descriptorNumber, &status) }
        if Int64(status.st_size) > descriptor.size { try check("ftruncate") { ftruncate(descriptorNumber, 0) } }
        return file
      }
    )
  }

  /// How many bytes there are.
  func length() throws(ImageStoreError) -> Int64 {
    var status = stat()
    try step("partial download \(name)") { () throws(SyscallError) in try check("fstat") { fstat(file.raw, &status) } }
    return Int64(status.st_size)
  }

  /// The next bytes from an offset on; empty at the end.
  func read(at offset: Int64) throws(ImageStoreError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    let count = try step("partial download \(name)") { () throws(SyscallError) in
      try checkCount("pread") { pread(file.raw, &buffer, buffer.count, off_t(offset)) }
    }
    buffer.removeLast(buffer.count - count)
    return buffer
  }

  /// Writes at the end, which is `offset`.
  func append(_ bytes: [UInt8], at offset: Int64) throws(ImageStoreError) {
    try step("partial download \(name)") { () throws(SyscallError) in
      var start = 0
      while start < bytes.count {
        let written = try checkCount("pwrite") {
          bytes.withUnsafeBytes { buffer in
            pwrite(file.raw, buffer.baseAddress.map { $0 + start }, buffer.count - start, off_t(offset) + off_t(start))
          }
        }
        guard written > 0 else { throw SyscallError("pwrite", EIO) }
        start += written
      }
    }
  }

  /// Removes it: the layer is complete, or what came is worthless.
  func remove() throws(ImageStoreError) {
    try step("partial download \(name)") { () throws(SyscallError) in try removeTree(layout.partial.raw, name) }
  }
}
