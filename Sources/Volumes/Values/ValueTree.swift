import Glibc
import Linux

/// The files of one volume in the form in which the kubelet leaves them (`volume/util/atomic_writer.go`): they lie in a
/// directory with a name of its own, `..data` leads there, and each entry of the volume leads through `..data`. Whoever
/// replaces `..data` replaces all of them at once.
public struct ValueTree: Sendable {
  private static let data = "..data"
  /// The bytes of all files of a volume together: values are at most 1 MiB an object, and a volume may name many objects.
  public static let greatestSize = 64 << 20

  private let files: [ValueFile]
  private let group: UInt32?

  /// Files of a volume, the later one of two at one path; `group` is the pod's `fsGroup`.
  ///
  /// - Throws: ``VolumeError`` for paths that leave the volume or that are in each other's way, and for too much.
  public init(_ files: [ValueFile], group: UInt32?) throws(VolumeError) {
    var byPath: [String: ValueFile] = [:]
    for file in files {
      let components = file.path.split(separator: "/", omittingEmptySubsequences: false)
      let isUsable = components.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 }
      if !isUsable || file.path.hasPrefix("..") || file.path.utf8.contains(0) {
        throw VolumeError("\(file.path) is no path for a file of a volume")
      }
      byPath[file.path] = file
    }
    for path in byPath.keys {
      if byPath.keys.contains(where: { $0.hasPrefix(path + "/") }) {
        throw VolumeError("\(path) would be a file and a directory")
      }
    }
    if byPath.values.reduce(0, { $0 + $1.content.count }) > Self.greatestSize {
      throw VolumeError("its files have more than \(Self.greatestSize) bytes together")
    }
    self.files = byPath.values.sorted { $0.path < $1.path }
    self.group = group
  }

  /// Writes them into an empty directory.
  ///
  /// - Parameter version: Names the directory of the files; no other version of this volume has it.
  public func write(to directory: Int32, version: String) throws(VolumeError) {
    try about("the volume's files") { () throws(SyscallError) in
      let name = "..\(version)"
      try makeDirectory(directory, name)
      let target = try openDirectory(directory, name)
      try finish(target.raw, directoryMode)
      for file in files { try write(file, in: target.raw) }
      try check("symlinkat") { symlinkat(name, directory, Self.data) }
      for entry in Set(files.map { String($0.path.prefix { $0 != "/" }) }).sorted() {
        try check("symlinkat") { symlinkat("\(Self.data)/\(entry)", directory, entry) }
      }
      try finish(directory, 0o777 | (group == nil ? 0 : S_ISGID))
    }
  }

  /// With a group, everybody in it may read (kubelet `SetVolumeOwnership`, read-only volumes).
  private var directoryMode: mode_t { 0o755 | (group == nil ? 0 : S_ISGID) }

  private func write(_ file: ValueFile, in root: Int32) throws(SyscallError) {
    var components = file.path.split(separator: "/").map(String.init)
    guard let name = components.popLast() else { return }
    var directory = try openDirectory(root, ".")
    for component in components {
      do throws(SyscallError) {
        try makeDirectory(directory.raw, component)
        let made = try openDirectory(directory.raw, component)
        try finish(made.raw, directoryMode)
      } catch {
        if error.errno != EEXIST { throw error }
      }
      directory = try openDirectory(directory.raw, component)
    }
    let opened = try openAt(directory.raw, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
    try writeAll(opened.raw, file.content)
    try finish(opened.raw, mode_t(file.mode) | (group == nil ? 0 : 0o440))
  }

  private func finish(_ descriptor: Int32, _ mode: mode_t) throws(SyscallError) {
    if let group { try check("fchown") { fchown(descriptor, 0, group) } }
    try check("fchmod") { fchmod(descriptor, mode) }
  }
}
