import Glibc
import Linux

/// The directories of a store, open. All of it is 0700: set-user-id programs in layers are for containers only
/// (CVE-2021-41103).
///
///     blobs/sha256/<hex>   configuration and manifest documents
///     layers/<short>       an unpacked layer; complete once it has this name
///     records/<short>      which digest that is, its diffID and its size
///     implied/<short>      its directories that have no entry of their own
///     names/<hex>          one file per name: the name and its manifest; <hex> is the SHA-256 of the name
///     leases/<random>      one file per use, locked as long as it lasts
///     locks/<hex>          one file per digest, locked while that layer is made
///     partial/<hex>        the beginning of that digest's blob; only who holds its lock touches it
///     tmp/<random>         what is not complete yet, and tmp/<random>.lock, held by whom it belongs to
///     lock                 held shared to add and to begin using, exclusively to remove
final class StoreLayout: Sendable {
  /// The absolute path of the store.
  let path: String
  let root: SharedFD
  let blobs: SharedFD
  let layers: SharedFD
  let records: SharedFD
  let implied: SharedFD
  let names: SharedFD
  let leases: SharedFD
  let locks: SharedFD
  let partial: SharedFD
  let temporary: SharedFD

  init(path: String) throws(ImageStoreError) {
    self.path = path
    guard geteuid() == 0 else { throw .notRoot }
    guard path.hasPrefix("/") else {
      throw .system("image store \(path): expected an absolute path", SyscallError("open", EINVAL))
    }
    let root = try Self.opening("image store \(path)") { () throws(SyscallError) in
      try ensureDirectories(path, durability: .synced)
      return try openDirectory(AT_FDCWD, path)
    }
    self.root = root
    func directory(_ name: String, in parent: SharedFD) throws(ImageStoreError) -> SharedFD {
      try Self.opening("image store \(path)/\(name)") { () throws(SyscallError) in
        try ensureDirectory(parent.raw, name, durability: .synced)
        return try openBeneath(parent.raw, name, O_RDONLY | O_DIRECTORY)
      }
    }
    blobs = try directory("sha256", in: directory("blobs", in: root))
    layers = try directory("layers", in: root)
    records = try directory("records", in: root)
    implied = try directory("implied", in: root)
    names = try directory("names", in: root)
    leases = try directory("leases", in: root)
    locks = try directory("locks", in: root)
    partial = try directory("partial", in: root)
    temporary = try directory("tmp", in: root)
  }

  private static func opening(
    _ name: String,
    _ body: () throws(SyscallError) -> OwnedFD
  ) throws(ImageStoreError) -> SharedFD {
    SharedFD(try step(name, body))
  }
}
