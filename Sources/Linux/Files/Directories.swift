import CLinux
import Glibc

/// Makes a directory below an open one (`mkdirat(2)`); one that is there already is an error (EEXIST).
public func makeDirectory(_ parent: Int32 = AT_FDCWD, _ name: String, mode: mode_t = 0o700) throws(SyscallError) {
  try check("mkdirat") { mkdirat(parent, name, mode) }
}

/// Makes a directory unless it exists.
///
/// - Parameter durability: With `synced`, which needs an open parent, one that was made survives a power cut.
public func ensureDirectory(
  _ parent: Int32 = AT_FDCWD,
  _ name: String,
  mode: mode_t = 0o700,
  durability: Durability = .untilReboot
) throws(SyscallError) {
  do throws(SyscallError) { try makeDirectory(parent, name, mode: mode) } catch {
    if error.errno != EEXIST { throw error }
    return
  }
  if durability == .synced { try syncDirectory(parent) }
}

/// Makes an absolute path and its missing parents on the host.
///
/// - Parameter durability: With `synced`, those that were made survive a power cut.
public func ensureDirectories(
  _ path: String,
  mode: mode_t = 0o700,
  durability: Durability = .untilReboot
) throws(SyscallError) {
  var made = ""
  for component in path.split(separator: "/") {
    let parent = made + "/"
    made = parent + component
    do throws(SyscallError) { try makeDirectory(AT_FDCWD, made, mode: mode) } catch {
      if error.errno != EEXIST { throw SyscallError("make the directory \(made)", error.errno) }
      continue
    }
    guard durability == .synced else { continue }
    let directory = try openDirectory(AT_FDCWD, parent)
    try syncDirectory(directory.raw)
  }
}

/// Opens a directory for use as the base of other calls.
public func openDirectory(_ parent: Int32 = AT_FDCWD, _ path: String) throws(SyscallError) -> OwnedFD {
  try openAt(parent, path, O_RDONLY | O_DIRECTORY)
}

/// Names of the entries of a directory, without `.` and `..`, sorted; more than `limit` is EFBIG.
///
/// For directories of our own: a name that is not UTF-8 comes out repaired, and can then not be opened.
public func entries(of directory: Int32, limit: Int = 1 << 20) throws(SyscallError) -> [String] {
  let names = try entryNames(of: directory, atMost: limit + 1)
  if names.count > limit { throw SyscallError("readdir", EFBIG) }
  return names.map { name in String(decoding: name.dropLast().map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self) }
    .sorted()
}

/// The exact names, each with a NUL at its end, of at most `count` entries of a directory, in no order.
public func entryNames(of directory: Int32, atMost count: Int) throws(SyscallError) -> [[CChar]] {
  let own = try openAt(directory, ".", O_RDONLY | O_DIRECTORY).release()
  guard let stream = fdopendir(own) else {
    let code = errno
    close(own)
    throw SyscallError("fdopendir", code)
  }
  defer { closedir(stream) }
  var names: [[CChar]] = []
  while names.count < count, let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) {
        Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
      }
    }
    let dot = CChar(truncatingIfNeeded: UInt8(ascii: "."))
    if name == [dot, 0] || name == [dot, dot, 0] { continue }
    names.append(name)
  }
  return names
}

/// Removes a tree below an open directory, by descriptors alone, never through a symbolic link and never into another
/// mount: what an attacker renames into it meanwhile cannot lead elsewhere (CVE-2017-1002102). What is not there is fine.
///
/// A tree may be deeper than any recursion or path: what lies too deep is moved up beside `name` and removed from there.
public func removeTree(_ parent: Int32, _ name: String) throws(SyscallError) {
  try removeTree(parent, name.utf8CString.map { $0 })
}

/// The same for an exact name with a NUL at its end: names in images need not be UTF-8.
public func removeTree(_ parent: Int32, _ name: [CChar]) throws(SyscallError) {
  var pending = [name]
  while let next = pending.popLast() {
    if try unlinkIsDone(parent, next) { continue }
    var removal = TreeRemoval(parent: parent, moved: [])
    try removal.removeDirectory(parent, next, depth: 0)
    // Moved first, so that it is gone before its name could be given out again.
    pending.append(contentsOf: removal.moved)
  }
}

