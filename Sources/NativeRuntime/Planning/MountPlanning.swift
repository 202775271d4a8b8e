import LaunchPlan
import Linux
import RuntimeAPI

/// Turns mounts of a specification into steps.
enum MountPlanning {
  /// Reads one mount. Throws for an option that nothing here honours: it would otherwise be lost.
  static func step(_ mount: RuntimeSpecification.Mount, at path: String) throws(RuntimeError) -> MountStep {
    guard mount.destination.hasPrefix("/"), mount.destination != "/" else {
      throw .invalid(path: path + ".destination", reason: "an absolute path other than / was expected")
    }
    let options = try Options(mount.options, isBind: mount.type == "bind", path)
    if options.isBind { return try bind(mount, options, path) }
    guard let type = filesystems[mount.type] else {
      throw .unsupported(path: "\(path).type (\(mount.type))", runtime: "native")
    }
    if options.followsHost { throw .unsupported(path: "\(path).options (rslave)", runtime: "native") }
    return MountStep(
      source: .filesystem(type: type, options: type == "cgroup2" ? [] : options.data),
      target: mount.destination,
      // Below a new filesystem there is nothing.
      attributes: options.attributes.union(options.recursive).rawValue
    )
  }

  private static func bind(
    _ mount: RuntimeSpecification.Mount,
    _ options: Options,
    _ path: String
  ) throws(RuntimeError) -> MountStep {
    if let unknown = options.data.first {
      throw .unsupported(path: "\(path).options (\(unknown))", runtime: "native")
    }
    guard mount.source.hasPrefix("/") else {
      throw .invalid(path: path + ".source", reason: "an absolute path was expected")
    }
    return MountStep(
      source: .bind(path: mount.source, recursive: options.bindsBelow),
      target: mount.destination,
      attributes: options.attributes.rawValue,
      recursiveAttributes: options.recursive.rawValue,
      followsHost: options.followsHost
    )
  }

  /// Words of mount(8), sorted by what they are about.
  private struct Options {
    var isBind: Bool
    var bindsBelow = false
    var followsHost = false
    var attributes: MountAttributes = []
    var recursive: MountAttributes = []
    /// The filesystem's own.
    var data: [String] = []

    init(_ words: [String], isBind: Bool, _ path: String) throws(RuntimeError) {
      self.isBind = isBind
      for word in words {
        switch word {
        case "bind": self.isBind = true
        case "rbind":
          self.isBind = true
          bindsBelow = true
        case "rslave": followsHost = true
        case "private", "rprivate", "rw", "suid", "dev", "exec", "relatime": break
        default:
          if let attribute = attributeWords[word] {
            attributes.insert(attribute)
          } else if let attribute = recursiveWords[word] {
            recursive.insert(attribute)
          } else if refusedWords.contains(word) {
            throw .unsupported(path: "\(path).options (\(word))", runtime: "native")
          } else {
            data.append(word)
          }
        }
      }
    }
  }

  private static let attributeWords: [String: MountAttributes] = [
    "ro": .readOnly, "nosuid": .noSetuid, "nodev": .noDevices, "noexec": .noExecute,
    "strictatime": .strictAccessTime,
  ]

  /// The same for everything that is mounted below, too (`config.md`, mount options).
  private static let recursiveWords: [String: MountAttributes] = [
    "rro": .readOnly, "rnosuid": .noSetuid, "rnodev": .noDevices, "rnoexec": .noExecute,
  ]

  /// Words of mount(8) that mean something else than a filesystem's own option, and that nothing here honours.
  private static let refusedWords: Set<String> = [
    "shared", "rshared", "slave", "unbindable", "runbindable", "remount", "async", "sync", "dirsync", "mand", "rrw",
    "idmap", "ridmap", "tmpcopyup",
  ]

  private static let filesystems = [
    "proc": "proc", "sysfs": "sysfs", "tmpfs": "tmpfs", "devpts": "devpts", "mqueue": "mqueue", "cgroup": "cgroup2",
    "cgroup2": "cgroup2",
  ]
}
