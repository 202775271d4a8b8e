import Glibc
import Linux
import UnpackPlan

/// Directories that the parent is told of, by their paths of real directories.
struct DirectorySet {
  private var known: Set<[UInt8]> = []
  private var bytes: Int64 = 0
  private let limit: Int64
  private let kind: UnpackFailure.Kind
  private let words: String
  /// The report travels through a pipe and is held in memory at both ends.
  static let mostBytes: Int64 = 4 << 20

  private init(_ limit: Int64, _ kind: UnpackFailure.Kind, _ words: String) {
    self.limit = limit
    self.kind = kind
    self.words = words
  }

  /// Those that hide what lower layers have. Only CAP_SYS_ADMIN may set `trusted.overlay.opaque`, so the parent does.
  static func opaque(_ limits: UnpackLimits) -> DirectorySet {
    DirectorySet(limits.opaqueDirectories, .tooManyOpaqueDirectories, "opaque directories")
  }

  /// Those without an entry of their own, which take owner, mode and times from the layers below.
  static func implied(_ limits: UnpackLimits) -> DirectorySet {
    DirectorySet(limits.impliedDirectories, .tooManyImpliedDirectories, "directories without an entry of their own")
  }

  var paths: [[UInt8]] { known.sorted { $0.lexicographicallyPrecedes($1) } }

  mutating func insert(_ path: [[UInt8]]) throws(UnpackFailure) {
    let joined = Array(path.joined(separator: [UInt8(ascii: "/")]))
    guard known.insert(joined).inserted else { return }
    bytes &+= Int64(joined.count)
    guard known.count <= limit, bytes <= Self.mostBytes else {
      throw UnpackFailure(kind, "more than \(limit) \(words), or names of them beyond \(Self.mostBytes) bytes")
    }
  }

  mutating func remove(_ path: [[UInt8]]) {
    guard !known.isEmpty else { return }
    known.remove(Array(path.joined(separator: [UInt8(ascii: "/")])))
  }

  /// Forgets a directory that is being removed, and all below it.
  mutating func removeAll(below path: [[UInt8]]) {
    guard !known.isEmpty else { return }
    let joined = Array(path.joined(separator: [UInt8(ascii: "/")]))
    let prefix = joined + [UInt8(ascii: "/")]
    known = known.filter { $0 != joined && !$0.starts(with: prefix) }
  }
}

/// The times of directories, set when nothing more is made in them. Kept in flat arrays: there may be many.
struct DirectoryTimes {
  private var names: [UInt8] = []
  private var ends: [Int] = []
  private var times: [timespec] = []

  mutating func append(_ path: [[UInt8]], _ time: [timespec]) {
    names.append(contentsOf: path.joined(separator: [UInt8(ascii: "/")]))
    ends.append(names.count)
    times.append(contentsOf: time)
  }

  /// A directory that an entry after it removed or replaced is not there any more: that is as it should be.
  func apply(_ resolver: borrowing DirectoryResolver) throws(UnpackFailure) {
    var start = 0
    for (index, end) in ends.enumerated() {
      let path = names[start..<end]
      start = end
      let pair = Array(times[(2 * index)..<(2 * index + 2)])
      let text = path.isEmpty ? cString(".".utf8) : cString(path)
      let root = resolver.rootDescriptor
      do throws(SyscallError) {
        let directory = try FileSystem.open(root, text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        let raw = directory.raw
        try check("futimens") { futimens(raw, pair) }
      } catch {
        guard error.errno == ENOENT || error.errno == ENOTDIR || error.errno == ELOOP else {
          throw UnpackFailure(error, about: "times of \"\(String(decoding: path.prefix(200), as: UTF8.self))\"")
        }
      }
    }
  }
}
