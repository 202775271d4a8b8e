import CLinux
import Glibc
import Linux
import Privileges

/// `/etc/passwd` and `/etc/group` of an image whose layers are not mounted yet: of each file the topmost one, unless a
/// layer above it removed it, as overlayfs would show it.
struct LayeredAccounts {
  let layers: [String]

  func read() throws(ConfigurationError) -> AccountFiles {
    AccountFiles(passwd: try topmost("passwd"), group: try topmost("group"))
  }

  private func topmost(_ name: String) throws(ConfigurationError) -> [UInt8] {
    for layer in layers.reversed() {
      do throws(SyscallError) {
        let root = try openDirectory(AT_FDCWD, layer)
        switch try find(name, in: root.raw) {
        case .here(let bytes): return bytes
        case .removed: return []
        case .below: continue
        }
      } catch {
        throw ConfigurationError("image", "etc/\(name) cannot be read from the image: \(Self.explain(error))")
      }
    }
    return []
  }

  private enum Finding {
    case here([UInt8])
    case removed
    case below
  }

  private func find(_ name: String, in root: Int32) throws(SyscallError) -> Finding {
    guard let directory = try status("etc", in: root) else { return .below }
    if Self.isWhiteout(directory) { return .removed }
    guard let file = try status("etc/\(name)", in: root) else {
      return try isOpaque(root) ? .removed : .below
    }
    if Self.isWhiteout(file) { return .removed }
    // First the place and then the content: opening a device for reading may already do something (CVE-2024-9676).
    let place = try openInRoot(root, "etc/\(name)", openPathOnly)
    let raw = place.raw
    var status = stat()
    try check("fstat") { fstat(raw, &status) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw SyscallError("open", EINVAL) }
    let opened = try openAt(AT_FDCWD, "/proc/self/fd/\(raw)", O_RDONLY | O_NONBLOCK | O_NOCTTY)
    return .here(try readRegularFile(opened, limit: AccountFiles.maximumBytes))
  }

  /// Without following a link at the end; `nil` if there is nothing.
  private func status(_ path: String, in root: Int32) throws(SyscallError) -> stat? {
    do throws(SyscallError) {
      let place = try openInRoot(root, path, openPathOnly | O_NOFOLLOW)
      let raw = place.raw
      var status = stat()
      try check("fstat") { fstat(raw, &status) }
      return status
    } catch {
      if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
      throw error
    }
  }

  /// overlayfs marks what a layer removed by a character device 0:0.
  private static func isWhiteout(_ status: stat) -> Bool {
    status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == 0
  }

  /// A directory that hides the ones below it.
  private func isOpaque(_ root: Int32) throws(SyscallError) -> Bool {
    let directory = try openInRoot(root, "etc", O_RDONLY | O_DIRECTORY)
    var value: UInt8 = 0
    let length = lx_getxattr("/proc/self/fd/\(directory.raw)", "trusted.overlay.opaque", &value, 1)
    return length == 1 && value == UInt8(ascii: "y")
  }

  private static func explain(_ error: SyscallError) -> String {
    switch error.errno {
    case EINVAL: "it is no regular file"
    case EFBIG: "it is larger than \(AccountFiles.maximumBytes) bytes"
    case ENOENT: "it is a link that leads out of its layer"
    default: error.description
    }
  }
}
