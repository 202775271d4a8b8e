import Glibc
import Linux

/// `/etc/passwd` and `/etc/group` of an image.
public struct AccountFiles: Sendable {
  /// The largest file that is read.
  public static let maximumBytes = 1 << 20

  private let passwd: [UInt8]
  private let group: [UInt8]

  /// Takes the files' content; empty stands for a file that is missing.
  public init(passwd: [UInt8] = [], group: [UInt8] = []) {
    self.passwd = passwd
    self.group = group
  }

  /// Reads the files of an image, without leaving it through links and without touching what is no regular file: an
  /// image may have a FIFO, a device or an endless file there (CVE-2024-9676).
  ///
  /// - Parameter root: Descriptor of the image's root directory, `O_PATH` or a directory.
  /// - Throws: ``PrivilegesError`` for anything but a regular file of at most ``maximumBytes`` bytes. A missing file is
  ///   none.
  public init(root: Int32) throws(PrivilegesError) {
    passwd = try Self.read(root, "etc/passwd")
    group = try Self.read(root, "etc/group")
  }

  private static func read(_ root: Int32, _ path: String) throws(PrivilegesError) -> [UInt8] {
    do throws(SyscallError) {
      // First the place and then the content: opening a device for reading may already do something.
      let place = try openInRoot(root, path, openPathOnly | O_CLOEXEC)
      let raw = place.raw
      var status = stat()
      try check("fstat") { fstat(raw, &status) }
      guard status.st_mode & S_IFMT == S_IFREG else { throw SyscallError("open", EINVAL) }
      let file = try openAt(AT_FDCWD, "/proc/self/fd/\(raw)", O_RDONLY | O_NONBLOCK | O_NOCTTY)
      return try readRegularFile(file, limit: maximumBytes)
    } catch {
      switch error.errno {
      case ENOENT, ENOTDIR: return []
      case EINVAL: throw PrivilegesError(.invalid, path, "is not a regular file in the image")
      case EFBIG: throw PrivilegesError(.invalid, path, "is larger than \(maximumBytes) bytes in the image")
      default: throw PrivilegesError(.unreadable, path, "cannot be read from the image: \(error)")
      }
    }
  }

  /// The first entry of a user; by number only if the entry's number is well-formed.
  func user(_ account: UserString.Account) throws(PrivilegesError) -> AccountLine? {
    let file = AccountFile(name: "etc/passwd", bytes: passwd)
    return switch account {
    case .id(let id): file.first { $0.field(2, isID: id) }
    case .name(let name): file.first { $0.field(0, is: name) }
    }
  }

  /// The number of a group.
  func groupID(_ account: UserString.Account) throws(PrivilegesError) -> UInt32 {
    switch account {
    case .id(let id): return id
    case .name(let name):
      guard let line = AccountFile(name: "etc/group", bytes: group).first(where: { $0.field(0, is: name) }) else {
        throw PrivilegesError(
          .notFound,
          "image user",
          "unable to find group \(quoted(name)): no matching entries in group file"
        )
      }
      return try line.id(2, "a group id")
    }
  }

  /// The groups that name a user among their members; the group that is called like the user is not a supplementary one.
  func groups(ofMember name: String) throws(PrivilegesError) -> [UInt32] {
    var groups: [UInt32] = []
    var failure: PrivilegesError?
    AccountFile(name: "etc/group", bytes: group).forEachLine { line in
      guard line.list(3, contains: name), !line.field(0, is: name) else { return true }
      do throws(PrivilegesError) { groups.append(try line.id(2, "a group id")) } catch { failure = error }
      return failure == nil
    }
    if let failure { throw failure }
    return groups
  }
}
