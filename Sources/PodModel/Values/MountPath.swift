/// Where in a container something of its pod's is mounted.
public enum MountPath {
  /// A path without `.`, without slashes that mean nothing, and without `..`, which never leads out of the root.
  public static func normalised(_ path: String) -> String {
    var components: [Substring] = []
    for component in path.split(separator: "/") where component != "." {
      if component == ".." { components = components.dropLast() } else { components.append(component) }
    }
    return "/" + components.joined(separator: "/")
  }

  /// Why nothing can be mounted at a normalised path, and what to do; nil where something can.
  public static func obstacle(at path: String) -> (problem: String, advice: String)? {
    switch path {
    case "/": ("must not be the root", "choose a path below it")
    case "/dev": ("must not be /dev, where the container's devices are", "choose a path below it")
    case "/proc": ("must not be /proc, which is the kernel's", "mount it elsewhere")
    default:
      if path.hasPrefix("/proc/") && !figures.contains(path) {
        (
          "must not be below /proc, which is the kernel's",
          "mount it elsewhere; only figures such as /proc/meminfo can be covered"
        )
      } else {
        nil
      }
    }
  }

  /// Figures of the kernel that every container runtime lets be replaced: lxcfs provides them.
  private static let figures = Set(
    ["cpuinfo", "diskstats", "meminfo", "stat", "swaps", "uptime", "loadavg", "slabinfo"].map { "/proc/" + $0 }
  )
}
