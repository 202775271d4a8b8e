import CLinux
import Glibc
import Linux
import UnpackPlan

/// A directory of the layer: open, with its path of real directories from the root.
struct LayerDirectory: ~Copyable {
  /// Open with O_PATH.
  let descriptor: OwnedFD
  /// Its path's parts, without symbolic links.
  let path: [[UInt8]]
}

/// A directory that was made because something lies in it.
struct MadeDirectory {
  /// Its path's parts, without symbolic links.
  let path: [[UInt8]]
  /// Whether it took the place of a whiteout of this very layer: it then hides what lies below.
  let replacedWhiteout: Bool
}

/// Finds and makes the directories that names pass through.
///
/// One part at a time, each opened without following anything; symbolic links are read and their parts put in front of
/// what remains, with the layer's root as their root. So a link leads where it would lead in a container, also one whose
/// target does not exist yet: that is made, as containerd does. This process has no other file system to escape to; the
/// resolution is right all the same.
struct DirectoryResolver: ~Copyable {
  private let root: OwnedFD
  private let limits: UnpackLimits
  /// Directories that were made because something lies in them.
  private var made: [MadeDirectory] = []

  /// As many as the kernel follows in one path (path_resolution(7)).
  private static let mostLinks = 40

  init(root: consuming OwnedFD, limits: UnpackLimits) {
    self.root = root
    self.limits = limits
  }

  /// The root itself.
  var rootDescriptor: Int32 { root.raw }

  /// The directory under a cleaned name; missing parts are made with mode 0755 if `creating`.
  mutating func directory(_ components: ArraySlice<[UInt8]>, creating: Bool) throws(UnpackFailure) -> LayerDirectory {
    var remaining = Array(components.reversed())
    var path: [[UInt8]] = []
    var current = try open([])
    var links = 0
    // Parts below which there is nothing: whoever resolves names before they look, as containerd does, leaves them with `..`.
    var missing = 0
    while let part = remaining.popLast() {
      if part.isEmpty || part.elementsEqual(".".utf8) { continue }
      if missing > 0 {
        missing += part.elementsEqual("..".utf8) ? -1 : 1
        continue
      }
      if part.elementsEqual("..".utf8) {
        _ = path.popLast()
        current = try open(path)
        continue
      }
      guard let found = try existingOrMade(current.raw, part, path, creating) else {
        missing = 1
        continue
      }
      switch try kind(found.raw) {
      case S_IFDIR:
        path.append(part)
        guard path.count <= limits.depth else {
          throw UnpackFailure(.tooDeep, "deeper than \(limits.depth) directories")
        }
        current = found
      case S_IFLNK:
        links += 1
        guard links <= Self.mostLinks else {
          throw UnpackFailure(.symlinkLoop, "more than \(Self.mostLinks) symbolic links in one path")
        }
        let target = try FileSystem.readLink(found.raw)
        if target.first == UInt8(ascii: "/") {
          path = []
          current = try open([])
        }
        remaining.append(contentsOf: target.split(separator: UInt8(ascii: "/")).reversed().map(Array.init))
      default:
        throw UnpackFailure(.fileSystem, "\"\(display(path + [part]))\" is no directory")
      }
    }
    guard missing == 0 else {
      throw UnpackFailure(.invalidLink, "there is no such directory below \"\(display(path))\"")
    }
    return LayerDirectory(descriptor: current, path: path)
  }

  /// Opens a path of real directories again.
  func open(_ path: [[UInt8]], flags: Int32 = openPathOnly) throws(UnpackFailure) -> OwnedFD {
    let text = path.isEmpty ? cString(".".utf8) : cString(path.joined(separator: [UInt8(ascii: "/")]))
    let raw = root.raw
    return try FileSystem.attempt { () throws(SyscallError) in
      try FileSystem.open(raw, text, flags | O_DIRECTORY | O_NOFOLLOW)
    }
  }

  private mutating func existingOrMade(
    _ directory: Int32,
    _ part: [UInt8],
    _ path: [[UInt8]],
    _ creating: Bool
  ) throws(UnpackFailure) -> OwnedFD? {
    let name = cString(part)
    var replacedWhiteout = false
    if let status = try FileSystem.status(directory, name) {
      guard creating, FileSystem.isWhiteout(status) else { return try FileSystem.openPath(directory, name) }
      try FileSystem.attempt { () throws(SyscallError) in try check("unlinkat") { unlinkat(directory, name, 0) } }
      replacedWhiteout = true
    } else if !creating {
      return nil
    }
    try FileSystem.attempt { () throws(SyscallError) in try check("mkdirat") { mkdirat(directory, name, 0o755) } }
    made.append(MadeDirectory(path: path + [part], replacedWhiteout: replacedWhiteout))
    return try FileSystem.openPath(directory, name)
  }

  /// Hands over, and forgets, the directories that were made.
  mutating func takeMade() -> [MadeDirectory] {
    defer { made = [] }
    return made
  }

  private func kind(_ descriptor: Int32) throws(UnpackFailure) -> mode_t {
    var status = stat()
    try FileSystem.attempt { () throws(SyscallError) in try check("fstat") { fstat(descriptor, &status) } }
    return status.st_mode & S_IFMT
  }

  private func display(_ path: [[UInt8]]) -> String {
    String(decoding: Array(path.joined(separator: [UInt8(ascii: "/")])).prefix(200), as: UTF8.self)
  }
}
