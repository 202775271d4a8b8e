import CLinux
import Glibc

/// A program copied into a memfd that nobody can change any more, so that a container which gets hold of
/// `/proc/<pid>/exe` cannot overwrite the file on disk (CVE-2019-5736). Only what the kernel loads is copied: neither
/// symbols nor debugging information.
///
/// Throws ENOEXEC for what is no ELF program of 64 bits.
public func sealProgram(at path: String) throws(SyscallError) -> OwnedFD {
  let source = try openAt(AT_FDCWD, path, O_RDONLY)
  let size = try loadedSize(of: source.raw)
  let memory = OwnedFD(try check("memfd_create") { lx_memfd("swiftlet-shim", 1) })
  let (from, to) = (source.raw, memory.raw)
  var rest = size
  while rest > 0 {
    let count = try checkCount("sendfile") { sendfile(to, from, nil, rest) }
    if count == 0 { throw SyscallError("sendfile: the program ends before what it loads", ENOEXEC) }
    rest -= count
  }
  // fork(2) does not copy mappings of files: the first process of each container faults the program's text in again, 45
  // times from small pages and 4 from huge ones. Where the kernel cannot gather them the start is 0.04 ms slower.
  _ = lx_collapse(to, size)
  try check("fcntl(F_ADD_SEALS)") { lx_seal(to) }
  return memory
}

/// How many bytes of an ELF file the kernel reads to run it: up to the end of the last segment that is loaded (elf(5)).
private func loadedSize(of program: Int32) throws(SyscallError) -> Int {
  let notProgram = SyscallError("read: not a 64-bit ELF program", ENOEXEC)
  var header = Elf64_Ehdr()
  let read = try checkCount("pread") { pread(program, &header, MemoryLayout<Elf64_Ehdr>.size, 0) }
  let magic: [UInt8] = [0x7f, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F"), UInt8(ELFCLASS64)]
  let isProgram = withUnsafeBytes(of: header.e_ident) { $0.prefix(magic.count).elementsEqual(magic) }
  guard read == MemoryLayout<Elf64_Ehdr>.size, isProgram, header.e_phnum > 0, header.e_phnum < 256,
    Int(header.e_phentsize) == MemoryLayout<Elf64_Phdr>.size
  else { throw notProgram }
  var segments = [Elf64_Phdr](repeating: Elf64_Phdr(), count: Int(header.e_phnum))
  let wanted = segments.count * MemoryLayout<Elf64_Phdr>.size
  guard let offset = off_t(exactly: header.e_phoff) else { throw notProgram }
  if try checkCount("pread", { pread(program, &segments, wanted, offset) }) != wanted { throw notProgram }
  var size: UInt64 = 0
  for segment in segments where segment.p_type == PT_LOAD {
    let (end, overflow) = segment.p_offset.addingReportingOverflow(segment.p_filesz)
    if overflow { throw notProgram }
    size = max(size, end)
  }
  // Larger than any program of ours by far, and still no burden for the machine.
  guard size > 0, size <= 1 << 30 else { throw notProgram }
  return Int(size)
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
