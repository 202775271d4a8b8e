import CLinux
import Glibc

/// A program copied into a memfd that nobody can change any more, so that a container which gets hold of
/// `/proc/<pid>/exe` cannot overwrite the file on disk (CVE-2019-5736).
public func sealProgram(at path: String) throws(SyscallError) -> OwnedFD {
  let source = try openAt(AT_FDCWD, path, O_RDONLY)
  let memory = OwnedFD(try check("memfd_create") { lx_memfd("swiftlet-shim", 1) })
  let (from, to) = (source.raw, memory.raw)
  while try checkCount("sendfile", { sendfile(to, from, nil, 1 << 30) }) > 0 {}
  try check("fcntl(F_ADD_SEALS)") { lx_seal(to) }
  return memory
}

/// Bytes in a sealed memfd, to be handed to another process which may map them without fear that they change.
public func sealBytes(_ bytes: [UInt8], name: String) throws(SyscallError) -> OwnedFD {
  let memory = OwnedFD(try check("memfd_create") { lx_memfd(name, 0) })
  try writeAll(memory.raw, bytes)
  let raw = memory.raw
  try check("fcntl(F_ADD_SEALS)") { lx_seal(raw) }
  return memory
}

/// The content of a sealed memfd; EPERM if it is not sealed, EFBIG beyond `limit` bytes.
public func readSealed(_ memory: Int32, limit: Int) throws(SyscallError) -> [UInt8] {
  if try check("fcntl(F_GET_SEALS)", { lx_is_sealed(memory) }) == 0 { throw SyscallError("fcntl(F_GET_SEALS)", EPERM) }
  var status = stat()
  try check("fstat") { fstat(memory, &status) }
  if status.st_size < 0 || status.st_size > limit { throw SyscallError("read", EFBIG) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: Int(status.st_size))
  while bytes.count < Int(status.st_size) {
    let offset = off_t(bytes.count)
    let count = try checkCount("pread") { pread(memory, &chunk, chunk.count, offset) }
    if count == 0 { throw SyscallError("pread", EIO) }
    bytes.append(contentsOf: chunk[..<count])
  }
  return bytes
}
