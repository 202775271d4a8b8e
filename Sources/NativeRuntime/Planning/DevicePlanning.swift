import Glibc
import LaunchPlan
import RuntimeAPI

/// Device nodes, links and device control.
enum DevicePlanning {
  /// What every container has (`config-linux.md`, "Default Devices").
  static let defaultNodes = [
    (name: "null", major: UInt32(1), minor: UInt32(3)), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8),
    ("urandom", 1, 9), ("tty", 5, 0),
  ].map { DeviceStep(path: "/dev/" + $0.name, mode: S_IFCHR | 0o666, major: $0.major, minor: $0.minor) }

  /// Links of `/dev` (`runtime-linux.md`, "Dev symbolic links").
  static let links = [
    LinkStep(path: "/dev/fd", target: "/proc/self/fd"), LinkStep(path: "/dev/stdin", target: "/proc/self/fd/0"),
    LinkStep(path: "/dev/stdout", target: "/proc/self/fd/1"), LinkStep(path: "/dev/stderr", target: "/proc/self/fd/2"),
    LinkStep(path: "/dev/core", target: "/proc/kcore"), LinkStep(path: "/dev/ptmx", target: "pts/ptmx"),
  ]

  /// Nodes of the specification beside the default ones.
  static func steps(_ devices: [RuntimeSpecification.Device]) throws(RuntimeError) -> [DeviceStep] {
    var steps = defaultNodes
    for (index, device) in devices.enumerated() {
      let path = "linux.devices[\(index)]"
      guard device.path.hasPrefix("/dev/"), !device.path.split(separator: "/").contains("..") else {
        throw .unsupported(path: path + ".path (outside /dev)", runtime: "native")
      }
      guard let major = UInt32(exactly: device.major), let minor = UInt32(exactly: device.minor) else {
        throw .invalid(path: path, reason: "device numbers have 32 bits")
      }
      let types = ["c": S_IFCHR, "u": S_IFCHR, "b": S_IFBLK, "p": S_IFIFO]
      guard let type = types[device.type] else {
        throw .invalid(path: path + ".type", reason: "c, b or p was expected")
      }
      // A node that every container has is not made twice.
      if steps.contains(where: { $0.path == device.path }) { continue }
      steps.append(
        DeviceStep(
          path: device.path,
          mode: type | (device.fileMode ?? 0o666) & 0o7777,
          major: major,
          minor: minor,
          uid: device.uid ?? 0,
          gid: device.gid ?? 0
        )
      )
    }
    return steps
  }
}
