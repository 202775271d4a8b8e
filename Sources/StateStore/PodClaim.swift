import Glibc
import Linux

/// Ownership of one pod on this machine: its run directory, the owner's lock, and the record of everything that is about
/// to be made for it. Released when the last trace is gone.
public final class PodClaim: Sendable {
  /// The pod's directory.
  public let directory: PodDirectory
  /// What the pod will leave behind.
  public let record: PodRecord
  private let lock: SharedFD

  /// Claims a pod. Throws EEXIST if it is claimed or if traces of it are left: whoever starts removes those first.
  public init(_ record: PodRecord, runDirectory: String) throws(SyscallError) {
    directory = PodDirectory(runDirectory: runDirectory, pod: record.pod)
    self.record = record
    try ensureDirectories(runDirectory, mode: 0o755)
    try ensureDirectory(AT_FDCWD, runDirectory + "/pods", mode: 0o700)
    // Until the record is written the directory looks like one that a crash left.
    let guardian = try ClaimLock.take(runDirectory: runDirectory)
    defer { withExtendedLifetime(guardian) {} }
    try makeDirectory(AT_FDCWD, directory.path, mode: 0o700)
    do throws(SyscallError) { lock = try Self.own(directory, record) } catch {
      // The first error is the one to tell; what is left has no record and goes with the next command.
      try? directory.remove()
      throw error
    }
  }

  private static func own(_ directory: PodDirectory, _ record: PodRecord) throws(SyscallError) -> SharedFD {
    let opened = try directory.open()
    guard let lock = try PodLock.owner.take(in: opened.raw) else { throw SyscallError("lock", EEXIST) }
    try record.write(to: opened.raw)
    return SharedFD(lock)
  }

  /// Takes over a pod whose owner has gone; `nil` if it has an owner, or no record. The caller holds the
  /// ``ClaimLock``.
  public init?(abandoned directory: PodDirectory) throws(SyscallError) {
    let opened = try directory.open()
    guard let lock = try PodLock.owner.take(in: opened.raw),
      let record = try PodRecord.read(from: opened.raw, of: directory.pod)
    else { return nil }
    self.directory = directory
    self.record = record
    self.lock = SharedFD(lock)
  }

  /// Removes what the record names on disk, and the pod's directory last. The kernel's objects must be gone by then.
  public func release(keeping kept: Set<String> = []) throws(SyscallError) {
    for path in record.paths where !kept.contains(path) {
      guard let slash = path.lastIndex(of: "/") else { continue }
      let parent: OwnedFD
      do throws(SyscallError) { parent = try openDirectory(AT_FDCWD, String(path[..<slash]) + "/") } catch {
        if error.errno == ENOENT { continue }
        throw error
      }
      try removeTree(parent.raw, String(path[path.index(after: slash)...]))
    }
    try directory.remove()
  }
}

/// Held while a pod is being claimed, so that a half made claim is not taken for an abandoned one.
public enum ClaimLock {
  /// Waits for the lock; whoever keeps the descriptor has it. Throws ENOENT where there is no run directory.
  public static func take(runDirectory: String) throws(SyscallError) -> SharedFD {
    let file = try openAt(
      AT_FDCWD,
      runDirectory + "/pods/" + PodDirectory.claimLock,
      O_RDWR | O_CREAT | O_NOFOLLOW,
      mode: 0o600
    )
    try FileLock.lock(file.raw, .exclusive)
    return SharedFD(file)
  }
}
