import CLinux
import Glibc
import Linux
import UnpackPlan

/// Makes the files of one layer, as overlayfs stacks them: whiteouts are character devices 0:0, opaque directories are
/// listed for the parent to mark.
struct LayerWriter: ~Copyable {
  var resolver: DirectoryResolver
  let limits: UnpackLimits
  var report = UnpackReport()
  var opaque: DirectorySet
  private var implied: DirectorySet
  private var directoryTimes = DirectoryTimes()
  private var rootHasEntry = false
  /// The directory of the entry before: archives list the files of a directory one after the other.
  private var recent: RecentDirectory?

  init(root: consuming OwnedFD, limits: UnpackLimits) {
    resolver = DirectoryResolver(root: root, limits: limits)
    self.limits = limits
    opaque = .opaque(limits)
    implied = .implied(limits)
  }

  /// Makes what one entry says.
  mutating func apply(_ entry: ArchiveEntry) throws(UnpackFailure) {
    guard let name = entry.name else { throw UnpackFailure(.invalidName, "the name cannot be read") }
    let path = try EntryPath(name, limit: limits.pathBytes)
    switch try EntryRole(path) {
    case .metadata: skip(.aufsMetadata)
    case .opaque: try markOpaque(path.components.dropLast())
    case .whiteout(let name): try makeWhiteout(path.components.dropLast(), name)
    case .ordinary:
      if let last = path.components.last {
        try make(entry, in: path.components.dropLast(), named: last)
      } else {
        try describeRoot(entry)
      }
    }
  }

  /// Sets the directories' times, which every entry made in them changed, and returns the report so far.
  mutating func finish() throws(UnpackFailure) -> UnpackReport {
    if !rootHasEntry {
      let root = try resolver.open([], flags: O_RDONLY)
      let raw = root.raw
      try FileSystem.attempt { () throws(SyscallError) in try check("fchmod") { fchmod(raw, 0o755) } }
      // Nothing says when it was made, so nothing that depends on the moment of unpacking shall.
      try FileSystem.attempt { () throws(SyscallError) in
        try check("futimens") { futimens(raw, [epoch, epoch]) }
      }
      try implied.insert([])
    }
    try directoryTimes.apply(resolver)
    report.impliedDirectories = implied.paths
    report.opaqueDirectories = opaque.paths
    return report
  }

  mutating func skip(_ reason: UnpackSkip) { report.skipped[reason, default: 0] &+= 1 }

  // MARK: Directories

  private mutating func describeRoot(_ entry: ArchiveEntry) throws(UnpackFailure) {
    guard case .directory = entry.kind else {
      skip(.rootEntry)
      return
    }
    rootHasEntry = true
    let root = try resolver.open([], flags: O_RDONLY)
    try describe(root.raw, entry, withTimes: false)
    directoryTimes.append([], entry.times)
  }

  /// The open directory that an entry lies in, made if it is missing.
  private mutating func parent(_ components: ArraySlice<[UInt8]>) throws(UnpackFailure) -> SharedDirectory {
    if let recent, recent.name == components { return recent.directory }
    let found = try resolver.directory(components, creating: true)
    let directory = SharedDirectory(found)
    for made in resolver.takeMade() {
      try implied.insert(made.path)
      if made.replacedWhiteout { try opaque.insert(made.path) }
    }
    recent = RecentDirectory(name: components, directory: directory)
    return directory
  }

  private mutating func markOpaque(_ components: ArraySlice<[UInt8]>) throws(UnpackFailure) {
    try opaque.insert(parent(components).path)
  }

  /// A whiteout hides what lower layers have; what this layer has under the same name stays, and hides by itself, unless
  /// it is a directory, which must not show what lies below.
  private mutating func makeWhiteout(_ components: ArraySlice<[UInt8]>, _ name: [UInt8]) throws(UnpackFailure) {
    let parent = try parent(components)
    let (raw, text) = (parent.raw, cString(name))
    if let status = try FileSystem.status(raw, text) {
      if status.st_mode & S_IFMT == S_IFDIR { try opaque.insert(parent.path + [name]) }
      return
    }
    try FileSystem.attempt { () throws(SyscallError) in try check("mknodat") { mknodat(raw, text, S_IFCHR, 0) } }
  }

