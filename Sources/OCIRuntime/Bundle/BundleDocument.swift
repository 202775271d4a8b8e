import Foundation
import RuntimeAPI

/// A container's `config.json`.
enum BundleDocument {
  /// The specification as the runtime gets it: with its root and its cgroup, without what is ours to do.
  static func bytes(
    _ specification: RuntimeSpecification,
    root: String,
    cgroup: String
  ) throws(RuntimeError) -> [UInt8] {
    var specification = specification
    specification.root.path = root
    specification.linux.cgroupsPath = cgroup
    // Runtimes take orders from annotations (CVE-2024-3154); a pod's must not reach them.
    specification.annotations = [:]
    // Below private mounts nothing of the host's arrives: crun makes all of them private, runc none.
    if specification.mounts.contains(where: { $0.options.contains("rslave") }) {
      specification.linux.rootfsPropagation = "rslave"
    }
    for index in specification.mounts.indices where specification.mounts[index].type == "cgroup2" {
      specification.mounts[index].type = "cgroup"
    }
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      return Array(try encoder.encode(Document(specification)))
    } catch {
      throw .failed(step: "write config.json", errno: 0, detail: "\(error)")
    }
  }
}

/// The specification's own encoding, except that limits are left out: they are in force on the cgroup above.
private struct Document: Encodable {
  let specification: RuntimeSpecification

  init(_ specification: RuntimeSpecification) { self.specification = specification }

  private enum Key: String, CodingKey { case ociVersion, root, process, mounts, linux }
  private enum LinuxKey: String, CodingKey {
    case namespaces, devices, cgroupsPath, rootfsPropagation, seccomp, maskedPaths, readonlyPaths
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(specification.ociVersion, forKey: .ociVersion)
    try container.encode(specification.root, forKey: .root)
    try container.encode(specification.process, forKey: .process)
    try container.encode(specification.mounts, forKey: .mounts)
    let section = specification.linux
    var linux = container.nestedContainer(keyedBy: LinuxKey.self, forKey: .linux)
    try linux.encode(section.namespaces, forKey: .namespaces)
    try linux.encode(section.devices, forKey: .devices)
    try linux.encodeIfPresent(section.cgroupsPath, forKey: .cgroupsPath)
    try linux.encodeIfPresent(section.rootfsPropagation, forKey: .rootfsPropagation)
    try linux.encodeIfPresent(section.seccomp, forKey: .seccomp)
    try linux.encode(section.maskedPaths, forKey: .maskedPaths)
    try linux.encode(section.readonlyPaths, forKey: .readonlyPaths)
  }
}
