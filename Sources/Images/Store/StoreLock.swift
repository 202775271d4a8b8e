import Glibc
import Linux

/// A lock on a file of the store, held until the value goes.
struct StoreLock: ~Copyable, Sendable {
  private let file: OwnedFD

  /// Waits for the store's own lock.
  static func store(_ layout: StoreLayout, _ kind: FileLock.Kind) throws(ImageStoreError) -> StoreLock {
    let file = try step("image store lock") { () throws(SyscallError) in
      let file = try openAt(layout.root.raw, "lock", O_RDWR | O_CREAT | O_NOFOLLOW)
      try FileLock.lock(file.raw, kind)
      return file
    }
    return StoreLock(file: file)
  }

  /// The store's own lock, exclusively, if nobody has it now.
  static func storeIfFree(_ layout: StoreLayout) throws(ImageStoreError) -> StoreLock? {
    let file = try step("image store lock") { () throws(SyscallError) in
      try openAt(layout.root.raw, "lock", O_RDWR | O_CREAT | O_NOFOLLOW)
    }
    guard try step("image store lock", { () throws(SyscallError) in try FileLock.tryLock(file.raw, .exclusive) }) else {
      return nil
    }
    return StoreLock(file: file)
  }

  /// The lock of a layer if nobody makes that layer now. Taken before the store's lock, never while holding it.
  static func layerIfFree(_ layout: StoreLayout, _ digest: ContentDigest) throws(ImageStoreError) -> StoreLock? {
    while true {
      let file = try step("layer lock") { () throws(SyscallError) in
        try openAt(layout.locks.raw, digest.hex, O_RDWR | O_CREAT | O_NOFOLLOW)
      }
      guard try step("layer lock", { () throws(SyscallError) in try FileLock.tryLock(file.raw, .exclusive) }) else {
        return nil
      }
      // Whoever removed the layer meanwhile removed this file too: the lock of a file without a name protects nothing.
      if try step("layer lock", { () throws(SyscallError) in try hasName(file.raw) }) { return StoreLock(file: file) }
    }
  }

  /// Waits until nobody else makes this layer, in this process or another; ends early when the task is cancelled.
  ///
  /// The kernel announces a free lock only to a thread that is blocked for it, and there it cannot be cancelled: so it is
  /// tried again and again, at first soon. Who waits here waits for a download.
  static func layer(_ layout: StoreLayout, _ digest: ContentDigest) async throws(ImageStoreError) -> StoreLock {
    var milliseconds: UInt64 = 5
    while true {
      if let lock = try layerIfFree(layout, digest) { return lock }
      do { try await Task.sleep(nanoseconds: milliseconds * 1_000_000) } catch { throw .cancelled }
      milliseconds = min(milliseconds * 2, 200)
    }
  }

  private init(file: consuming OwnedFD) { self.file = file }

  /// Unlocked, not only closed: a process that another thread is just spawning has a copy of every descriptor until it
  /// execs, and would hold the lock for that long.
  deinit {
    // Closing follows, so a lock that could not be given up here goes then.
    try? FileLock.unlock(file.raw)
  }

  /// Gives it up: the last use of the value, so that it is held until here.
  consuming func release() {}
}

extension StoreLayout {
  /// Does something while holding the store's lock.
  func locked<Value>(
    _ kind: FileLock.Kind,
    _ body: () throws(ImageStoreError) -> Value
  ) throws(ImageStoreError) -> Value {
    let lock = try StoreLock.store(self, kind)
    let value = try body()
    lock.release()
    return value
  }
}

/// Whether an open file still has a name.
func hasName(_ file: Int32) throws(SyscallError) -> Bool {
  var status = stat()
  try check("fstat") { fstat(file, &status) }
  return status.st_nlink > 0
}

/// A name that nothing else has.
func randomName() -> String {
  var generator = SystemRandomNumberGenerator()
  let text = String(generator.next() as UInt64, radix: 16)
  return String(repeating: "0", count: 16 - text.count) + text
}
