import CLinux
import Glibc
import Linux

/// A temporary directory of the store that belongs to one writer, whose lock says that the writer lives.
///
/// The lock file is there before the directory and goes after it, so whatever a dead writer left is found by its lock
/// file, which nobody holds any more.
final class Workspace: Sendable {
  private let layout: StoreLayout
  private let name: String
  private let lock: SharedFD
  /// The directory, open.
  let directory: SharedFD

  init(_ layout: StoreLayout) throws(ImageStoreError) {
    let (name, lock) = try step("temporary directory") { () throws(SyscallError) in
      while true {
        let name = randomName()
        let file = SharedFD(try openAt(layout.temporary.raw, name + ".lock", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW))
        // Somebody who cleans up may have been faster.
        if try FileLock.tryLock(file.raw, .exclusive), try hasName(file.raw) { return (name, file) }
      }
    }
    let directory = try step("temporary directory") { () throws(SyscallError) in
      try Linux.makeDirectory(layout.temporary.raw, name)
      return try openBeneath(layout.temporary.raw, name, O_RDONLY | O_DIRECTORY)
    }
    self.layout = layout
    self.name = name
    self.lock = lock
    self.directory = SharedFD(directory)
  }

  /// Makes an empty directory inside and opens it.
  func makeDirectory(named name: String) throws(ImageStoreError) -> OwnedFD {
    let raw = directory.raw
    return try step("temporary directory") { () throws(SyscallError) in
      try Linux.makeDirectory(raw, name)
      return try openBeneath(raw, name, O_RDONLY | O_DIRECTORY)
    }
  }

  /// Writes a file, syncs it, and gives it its name in another directory of the store, which is synced too.
  func place(_ bytes: [UInt8], as name: String, in target: SharedFD) throws(ImageStoreError) {
    let raw = directory.raw
    try step("image store file \(name)") { () throws(SyscallError) in
      let file = try openAt(raw, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)
      let descriptor = file.raw
      try writeAll(descriptor, bytes)
      try check("fsync") { fsync(descriptor) }
      try check("renameat") { renameat(raw, name, target.raw, name) }
      try syncDirectory(target.raw)
    }
  }

  /// Syncs the file system: all that was made inside is on disk then.
  func sync(_ name: String) throws(ImageStoreError) {
    let raw = directory.raw
    try step("layer \(name)") { () throws(SyscallError) in try check("syncfs") { lx_syncfs(raw) } }
  }

  /// Gives a directory that was made inside, and synced, its final name.
  func place(directory made: String, as name: String, in target: SharedFD) throws(ImageStoreError) {
    let raw = directory.raw
    try step("layer \(name)") { () throws(SyscallError) in
      try check("renameat") { renameat(raw, made, target.raw, name) }
      try syncDirectory(target.raw)
    }
  }

  /// Takes a directory of the store out of it, to be removed with this workspace.
  func adopt(_ name: String, from source: SharedFD) throws(ImageStoreError) {
    let raw = directory.raw
    try step("layer \(name)") { () throws(SyscallError) in
      try check("renameat") { renameat(source.raw, name, raw, name) }
      try syncDirectory(source.raw)
    }
  }

  /// Removes the directory with all it holds, then the lock file.
  func remove() throws(ImageStoreError) {
    try withExtendedLifetime(lock) { () throws(ImageStoreError) in try Self.remove(layout, name) }
  }

  private static func remove(_ layout: StoreLayout, _ name: String) throws(ImageStoreError) {
    try step("temporary directory \(name)") { () throws(SyscallError) in
      try removeTree(layout.temporary.raw, name)
      try removeTree(layout.temporary.raw, name + ".lock")
    }
  }

  /// Removes what writers left that are gone. What is held stays.
  static func removeAbandoned(_ layout: StoreLayout) throws(ImageStoreError) {
    let names = try step("temporary directories") { () throws(SyscallError) in try entries(of: layout.temporary.raw) }
    for name in names where name.hasSuffix(".lock") {
      let file = try step("temporary directory \(name)") { () throws(SyscallError) in
        try openIfPresent(layout.temporary.raw, name)
      }
      guard let file else { continue }
      let isFree = try step("temporary directory \(name)") { () throws(SyscallError) in
        try FileLock.tryLock(file.raw, .exclusive)
      }
      if isFree { try remove(layout, String(name.dropLast(5))) }
    }
  }
}

/// Opens a file for locking; nil when there is none.
func openIfPresent(_ directory: Int32, _ name: String) throws(SyscallError) -> OwnedFD? {
  do throws(SyscallError) {
    return try openAt(directory, name, O_RDWR | O_NOFOLLOW)
  } catch {
    if error.errno == ENOENT { return nil }
    throw error
  }
}
