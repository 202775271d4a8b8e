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
    var attributes: MountAttributes = []
    var isBind = mount.type == "bind"
    var recursive = false
    var data: [String] = []
    for option in mount.options {
      switch option {
      case "bind": isBind = true
      case "rbind":
        isBind = true
        recursive = true
      case "private", "rprivate": break
      case "rw", "suid", "dev", "exec", "relatime": break
      default:
        if let attribute = attributeWords[option] {
          attributes.insert(attribute)
        } else if refusedWords.contains(option) {
          throw .unsupported(path: "\(path).options (\(option))", runtime: "native")
        } else {
          data.append(option)
        }
      }
    }
    if isBind { return try bind(mount, recursive, attributes, data, path) }
    guard let type = filesystems[mount.type] else {
      throw .unsupported(path: "\(path).type (\(mount.type))", runtime: "native")
    }
    return MountStep(
      source: .filesystem(type: type, options: type == "cgroup2" ? [] : data),
      target: mount.destination,
      attributes: attributes.rawValue
    )
  }

  private static func bind(
    _ mount: RuntimeSpecification.Mount,
    _ recursive: Bool,
    _ attributes: MountAttributes,
    _ data: [String],
    _ path: String
  ) throws(RuntimeError) -> MountStep {
    if let unknown = data.first { throw .unsupported(path: "\(path).options (\(unknown))", runtime: "native") }
    guard mount.source.hasPrefix("/") else {
      throw .invalid(path: path + ".source", reason: "an absolute path was expected")
    }
    return MountStep(
      source: .bind(path: mount.source, recursive: recursive),
      target: mount.destination,
      attributes: attributes.rawValue
    )
  }

  private static let attributeWords: [String: MountAttributes] = [
    "ro": .readOnly, "nosuid": .noSetuid, "nodev": .noDevices, "noexec": .noExecute,
    "strictatime": .strictAccessTime,
  ]

  /// Words of mount(8) that mean something else than a filesystem's own option, and that nothing here honours.
  private static let refusedWords: Set<String> = [
    "shared", "rshared", "slave", "rslave", "unbindable", "runbindable", "remount", "async", "sync", "dirsync", "mand",
    "rro", "rrw", "rnosuid", "rnodev", "rnoexec", "idmap", "ridmap", "tmpcopyup",
  ]

  private static let filesystems = [
    "proc": "proc", "sysfs": "sysfs", "tmpfs": "tmpfs", "devpts": "devpts", "mqueue": "mqueue", "cgroup": "cgroup2",
    "cgroup2": "cgroup2",
  ]
}
