import Glibc
import Linux
import PodModel

/// Looks at what a `hostPath` volume names, and makes what it may make (kubelet `hostPathTypeChecker`).
public enum HostPath {
  /// Checks the path.
  ///
  /// - Throws: ``VolumeError`` when something else is there, or nothing.
  public static func prepare(_ volume: HostPathVolume) throws(VolumeError) {
    let path = volume.path
    switch volume.type ?? .unchecked {
    case .unchecked:
      // The kubelet leaves it to the container runtime, and those make a directory.
      if try kind(of: path) == nil { try makeDirectory(path) }
    case .directoryOrCreate:
      if try kind(of: path) == nil { try makeDirectory(path) }
      try expect(path, S_IFDIR, "a directory")
    case .directory: try expect(path, S_IFDIR, "a directory")
    case .fileOrCreate:
      if try kind(of: path) == nil { try makeFile(path) }
      try expect(path, S_IFREG, "a file")
    case .file: try expect(path, S_IFREG, "a file")
    case .socket: try expect(path, S_IFSOCK, "a socket")
    case .characterDevice: try expect(path, S_IFCHR, "a character device")
    case .blockDevice: try expect(path, S_IFBLK, "a block device")
    }
  }

  private static func expect(_ path: String, _ expected: mode_t, _ word: String) throws(VolumeError) {
    guard let found = try kind(of: path) else {
      throw VolumeError("hostPath type check failed: \(path) is not \(word): there is nothing")
    }
    if found != expected { throw VolumeError("hostPath type check failed: \(path) is not \(word)") }
  }

  /// Links are followed: the path is the administrator's own.
  private static func kind(of path: String) throws(VolumeError) -> mode_t? {
    var status = stat()
    if stat(path, &status) == 0 { return status.st_mode & S_IFMT }
    let code = errno
    if code == ENOENT || code == ENOTDIR { return nil }
    throw VolumeError("hostPath \(path): \(SyscallError("stat", code))")
  }

  private static func makeDirectory(_ path: String) throws(VolumeError) {
    try about("hostPath \(path) cannot be made") { () throws(SyscallError) in
      try ensureDirectories(path, mode: 0o755)
    }
    if try kind(of: path) == nil { throw VolumeError("hostPath \(path): it is a link that leads to nothing") }
  }

  /// The directory must be there, as with the kubelet.
  private static func makeFile(_ path: String) throws(VolumeError) {
    try about("hostPath \(path) cannot be made") { () throws(SyscallError) in
      let file = try openAt(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
      let raw = file.raw
      try check("fchmod") { fchmod(raw, 0o644) }
    }
  }
}
