import CExtendedAttributes
import CLinux
import Glibc
import Linux

/// Owner, mode, times and attributes that directories inherit from lower layers.
///
/// A layer's archive may have `tmp/file` and no entry for `tmp`. Unpacked by itself the layer then has a directory with mode
/// 0755, and in a stack that would hide what a lower layer says of `tmp`. containerd copies it from there while it unpacks;
/// here a layer is unpacked once for all images. So each image whose layers need it gets one more directory on top of the
/// stack, with nothing in it but such directories.
struct InheritedDirectories {
  private let layers: [OwnedLayer]
  /// Looking up more than this many parts of paths in layers is refused: some ten seconds, and no real image comes near.
  private static let mostLookups = 2_000_000

  /// The digest that the directory is kept under: it follows from the layers, the lowest first.
  static func digest(of layers: [ContentDigest]) -> ContentDigest {
    .sha256(of: Array(("inherited directories\n" + layers.map(\.description).joined(separator: "\n")).utf8))
  }

  /// - Parameter layers: The directories of the layers, open, and their implied directories; the lowest first.
  init(layers: [(directory: SharedFD, implied: [[UInt8]])]) {
    self.layers = layers.map { OwnedLayer(directory: $0.directory, implied: Set($0.implied)) }
  }

  /// Makes what is needed below `target`, which is empty.
  ///
  /// - Returns: How many directories inherit something; with 0 the target is of no use.
  func make(in target: Int32) throws(ImageStoreError) -> Int {
    let found = try inheritances()
    guard !found.isEmpty else { return 0 }
    var made = Set<[UInt8]>()
    var described: [(path: [UInt8], origin: Int)] = []
    for path in found.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      for prefix in Self.prefixes(of: path) where made.insert(prefix).inserted {
        let origin: Int
        if let inherited = found[prefix] { origin = inherited } else { origin = try top(of: prefix) }
        if !prefix.isEmpty {
          try step("inherited directory") { () throws(SyscallError) in
            try check("mkdirat") { mkdirat(target, Self.text(prefix), 0o700) }
          }
        }
        described.append((prefix, origin))
      }
    }
    // The deepest first: what is made or described inside changes a directory's times.
    for (path, origin) in described.reversed() { try copy(path, from: layers[origin].directory.raw, to: target) }
    return found.count
  }

  /// For each path whose top-most directory is implied: the layer below that says what it is like.
  private func inheritances() throws(ImageStoreError) -> [[UInt8]: Int] {
    var found: [[UInt8]: Int] = [:]
    var lookups = 0
    for index in layers.indices.dropFirst().reversed() {
      // Below a directory that no lower layer has, no lower layer has anything.
      var barren: [UInt8]?
      for path in layers[index].implied.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
        if let barren, path.starts(with: barren + [UInt8(ascii: "/")]) { continue }
        guard found[path] == nil else { continue }
        var mayHaveMore = false
        var origin: Int?
        search: for below in layers.indices.reversed() {
          lookups += 1 + path.count { $0 == UInt8(ascii: "/") }
          let sight = try layers[below].sight(of: path)
          if below > index {
            // Something above already decides: a directory of its own or of an upper implied set, a file, a whiteout.
            mayHaveMore = sight.isDirectory
            if sight.isDirectory || sight.endsSearch { break search }
            continue
          }
          if below == index {
            guard sight.isDirectory, !sight.endsSearch else { break search }
            continue
          }
          if sight.isDirectory {
            mayHaveMore = true
            if !layers[below].implied.contains(path) { origin = below }
          }
          if origin != nil || sight.endsSearch { break search }
        }
        guard lookups <= Self.mostLookups else {
          throw .unsupported("the image has too many directories without an entry of their own in its layers")
        }
        if let origin, try differs(path, index, origin) { found[path] = origin }
        if !mayHaveMore, !path.isEmpty { barren = path }
      }
    }
    return found
  }

  /// The layer whose directory is seen under a path.
  private func top(of path: [UInt8]) throws(ImageStoreError) -> Int {
    for index in layers.indices.reversed() {
      if try layers[index].sight(of: path).isDirectory { return index }
    }
    throw .system("inherited directory", SyscallError("openat2", ENOENT))
  }

  /// `a/b` has the prefixes ``, `a` and `a/b`.
  private static func prefixes(of path: [UInt8]) -> [[UInt8]] {
    guard !path.isEmpty else { return [[]] }
    let ends = path.indices.filter { path[$0] == UInt8(ascii: "/") } + [path.endIndex]
    return [[]] + ends.map { Array(path[..<$0]) }
  }

  static func text(_ path: [UInt8]) -> [CChar] {
    (path.isEmpty ? Array(".".utf8) : path).map { CChar(truncatingIfNeeded: $0) } + [0]
  }

  private func differs(_ path: [UInt8], _ one: Int, _ other: Int) throws(ImageStoreError) -> Bool {
    try DirectoryLook(path, in: layers[one].directory.raw) != DirectoryLook(path, in: layers[other].directory.raw)
  }

  private func copy(_ path: [UInt8], from layer: Int32, to target: Int32) throws(ImageStoreError) {
    try DirectoryLook(path, in: layer).apply(to: path, in: target)
  }
}

/// A layer of the stack.
struct OwnedLayer {
  let directory: SharedFD
  let implied: Set<[UInt8]>

  /// What a path is in one layer.
  struct Sight {
    /// Whether it is a directory.
    var isDirectory = false
    /// Whether what lower layers have under this path cannot be seen.
    var endsSearch = false
  }

  func sight(of path: [UInt8]) throws(ImageStoreError) -> Sight {
    var sight = Sight()
    var name: [UInt8] = []
    if isOpaque([]) { sight.endsSearch = true }
    if path.isEmpty {
      sight.isDirectory = true
      return sight
    }
    for component in path.split(separator: UInt8(ascii: "/")) {
      name += name.isEmpty ? Array(component) : [UInt8(ascii: "/")] + component
      var status = stat()
      let text = InheritedDirectories.text(name)
      if fstatat(directory.raw, text, &status, AT_SYMLINK_NOFOLLOW) != 0 {
        let code = errno
        guard code == ENOENT else { throw .system("layer", SyscallError("fstatat", code)) }
        return sight
      }
      guard status.st_mode & S_IFMT == S_IFDIR else { return Sight(isDirectory: false, endsSearch: true) }
      if isOpaque(name) { sight.endsSearch = true }
    }
    sight.isDirectory = true
    return sight
  }

  private func isOpaque(_ path: [UInt8]) -> Bool {
    var value = [UInt8](repeating: 0, count: 4)
    let name = "/proc/self/fd/\(directory.raw)/".utf8CString.dropLast() + InheritedDirectories.text(path)
    return xa_lget(Array(name), "trusted.overlay.opaque", &value, value.count) == 1 && value[0] == UInt8(ascii: "y")
  }
}