  // MARK: Entries

  private mutating func make(
    _ entry: ArchiveEntry,
    in components: ArraySlice<[UInt8]>,
    named name: [UInt8]
  ) throws(UnpackFailure) {
    let kind = entry.kind
    if case .unknown = kind {
      skip(.unknownType)
      return
    }
    let source = try linkSource(kind)
    let parent = try parent(components)
    let place = Place(directory: parent.raw, name: cString(name))
    let path = parent.path + [name]
    let existing = try clear(place, path, forDirectory: kind.isDirectory)
    switch kind {
    case .directory: try makeDirectory(entry, place, path, existing)
    case .file: try makeFile(entry, place)
    case .symbolicLink(let target): try makeSymbolicLink(entry, place, target)
    case .hardLink: if let source { try makeHardLink(source, place) }
    case .node(let type): try makeNode(entry, place, type)
    case .unknown: break
    }
  }

  /// Removes what stands in the way of an entry, a directory only if the entry is none.
  private mutating func clear(
    _ place: Place,
    _ path: [[UInt8]],
    forDirectory isDirectory: Bool
  ) throws(UnpackFailure) -> Existing {
    guard let status = try FileSystem.status(place.directory, place.name) else { return .nothing }
    let wasDirectory = status.st_mode & S_IFMT == S_IFDIR
    if wasDirectory, isDirectory { return .directory }
    if wasDirectory {
      opaque.removeAll(below: path)
      implied.removeAll(below: path)
      // A cached directory may lie inside.
      recent = nil
    }
    try FileSystem.attempt { () throws(SyscallError) in try removeTree(place.directory, place.name) }
    return FileSystem.isWhiteout(status) ? .whiteout : .nothing
  }

  private mutating func makeDirectory(
    _ entry: ArchiveEntry,
    _ place: Place,
    _ path: [[UInt8]],
    _ existing: Existing
  ) throws(UnpackFailure) {
    guard path.count <= limits.depth else {
      throw UnpackFailure(.tooDeep, "deeper than \(limits.depth) directories")
    }
    if existing != .directory {
      try FileSystem.attempt { () throws(SyscallError) in
        try check("mkdirat") { mkdirat(place.directory, place.name, 0o700) }
      }
    }
    if existing == .whiteout { try opaque.insert(path) }
    implied.remove(path)
    let directory = try FileSystem.attempt { () throws(SyscallError) in
      try FileSystem.open(place.directory, place.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    }
    try describe(directory.raw, entry, withTimes: false)
    directoryTimes.append(path, entry.times)
  }

  /// Where a hard link's target is; looked up before anything of the entry's own name is removed.
  private mutating func linkSource(_ kind: ArchiveEntry.Kind) throws(UnpackFailure) -> LinkSource? {
    guard case .hardLink(let target) = kind else { return nil }
    let path = try EntryPath(target, limit: limits.pathBytes)
    guard let name = path.components.last else { throw UnpackFailure(.invalidLink, "a hard link to the root") }
    let directory = try resolver.directory(path.components.dropLast(), creating: false)
    return LinkSource(directory: SharedDirectory(directory), name: cString(name))
  }
}

/// A name in an open directory.
struct Place {
  let directory: Int32
  let name: [CChar]
}

/// What an entry found under its name after the way was cleared.
enum Existing { case nothing, directory, whiteout }

/// The target of a hard link.
struct LinkSource {
  let directory: SharedDirectory
  let name: [CChar]
}

/// A directory of the layer that several values refer to.
final class SharedDirectory {
  private let descriptor: OwnedFD
  let path: [[UInt8]]

  init(_ directory: consuming LayerDirectory) {
    path = directory.path
    descriptor = directory.descriptor
  }

  var raw: Int32 { descriptor.raw }
}

private struct RecentDirectory {
  let name: ArraySlice<[UInt8]>
  let directory: SharedDirectory
}

extension ArchiveEntry.Kind {
  var isDirectory: Bool {
    if case .directory = self { true } else { false }
  }
}
