import Glibc
import Linux
import UnpackPlan

/// Takes the files out of an archive whose owners, modes and nodes mean nothing: regular files, directories and links.
struct FileWriter: ~Copyable {
  private var resolver: DirectoryResolver
  private let limits: UnpackLimits
  private(set) var report = UnpackReport()

  init(root: consuming OwnedFD, limits: UnpackLimits) {
    resolver = DirectoryResolver(root: root, limits: limits)
    self.limits = limits
  }

  /// Makes what one entry says; what is neither file, directory nor link is left out and counted.
  mutating func apply(_ entry: ArchiveEntry) throws(UnpackFailure) {
    guard let name = entry.name else { throw UnpackFailure(.invalidName, "the name cannot be read") }
    let path = try EntryPath(name, limit: limits.pathBytes)
    guard let last = path.components.last else { return }
    let parent = try resolver.directory(path.components.dropLast(), creating: true)
    let place = Place(directory: parent.descriptor.raw, name: cString(last))
    switch entry.kind {
    case .directory: _ = try resolver.directory(path.components[...], creating: true)
    case .file:
      try clear(place)
      let file = try FileSystem.attempt { () throws(SyscallError) in
        try FileSystem.open(place.directory, place.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
      }
      try writeData(of: entry, to: file.raw)
    case .symbolicLink(let target):
      guard target.count <= limits.pathBytes else {
        throw UnpackFailure(.pathTooLong, "the link's target is longer than \(limits.pathBytes) bytes")
      }
      try clear(place)
      try FileSystem.attempt { () throws(SyscallError) in
        try check("symlinkat") { symlinkat(cString(target), place.directory, place.name) }
      }
    case .hardLink(let target):
      let source = try EntryPath(target, limit: limits.pathBytes)
      guard let name = source.components.last else { throw UnpackFailure(.invalidLink, "a hard link to the root") }
      let directory = try resolver.directory(source.components.dropLast(), creating: false)
      let from = directory.descriptor.raw
      try clear(place)
      do throws(SyscallError) {
        try check("linkat") { linkat(from, cString(name), place.directory, place.name, 0) }
      } catch {
        throw UnpackFailure(.invalidLink, "the hard link's target cannot be linked: \(error)")
      }
    case .node, .unknown: report.skipped[.unknownType, default: 0] &+= 1
    }
  }

  private func clear(_ place: Place) throws(UnpackFailure) {
    guard try FileSystem.status(place.directory, place.name) != nil else { return }
    try FileSystem.attempt { () throws(SyscallError) in try removeTree(place.directory, place.name) }
  }
}
