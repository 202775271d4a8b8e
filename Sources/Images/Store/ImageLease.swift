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
  /// The largest file that is read.
  static let limit = 64 << 10

  var holder: String
  /// The image that is used; nil while one is being made.
  var manifest: ContentDigest?
  /// What an image that is being made will need: documents and layers.
  var content: [ContentDigest]

  init(holder: String, manifest: ContentDigest?, content: [ContentDigest] = []) {
    self.holder = holder.shortenedForMessage
    self.manifest = manifest
    self.content = content
  }

  init(parsing bytes: [UInt8]) throws(DocumentError) {
    let root = try DocumentField("image lease", bytes, limit: Self.limit)
    holder = try root["holder"].requiredString(atMost: 4096)
    manifest = root["manifest"].isPresent ? try root["manifest"].digest() : nil
    content = []
    for element in try root["content"].elements(atMost: 2 * ImageDocument.mostLayers) ?? [] {
      content.append(try element.digest())
    }
  }

  var serialized: [UInt8] {
    JSONValue.object([
      JSONMember("content", .array(content.map { .string($0.description) })),
      JSONMember("holder", .string(holder)),
      JSONMember("manifest", manifest.map { .string($0.description) } ?? .null),
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
      let lease = try layout.makeLease(LeaseRecord(holder: holder, manifest: image.manifestDigest))
      try layout.markUsed(image.manifestDigest)
      return lease
    }
  }
}

extension StoreLayout {
  /// Makes a lease and locks it. The store's lock is held, so nobody who removes things sees it without its holder.
  func makeLease(_ record: LeaseRecord) throws(ImageStoreError) -> ImageLease {
    let name = randomName()
    let file = try step("image lease") { () throws(SyscallError) in
      let file = try openAt(leases.raw, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW)
      guard try FileLock.tryLock(file.raw, .exclusive) else { throw SyscallError("fcntl(F_OFD_SETLK)", EAGAIN) }
      try writeAll(file.raw, record.serialized)
      return file
    }
    return ImageLease(layout: self, name: name, file: SharedFD(file))
  }

  /// An image was last used when its manifest's file was last touched: its content never changes.
  func markUsed(_ manifest: ContentDigest) throws(ImageStoreError) {
    try step("time of use of \(manifest)") { () throws(SyscallError) in
      try check("utimensat") { utimensat(blobs.raw, manifest.hex, nil, AT_SYMLINK_NOFOLLOW) }
    }
  }

  /// When an image was last used, in seconds since 1970.
  func lastUsed(_ manifest: ContentDigest) throws(ImageStoreError) -> Int64 {
    var status = stat()
    try step("time of use of \(manifest)") { () throws(SyscallError) in
      try check("fstatat") { fstatat(blobs.raw, manifest.hex, &status, AT_SYMLINK_NOFOLLOW) }
    }
    return Int64(status.st_mtim.tv_sec)
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
      let bytes = try step("image lease") { () throws(SyscallError) in
        try readRegularFile(file, limit: LeaseRecord.limit)
      }
      held.append(
        try parsed("\(path)/leases/\(name)") { () throws(DocumentError) in try LeaseRecord(parsing: bytes) }
      )
    }
    return held
  }

  /// Who uses an image, for people. The store's lock is held shared: no lease is touched, since some may just be made.
  func holders(of manifest: ContentDigest) throws(ImageStoreError) -> [String] {
    let files = try step("image leases") { () throws(SyscallError) in try entries(of: leases.raw) }
    var holders = Set<String>()
    for name in files {
      let bytes = try step("image lease") { () throws(SyscallError) -> [UInt8]? in
        guard let file = try openIfPresent(leases.raw, name), try FileLock.isHeld(file.raw) else { return nil }
        return try readRegularFile(file, limit: LeaseRecord.limit)
      }
      guard let bytes else { continue }
      let record = try parsed("\(path)/leases/\(name)") { () throws(DocumentError) in try LeaseRecord(parsing: bytes) }
      if record.manifest == manifest { holders.insert(record.holder) }
    }
    return holders.sorted()
  }
}
