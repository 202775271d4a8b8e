import Glibc
import Linux

/// Filesystems in memory that are mounted nowhere yet: whoever gets the descriptor can fill them, and nobody else sees them
/// before they are attached.
public enum MemoryFilesystem {
  /// Makes one whose root has these permissions.
  ///
  /// - Parameters:
  ///   - bytes: The most that it may hold; nil for the kernel's default, half of the machine's memory.
  ///   - keptFromSwap: Whether its pages must not reach a disk. Kernels before 6.4 cannot promise that.
  /// - Throws: ``VolumeError`` with the kernel's reason.
  public static func make(mode: mode_t, bytes: Int64? = nil, keptFromSwap: Bool = false) throws(VolumeError) -> OwnedFD {
    var options = [FilesystemOption("mode", String(mode, radix: 8))]
    if let bytes { options.append(FilesystemOption("size", String(bytes))) }
    if keptFromSwap {
      do throws(SyscallError) {
        return try makeDetachedFilesystem("tmpfs", options + [FilesystemOption("noswap")], [.noDevices])
      } catch {
        if error.errno != EINVAL { throw VolumeError("a filesystem in memory cannot be made: \(error)") }
      }
    }
    let plain = options
    return try about("a filesystem in memory cannot be made") { () throws(SyscallError) in
      try makeDetachedFilesystem("tmpfs", plain, [.noDevices])
    }
  }
}
