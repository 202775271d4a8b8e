import Glibc

/// Writes every byte. Throws the first error; EAGAIN of a non-blocking descriptor is one.
public func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws(SyscallError) {
  var rest = bytes
  while let base = rest.baseAddress, rest.count > 0 {
    let count = rest.count
    let written = try checkCount("write") { write(descriptor, base, count) }
    rest = UnsafeRawBufferPointer(rebasing: rest[written...])
  }
}

/// Writes every byte of an array.
public func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) throws(SyscallError) {
  var failure: SyscallError?
  bytes.withUnsafeBytes { buffer in
    do throws(SyscallError) { try writeAll(descriptor, buffer) } catch { failure = error }
  }
  if let failure { throw failure }
}

/// Reads to the end of file, at most `limit` bytes; throws EFBIG for more.
public func readAll(_ descriptor: Int32, limit: Int) throws(SyscallError) -> [UInt8] {
  var result: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: min(limit + 1, 64 << 10))
  while true {
    let count = try checkCount("read") { read(descriptor, &chunk, chunk.count) }
    if count == 0 { return result }
    if result.count + count > limit { throw SyscallError("read", EFBIG) }
    result.append(contentsOf: chunk[..<count])
  }
}

/// Reads once: what is there, empty at the end of file. Only the memory that is filled is touched.
public func readSome(_ descriptor: Int32, capacity: Int) throws(SyscallError) -> [UInt8] {
  var failure: SyscallError?
  let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
    let base = buffer.baseAddress
    do throws(SyscallError) { count = try checkCount("read") { read(descriptor, base, capacity) } } catch {
      failure = error
    }
  }
  if let failure { throw failure }
  return bytes
}
