import CLinux
import Glibc
import LaunchPlan
import Linux

/// Places mounts inside a root directory, every target by descriptor (CVE-2021-30465).
struct ContainerMounts {
  private(set) var places: ContainerPlaces

  /// Makes one mount.
  mutating func make(_ mount: PreparedMount) throws(StepFailure) {
    let place = mount.target.full
    switch mount.source {
    case .made(let filesystem):
      let target = try directory(mount)
      try step("mount", place) { () throws(SyscallError) in try attachMount(filesystem, to: target.raw) }
      if let becomes = mount.becomes { places.keep(OwnedFD(filesystem), at: becomes) }
    case .filesystem(let type, let options):
      let target = try directory(mount)
      let made = try step("mount", place) { () throws(SyscallError) in
        let made = try makeDetachedFilesystem(type, options, mount.attributes)
        try attachMount(made.raw, to: target.raw)
        return made
      }
      if let becomes = mount.becomes { places.keep(made, at: becomes) }
    case .bind(let path, let recursive):
      let made = try bind(path, recursive, mount)
      if let becomes = mount.becomes { places.keep(made, at: becomes) }
    }
  }

  private func bind(_ path: String, _ recursive: Bool, _ mount: PreparedMount) throws(StepFailure) -> OwnedFD {
    let source = try step("clone", path) { () throws(SyscallError) in
      try cloneMount(AT_FDCWD, path, recursive: recursive)
    }
    var status = stat()
    try step("clone", path) { () throws(SyscallError) in try check("fstat") { fstat(source.raw, &status) } }
    let isDirectory = status.st_mode & S_IFMT == S_IFDIR
    let target = isDirectory ? try directory(mount) : try file(mount.target)
    try step("bind", mount.target.full) { () throws(SyscallError) in
      try setMountAttributes(source.raw, set: mount.attributes, recursive: recursive)
      try attachMount(source.raw, to: target.raw)
    }
    return source
  }

  private func directory(_ mount: PreparedMount) throws(StepFailure) -> OwnedFD {
    let (base, path, name) = (places[mount.target.place], mount.target.path, mount.target.name)
    return try step("make a mount's directory", mount.target.full) { () throws(SyscallError) in
      // Below /proc, /sys and /dev nothing of the image may decide where a mount lands: a /proc that is a symbolic link
      // would take the masks with it (CVE-2019-19921, CVE-2023-27561).
      if let place = mount.becomes { return try ordinaryDirectory(place) }
      // Straight below a place it is missing as a rule: `/dev` is new, and three mounts want a directory in it.
      if let name {
        try ensureDirectory(base, name, mode: 0o755)
        return try openInRoot(base, path, openPathOnly | O_DIRECTORY)
      }
      do throws(SyscallError) { return try openInRoot(base, path, openPathOnly | O_DIRECTORY) } catch {
        if error.errno != ENOENT { throw error }
      }
      return try makeDirectories(inRoot: base, path)
    }
  }

  private func ordinaryDirectory(_ place: Place) throws(SyscallError) -> OwnedFD {
    let name =
      switch place {
      case .root: "."
      case .proc: "proc"
      case .sys: "sys"
      case .dev: "dev"
      }
    do throws(SyscallError) {
      return try openBeneath(places.root, name, openPathOnly | O_DIRECTORY | O_NOFOLLOW)
    } catch {
      if error.errno != ENOENT { throw error }
    }
    try ensureDirectory(places.root, name, mode: 0o755)
    return try openBeneath(places.root, name, openPathOnly | O_DIRECTORY | O_NOFOLLOW)
  }

  /// A file to mount on, made where it is missing, also behind a dangling link of the image such as `/etc/resolv.conf`.
  private func file(_ target: PlacedPath) throws(StepFailure) -> OwnedFD {
    let root = places[target.place]
    return try step("make a mount's file", target.full) { () throws(SyscallError) in
      var path = target.path
      for _ in 0..<10 {
        do throws(SyscallError) { return try openInRoot(root, path, openPathOnly) } catch {
          if error.errno != ENOENT { throw error }
        }
        let parent = try makeDirectories(inRoot: root, FilePath.directory(of: path))
        let name = FilePath.name(of: path)
        if mknodat(parent.raw, name, S_IFREG | 0o644, 0) != 0 {
          if errno != EEXIST { throw SyscallError("mknodat", errno) }
          path = FilePath.resolve(try readLink(parent.raw, name), from: FilePath.directory(of: path))
        }
      }
      throw SyscallError("openat2", ELOOP)
    }
  }

  private func readLink(_ directory: Int32, _ name: String) throws(SyscallError) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = try checkCount("readlinkat") { readlinkat(directory, name, &buffer, buffer.count) }
    return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