/// Unlinks what is no directory; `true` if nothing of that name is left.
private func unlinkIsDone(_ directory: Int32, _ name: [CChar]) throws(SyscallError) -> Bool {
  do throws(SyscallError) { try check("unlinkat") { unlinkat(directory, name, 0) } } catch {
    if error.errno == ENOENT { return true }
    // EISDIR on Linux, EPERM as POSIX has it.
    if error.errno == EISDIR || error.errno == EPERM { return false }
    throw error
  }
  return true
}

private struct TreeRemoval {
  private static let deepest = 64
  /// Names held in memory at a time: a directory of an image may have millions.
  private static let batch = 1 << 14
  let parent: Int32
  var moved: [[CChar]]

  mutating func removeDirectory(_ directory: Int32, _ name: [CChar], depth: Int) throws(SyscallError) {
    if depth > Self.deepest {
      let aside = ".removing.\(getpid()).\(uniqueNumber())"
      let target = parent
      try check("renameat") { renameat(directory, name, target, aside) }
      moved.append(aside.utf8CString.map { $0 })
      return
    }
    let flags = UInt64(O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    // What is mounted there is somebody else's: EXDEV, and whoever asked is told.
    let confined = UInt64(LX_RESOLVE_BENEATH) | UInt64(LX_RESOLVE_NO_SYMLINKS) | UInt64(LX_RESOLVE_NO_XDEV)
    let opened = OwnedFD(
      try check("openat2") {
        lx_openat2(directory, name, flags, 0, confined)
      }
    )
    while true {
      let names = try entryNames(of: opened.raw, atMost: Self.batch)
      if names.isEmpty { break }
      for entry in names where try !unlinkIsDone(opened.raw, entry) {
        try removeDirectory(opened.raw, entry, depth: depth + 1)
      }
    }
    do throws(SyscallError) { try check("unlinkat(AT_REMOVEDIR)") { unlinkat(directory, name, AT_REMOVEDIR) } } catch {
      if error.errno != ENOENT { throw error }
    }
  }
}

/// Links that one path may lead through, as for the kernel's own look-up.
private let greatestLinkCount = 40

/// Makes every missing component of an absolute path inside a root, one `mkdirat` at a time on descriptors that
/// openat2 confined, and returns the last one (CVE-2024-45310: a library's `mkdir -p` follows links that move). Where a
/// link leads to nothing, what it names is made, inside the root as well.
public func makeDirectories(inRoot root: Int32, _ path: String, mode: mode_t = 0o755) throws(SyscallError) -> OwnedFD {
  var pending = Array(path.split(separator: "/").reversed())
  if pending.contains("..") { throw SyscallError("mkdirat", EINVAL) }
  var links = 0
  var made = "/"
  var current = try openInRoot(root, made, openPathOnly | O_DIRECTORY)
  while let component = pending.popLast() {
    if component == "." { continue }
    let name = String(component)
    let parent = current.raw
    if name != ".." { try ensureDirectory(parent, name, mode: mode) }
    let next = made == "/" ? "/" + name : made + "/" + name
    if let opened = try openIfPresent(root, next) {
      current = opened
      made = next
      continue
    }
    // It is there, says mkdirat, and leads to nothing.
    links += 1
    if links > greatestLinkCount { throw SyscallError("openat2", ELOOP) }
    let target = try readLink(parent, name)
    if target.hasPrefix("/") {
      made = "/"
      current = try openInRoot(root, made, openPathOnly | O_DIRECTORY)
    }
    pending.append(contentsOf: target.split(separator: "/").reversed())
  }
  return current
}

private func openIfPresent(_ root: Int32, _ path: String) throws(SyscallError) -> OwnedFD? {
  do throws(SyscallError) { return try openInRoot(root, path, openPathOnly | O_DIRECTORY) } catch {
    if error.errno != ENOENT { throw error }
    return nil
  }
}

/// What a symbolic link says (`readlinkat(2)`); EINVAL for anything else.
public func readLink(_ directory: Int32, _ name: String) throws(SyscallError) -> String {
  var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
  let count = try checkCount("readlinkat") { readlinkat(directory, name, &buffer, buffer.count) }
  return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
