import Glibc
import JSONText
import Linux

/// Pins an image's layers: while it is held, by anybody who has its descriptor, nothing of the image is removed.
///
/// The lock belongs to the open file, not to the process: pass `descriptor` to the process that lives as long as the
/// pod does (its supervisor), and the layers stay pinned while the agent is away. A lease that nobody holds any more is
/// void; the next removal clears its file away.
public final class ImageLease: Sendable {
  private let layout: StoreLayout
  private let name: String
  private let file: SharedFD

  init(layout: StoreLayout, name: String, file: SharedFD) {
    self.layout = layout
    self.name = name
    self.file = file
  }

  /// The open, locked file; every copy of it keeps the lease. Belongs to this value: duplicate it, do not close it.
  public var descriptor: Int32 { file.raw }

  /// Ends the lease for everybody: for when the last mount of the layers is gone. Without this it ends when the last
  /// copy of the descriptor is closed.
  public func release() throws(ImageStoreError) {
    try step("image lease") { () throws(SyscallError) in try removeTree(layout.leases.raw, name) }
    try step("image lease") { () throws(SyscallError) in try FileLock.unlock(file.raw) }
  }
}

/// What a lease file says. Written by this store, read as if it were not.
struct LeaseRecord {
  var holder: String
  var manifest: ContentDigest

  init(holder: String, manifest: ContentDigest) {
    self.holder = holder.shortenedForMessage
    self.manifest = manifest
  }

  init(parsing bytes: [UInt8]) throws(DocumentError) {
    let root = try DocumentField("image lease", bytes, limit: 16 << 10)
    holder = try root["holder"].requiredString(atMost: 4096)
    manifest = try root["manifest"].digest()
  }

  var serialized: [UInt8] {
    JSONValue.object([
      JSONMember("holder", .string(holder)), JSONMember("manifest", .string(manifest.description)),
    ]).serialized()
  }
}

extension ImageStore {
  /// Begins to use an image.
  ///
  /// - Parameter holder: Who uses it, for people: `pod default/web`.
  /// - Throws: `gone` if it was removed since it was resolved, `damaged` if a part of it is missing.
  public func use(_ image: StoredImage, holder: String) throws(ImageStoreError) -> ImageLease {
    try layout.clearVoidLeasesIfFree()
    return try layout.locked(.shared) { () throws(ImageStoreError) in
      guard try layout.hasDocument(image.manifestDigest) else { throw .gone(image.reference) }
      _ = try self.image(NameRecord(reference: image.reference, manifest: image.manifestDigest))
      let record = LeaseRecord(holder: holder, manifest: image.manifestDigest)
      let name = randomName()
      // Locked before the store's lock goes: nobody who removes things sees a lease without its holder.
      let file = try step("image lease") { () throws(SyscallError) in
        let file = try openAt(layout.leases.raw, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW)
        guard try FileLock.tryLock(file.raw, .exclusive) else { throw SyscallError("fcntl(F_OFD_SETLK)", EAGAIN) }
        try writeAll(file.raw, record.serialized)
        return file
      }
      return ImageLease(layout: layout, name: name, file: SharedFD(file))
    }
  }
}

extension StoreLayout {
  /// Whether a document is there; its content is not looked at.
  func hasDocument(_ digest: ContentDigest) throws(ImageStoreError) -> Bool {
    var status = stat()
    do throws(SyscallError) {
      try check("fstatat") { fstatat(blobs.raw, digest.hex, &status, AT_SYMLINK_NOFOLLOW) }
      return true
    } catch {
      if error.errno == ENOENT { return false }
      throw .system("document \(digest)", error)
    }
  }

  /// Removes the files of leases whose holders have gone, unless somebody else is working with the store right now: then
  /// it is left to the next one.
  func clearVoidLeasesIfFree() throws(ImageStoreError) {
    // Exclusively, so that nobody is between making a lease and locking it.
    guard let lock = try StoreLock.storeIfFree(self) else { return }
    try step("image leases") { () throws(SyscallError) in
      for name in try entries(of: leases.raw) {
        guard let file = try openIfPresent(leases.raw, name), try FileLock.tryLock(file.raw, .exclusive) else {
          continue
        }
        try removeTree(leases.raw, name)
      }
    }
    lock.release()
  }

  /// The leases that somebody holds; files of void ones are removed. The store's lock is held exclusively.
  func heldLeases() throws(ImageStoreError) -> [LeaseRecord] {
    let files = try step("image leases") { () throws(SyscallError) in try entries(of: leases.raw) }
    var held: [LeaseRecord] = []
    for name in files {
      let file = try step("image lease") { () throws(SyscallError) in try openIfPresent(leases.raw, name) }
      guard let file else { continue }
      if try step("image lease", { () throws(SyscallError) in try FileLock.tryLock(file.raw, .exclusive) }) {
        try step("image lease") { () throws(SyscallError) in try removeTree(leases.raw, name) }
        continue
      }
      let bytes = try step("image lease") { () throws(SyscallError) in try readRegularFile(file, limit: 16 << 10) }
      held.append(
        try parsed("\(path)/leases/\(name)") { () throws(DocumentError) in try LeaseRecord(parsing: bytes) }
      )
    }
    return held
  }
}
