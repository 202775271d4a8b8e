import Glibc
import Linux
import RuntimeAPI
import Synchronization

/// Compiled filters by profile: in memory, then in a directory that all processes of a machine share, then made anew.
///
/// Compiling the default profile takes about ten milliseconds, ten times what starting a container takes. A file is
/// believed only if this user wrote it, nobody else can write it, and its checksum and key are right; anything else is
/// compiled again and replaced. Files are written aside and renamed, so processes need no lock between them. Files are
/// not synced: a torn one fails its checksum.
public final class FilterCache: Sendable {
  /// A filter and how it came about.
  public struct Lookup: Hashable, Sendable {
    /// Where a filter came from.
    public enum Source: String, Hashable, Sendable { case memory, disk, compiled }

    /// The filter.
    public let filter: CompiledFilter
    /// Where it came from.
    public let source: Source
    /// Why the compiled filter could not be kept on disk; the filter is good all the same.
    public let storeFailure: String?
  }

  /// How many filters are kept in memory; a node has a handful of profiles.
  private static let memoryCapacity = 64

  private let directory: SharedFD
  private let path: String
  private let memory = Mutex<[Wanted: CompiledFilter]>([:])

  /// The key in memory: comparing profiles is twenty times faster than their digest, which names the files.
  private struct Wanted: Hashable {
    let profile: SeccompProfile
    let platform: SeccompPlatform
  }

  /// Opens the directory and makes it if it is missing (mode 0700; its parents must exist).
  ///
  /// - Throws: ``PrivilegesError`` when somebody else than this user could change what is in it.
  public init(directory path: String) throws(PrivilegesError) {
    self.path = path
    do throws(SyscallError) {
      try ensureDirectory(AT_FDCWD, path, mode: 0o700)
      directory = SharedFD(try openDirectory(AT_FDCWD, path))
    } catch {
      throw PrivilegesError(.unreadable, path, "the directory for compiled filters cannot be used: \(error)")
    }
    var status = stat()
    guard fstat(directory.raw, &status) == 0, status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
      throw PrivilegesError(
        .unreadable,
        path,
        "must belong to user \(geteuid()) and be open to nobody else (mode 0700)"
      )
    }
  }

  /// The filter for a profile.
  ///
  /// Callers of other threads wait while one compiles: fifty containers that start at once compile once.
  ///
  /// - Throws: ``PrivilegesError`` as ``FilterCompiler/compile(_:for:)`` does. Trouble with the disk is no error.
  public func filter(for profile: SeccompProfile, on platform: SeccompPlatform) throws(PrivilegesError) -> Lookup {
    let wanted = Wanted(profile: profile, platform: platform)
    return try memory.withLock { (memory) throws(PrivilegesError) -> Lookup in
      if let filter = memory[wanted] { return Lookup(filter: filter, source: .memory, storeFailure: nil) }
      let key = FilterKey(profile, platform)
      let lookup: Lookup
      if let stored = load(key) { lookup = stored } else { lookup = try make(profile, platform, key) }
      if memory.count >= Self.memoryCapacity { memory.removeAll() }
      memory[wanted] = lookup.filter
      return lookup
    }
  }

  private func make(
    _ profile: SeccompProfile,
    _ platform: SeccompPlatform,
    _ key: FilterKey
  ) throws(PrivilegesError) -> Lookup {
    let filter = try FilterCompiler.compile(profile, for: platform)
    var failure: String?
    if let bytes = FilterFile.encode(filter, key: key) {
      do throws(SyscallError) {
        try replaceFile(in: directory.raw, named: key.name, with: bytes, durability: .untilReboot, mode: 0o600)
      } catch {
        failure = "\(path)/\(key.name): \(error)"
      }
    }
    return Lookup(filter: filter, source: .compiled, storeFailure: failure)
  }

  /// What the directory has under the key, if it can be believed.
  private func load(_ key: FilterKey) -> Lookup? {
    do throws(SyscallError) {
      let file = try openAt(directory.raw, key.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      var status = stat()
      guard fstat(file.raw, &status) == 0, status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else { return nil }
      let bytes = try readRegularFile(file, limit: FilterFile.maximumLength)
      guard let filter = FilterFile.decode(bytes, key: key) else { return nil }
      return Lookup(filter: filter, source: .disk, storeFailure: nil)
    } catch {
      // Not there, no regular file, too large: all mean that it has to be compiled.
      return nil
    }
  }
}
