import CLinux
import Glibc

/// A file descriptor with one owner, closed when the owner goes.
public struct OwnedFD: ~Copyable, Sendable {
  /// The number, for calls that borrow it.
  public let raw: Int32

  /// Takes ownership of an open descriptor.
  public init(_ raw: Int32) { self.raw = raw }

  deinit { close(raw) }

  /// Gives ownership away; the caller closes it.
  public consuming func release() -> Int32 {
    let raw = raw
    discard self
    return raw
  }

  /// Another descriptor of the same open file, closed on exec. Throws EMFILE.
  public func duplicate() throws(SyscallError) -> OwnedFD {
    let raw = raw
    return OwnedFD(try check("fcntl(F_DUPFD_CLOEXEC)") { lx_fcntl_int(raw, F_DUPFD_CLOEXEC, 3) })
  }
}

/// A descriptor with shared owners, for values that must be copyable; closed when the last one goes.
public final class SharedFD: Sendable {
  /// The number, for calls that borrow it.
  public let raw: Int32

  /// Takes ownership.
  public init(_ descriptor: consuming OwnedFD) { raw = descriptor.release() }

  /// Another descriptor of the same open file with one owner, closed on exec. Throws EMFILE.
  public func duplicate() throws(SyscallError) -> OwnedFD {
    OwnedFD(try check("fcntl(F_DUPFD_CLOEXEC)") { lx_fcntl_int(raw, F_DUPFD_CLOEXEC, 3) })
  }

  deinit { close(raw) }
}

/// Both ends of a pipe, closed on exec (`pipe2(2)`).
@frozen
public struct Pipe: ~Copyable, Sendable {
  /// Where bytes come out.
  public let reader: OwnedFD
  /// Where bytes go in.
  public let writer: OwnedFD

  /// Makes a pipe. Throws EMFILE or ENFILE.
  public init() throws(SyscallError) {
    var ends: [Int32] = [-1, -1]
    try check("pipe2") { lx_pipe2(&ends, O_CLOEXEC) }
    reader = OwnedFD(ends[0])
    writer = OwnedFD(ends[1])
  }
}

/// Makes reads and writes of this open file answer EAGAIN instead of waiting.
public func setNonBlocking(_ descriptor: Int32) throws(SyscallError) {
  let flags = try check("fcntl(F_GETFL)") { lx_fcntl_int(descriptor, F_GETFL, 0) }
  try check("fcntl(F_SETFL)") { lx_fcntl_int(descriptor, F_SETFL, flags | O_NONBLOCK) }
}

/// A number that the kernel tells of a descriptor of this process, by its name in `/proc/self/fdinfo` (proc_pid_fdinfo(5));
/// `nil` if it tells none of that name.
public func descriptorFact(_ name: String, of descriptor: Int32) throws(SyscallError) -> Int? {
  let text = try readKernelFile(AT_FDCWD, "/proc/self/fdinfo/\(descriptor)", limit: 64 << 10)
  guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name + ":") }) else { return nil }
  return line.split(separator: "\t").last.flatMap { Int($0) }
}

/// Opens `/dev/null` on whichever of 0, 1 and 2 is closed, so that no later file lands there.
///
/// Without this a file opened by a program that was started without standard streams gets what was meant for people.
///
/// - Parameter flags: How: opened for reading only, a write fails (EBADF) as it did on the closed descriptor, and a result
///   that reaches nobody is no success.
public func fillStandardDescriptors(_ flags: Int32 = O_RDWR) {
  while true {
    let descriptor = open("/dev/null", flags)
    if descriptor > 2 || descriptor < 0 {
      if descriptor > 2 { close(descriptor) }
      return
    }
  }
}
