import CLinux
import Glibc
import LaunchPlan
import Linux

/// Places mounts inside a root directory, every target by descriptor (CVE-2021-30465).
struct ContainerMounts {
  private(set) var places: ContainerPlaces

  /// Makes one mount. `terminalFilesystem` is used for devpts where the supervisor has made it already.
  mutating func make(_ plan: MountStep, terminalFilesystem: Int32) throws(StepFailure) {
    switch plan.source {
    case .filesystem("devpts", _) where terminalFilesystem >= 0:
      let target = try directory(plan.target)
      try step("mount", plan.target) { () throws(SyscallError) in try attachMount(terminalFilesystem, to: target.raw) }
    case .filesystem(let type, let options):
      try filesystem(type, options, plan)
    case .bind(let path, let recursive):
      try bind(path, recursive, plan)
    }
  }

  private mutating func filesystem(_ type: String, _ options: [String], _ plan: MountStep) throws(StepFailure) {
    let target = try directory(plan.target)
    let parsed = options.map { option in
      let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
      return FilesystemOption(parts[0], parts.count > 1 ? parts[1] : nil)
    }
    let mount = try step("mount", plan.target) { () throws(SyscallError) in
      let mount = try makeDetachedFilesystem(type, parsed, MountAttributes(rawValue: plan.attributes))
      try attachMount(mount.raw, to: target.raw)
      // What lies there now is what was mounted, not something that was moved over it.
      if let kind = Self.kinds[type] { try kind.require(mount.raw) }
      return mount
    }
    places.keep(mount, at: plan.target)
  }

  private static let kinds: [String: FilesystemKind] = [
    "proc": .proc, "sysfs": .sysfs, "cgroup2": .cgroup2, "tmpfs": .tmpfs, "devpts": .devpts,
  ]

  private mutating func bind(_ path: String, _ recursive: Bool, _ plan: MountStep) throws(StepFailure) {
    let source = try step("clone", path) { () throws(SyscallError) in
      try cloneMount(AT_FDCWD, path, recursive: recursive)
    }
    var status = stat()
    try step("clone", path) { () throws(SyscallError) in try check("fstat") { fstat(source.raw, &status) } }
    let isDirectory = status.st_mode & S_IFMT == S_IFDIR
    let target = isDirectory ? try directory(plan.target) : try file(plan.target)
    try step("bind", plan.target) { () throws(SyscallError) in
      try setMountAttributes(source.raw, set: MountAttributes(rawValue: plan.attributes), recursive: recursive)
      try attachMount(source.raw, to: target.raw)
    }
    places.keep(source, at: plan.target)
  }

  private func directory(_ full: String) throws(StepFailure) -> OwnedFD {
    if ContainerPlaces.ordinary.contains(full) { return try ordinaryDirectory(full) }
    let (root, path) = places.base(of: full)
    return try step("make a mount's directory", full) { () throws(SyscallError) in
      do throws(SyscallError) { return try openInRoot(root, path, openPathOnly | O_DIRECTORY) } catch {
        if error.errno != ENOENT { throw error }
      }
      return try makeDirectories(inRoot: root, path)
    }
  }

  private func ordinaryDirectory(_ path: String) throws(StepFailure) -> OwnedFD {
    try step("make a mount's directory", path) { () throws(SyscallError) in
      let name = String(path.dropFirst())
      try ensureDirectory(places.root, name, mode: 0o755)
      return try openBeneath(places.root, name, openPathOnly | O_DIRECTORY | O_NOFOLLOW)
    }
  }

  /// A file to mount on, made where it is missing, also behind a dangling link of the image such as `/etc/resolv.conf`.
  private func file(_ full: String) throws(StepFailure) -> OwnedFD {
    let (root, below) = places.base(of: full)
    return try step("make a mount's file", full) { () throws(SyscallError) in
      var path = below
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

/// Absolute paths as text, before the kernel confines them.
enum FilePath {
  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "/" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  static func name(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  static func resolve(_ target: String, from directory: String) -> String {
    var components: [Substring] = target.hasPrefix("/") ? [] : directory.split(separator: "/")
    for component in target.split(separator: "/") where component != "." {
      if component == ".." { components = components.dropLast() } else { components.append(component) }
    }
    return "/" + components.joined(separator: "/")
  }
}
