import UnpackPlan

/// An entry's name, cleaned as containerd does it: leading slashes and `.` drop out, `..` takes the part before it away and
/// ends at the root. Symbolic links play no role yet.
struct EntryPath: Equatable {
  /// The parts, none of them empty, `.` or `..`; no parts at all mean the root itself.
  let components: [[UInt8]]

  /// - Throws: `pathTooLong`.
  init(_ name: [UInt8], limit: Int64) throws(UnpackFailure) {
    guard name.count <= limit else {
      throw UnpackFailure(.pathTooLong, "the name has \(name.count) bytes, at most \(limit) are allowed")
    }
    var components: [[UInt8]] = []
    for part in name.split(separator: UInt8(ascii: "/")) {
      if part.elementsEqual(".".utf8) { continue }
      if part.elementsEqual("..".utf8) {
        _ = components.popLast()
        continue
      }
      guard part.count <= 255 else {
        throw UnpackFailure(.pathTooLong, "a part of the name has \(part.count) bytes, at most 255 are possible")
      }
      components.append(Array(part))
    }
    self.components = components
  }
}

/// A file name as system calls take it: with a NUL at its end.
func cString(_ name: some Sequence<UInt8>) -> [CChar] {
  var text = name.map { CChar(truncatingIfNeeded: $0) }
  text.append(0)
  return text
}

/// What the last part of a name asks of a layer (OCI image specification, layer.md, "Whiteouts").
enum EntryRole: Equatable {
  /// The name is an ordinary one.
  case ordinary
  /// What lower layers have under this name is gone.
  case whiteout([UInt8])
  /// What lower layers have in this directory is gone.
  case opaque
  /// Left by AUFS, of no meaning elsewhere.
  case metadata

  private static let prefix = Array(".wh.".utf8)
  private static let metadataPrefix = Array(".wh..wh.".utf8)
  private static let opaqueName = Array(".wh..wh..opq".utf8)

  /// - Throws: `invalidWhiteout` for one of `.`, `..` or nothing: they would be the directory itself, or its parent.
  init(_ path: EntryPath) throws(UnpackFailure) {
    guard let last = path.components.last else {
      self = .ordinary
      return
    }
    if path.components.dropLast().contains(where: { $0.starts(with: Self.metadataPrefix) }) {
      self = .metadata
    } else if last == Self.opaqueName {
      self = .opaque
    } else if last.starts(with: Self.metadataPrefix) {
      self = .metadata
    } else if last.starts(with: Self.prefix) {
      let name = Array(last.dropFirst(Self.prefix.count))
      guard !name.isEmpty, !name.elementsEqual(".".utf8), !name.elementsEqual("..".utf8) else {
        throw UnpackFailure(.invalidWhiteout, "a whiteout must name an entry of its directory")
      }
      self = .whiteout(name)
    } else {
      self = .ordinary
    }
  }
}
