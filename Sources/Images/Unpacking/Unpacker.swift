import CExtendedAttributes
import CLinux
import Glibc
import Linux
import UnpackPlan

/// Starts the confined child that parses an archive, and judges what it says.
struct Unpacker: Sendable {
  /// The path of `swiftlet-unpack`; nil for the one beside this program.
  let program: String?
  /// How long the child may take in all, in seconds: an archive may come from a slow pipe.
  var seconds: Int64 = 3600

  /// Unpacks into an empty directory. If this throws, whatever lies there is worthless.
  func unpack(
    archive: Int32,
    into target: Int32,
    limits: UnpackLimits,
    purpose: UnpackPurpose = .layer,
    cancellation: Cancellation
  ) throws(ImageStoreError) -> UnpackReport {
    let child = try start(archive, target, limits, purpose)
    let bytes: [UInt8]
    do throws(ImageStoreError) {
      bytes = try child.readReport(seconds: seconds, cancellation: cancellation)
    } catch {
      try child.kill()
      throw error
    }
    let result = try child.result(bytes)
    try markOpaque(result.opaqueDirectories, in: target)
    return result
  }

  /// Spawns the child and keeps only the reading end of its pipe, so that the report ends when the child does.
  private func start(
    _ archive: Int32,
    _ target: Int32,
    _ limits: UnpackLimits,
    _ purpose: UnpackPurpose
  ) throws(ImageStoreError) -> Child {
    let path: String
    if let program { path = program } else { path = try Self.programBesideThis() }
    let input = try Self.readOnly(archive)
    let pipe = try step("pipe") { () throws(SyscallError) in try Pipe() }
    let arguments = [path, String(decoding: limits.serialized, as: UTF8.self), String(getpid()), purpose.rawValue]
    let descriptors = [input.raw, -1, -1, target, pipe.writer.raw]
    let pid: Int32
    do throws(SyscallError) {
      pid = try spawnProgram(path, arguments: arguments, descriptors: descriptors)
    } catch {
      throw .unpacker("cannot run \(path), which unpacks archives: \(error); is Swiftlet installed completely?")
    }
    return try Child(pid: pid, report: pipe.reader, limits: limits)
  }

  /// The descriptor itself, or the same file opened again, so that the child can in no case write to it.
  static func readOnly(_ archive: Int32) throws(ImageStoreError) -> OwnedFD {
    try step("the archive cannot be read: expected a file or a pipe") { () throws(SyscallError) in
      let flags = try check("fcntl(F_GETFL)") { lx_fcntl_int(archive, F_GETFL, 0) }
      if flags & O_ACCMODE == O_RDONLY {
        return OwnedFD(try check("fcntl(F_DUPFD_CLOEXEC)") { lx_fcntl_int(archive, F_DUPFD_CLOEXEC, 3) })
      }
      return try openAt(AT_FDCWD, "/proc/self/fd/\(archive)", O_RDONLY)
    }
  }

  private static func programBesideThis() throws(ImageStoreError) -> String {
    let path = try step("readlink /proc/self/exe") { () throws(SyscallError) in try readLink(AT_FDCWD, "/proc/self/exe")
    }
    return path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/swiftlet-unpack"
  }

  /// Only CAP_SYS_ADMIN sets `trusted.*`, which the child does not have. Its list is believed only as far as the paths lead
  /// to real directories below the target.
  private func markOpaque(_ paths: [[UInt8]], in target: Int32) throws(ImageStoreError) {
    for path in paths {
      let name = (path.isEmpty ? Array(".".utf8) : path).map { CChar(truncatingIfNeeded: $0) } + [0]
      try step("marking an opaque directory") { () throws(SyscallError) in
        let resolve = UInt64(LX_RESOLVE_BENEATH | LX_RESOLVE_NO_SYMLINKS | LX_RESOLVE_NO_XDEV)
        let flags = UInt64(O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        let directory = OwnedFD(try check("openat2") { lx_openat2(target, name, flags, 0, resolve) })
        let raw = directory.raw
        try check("fsetxattr") { xa_fset(raw, "trusted.overlay.opaque", "y", 1) }
      }
    }
  }
}
