import Linux

/// Where paths of a container begin while it is being made.
///
/// What lies below `/proc`, `/sys` and `/dev` is looked up from the mounts themselves. Were it looked up from the root
/// each time, whoever can rename in the root could put something else there between two looks: a mask would then cover
/// the wrong place, or find nothing to cover and leave the real one open (the pattern of CVE-2025-31133 and
/// CVE-2025-52881).
struct ContainerPlaces {
  /// The container's root directory.
  let root: Int32
  private var kept: [String: Int32] = [:]

  init(root: Int32) { self.root = root }

  /// Below these nothing of the image may decide where a mount lands: a `/proc` that is a symbolic link would take the
  /// masks with it (CVE-2019-19921, CVE-2023-27561).
  static let ordinary: Set<String> = ["/proc", "/sys", "/dev"]

  /// Remembers a mount that was attached at `path`, where paths below it are to begin there.
  mutating func keep(_ mount: consuming OwnedFD, at path: String) {
    // Open until execve: the process closes everything then.
    if Self.ordinary.contains(path) { kept[path] = mount.release() }
  }

  /// The directory from which a path is looked up, and the path as seen from there.
  func base(of path: String) -> (directory: Int32, path: String) {
    for (place, mount) in kept where path == place || path.hasPrefix(place + "/") {
      let rest = path.dropFirst(place.utf8.count)
      return (mount, rest.isEmpty ? "/" : String(rest))
    }
    return (root, path)
  }
}
