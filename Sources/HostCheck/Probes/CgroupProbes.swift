import CLinux
import Cgroups
import Glibc
import Linux

/// Looks at the cgroup hierarchies; makes no cgroup.
enum CgroupProbes {
  static func collect() -> CgroupFindings {
    let systemd: Finding? =
      CgroupHierarchy.isUnderSystemd
      ? access("/usr/bin/systemd-run", X_OK) == 0
        ? .works("/usr/bin/systemd-run") : .fails("no /usr/bin/systemd-run")
      : nil
    do throws(CgroupError) {
      let hierarchy = try CgroupHierarchy.discover(instance: "", underSystemd: false)
      let top = hierarchy.mountPoint
      return CgroupFindings(
        hierarchy: .works(top),
        place: place(top, underSystemd: systemd != nil),
        kill: kill(top),
        controllers: controllers(top),
        oomGroup: memoryFile("memory.oom.group", top),
        swapLimit: memoryFile("memory.swap.max", top),
        systemd: systemd
      )
    } catch {
      let unknown = Finding.unknown("no cgroup v2 hierarchy")
      return CgroupFindings(
        hierarchy: .fails(error.description),
        place: unknown,
        kill: unknown,
        controllers: [:],
        oomGroup: unknown,
        swapLimit: unknown,
        systemd: systemd
      )
    }
  }

  private static func place(_ top: String, underSystemd: Bool) -> Finding {
    // access(2) says EROFS for a hierarchy that is mounted read-only.
    guard access(top, W_OK) == 0 else { return .fails("\(top): \(errorText(errno))") }
    return .works(underSystemd ? "a scope delegated by systemd" : top + "/swiftlet")
  }

  /// The top has no such file; any cgroup below it tells.
  private static func kill(_ top: String) -> Finding {
    let children = children(top)
    if children.contains(where: { access("\($0)/cgroup.kill", F_OK) == 0 }) { return .works() }
    if !children.isEmpty { return .fails("no such file in \(children[0])") }
    // Newer than cgroup.kill by a year.
    if kernelText("/sys/kernel/cgroup/features")?.contains("favordynmods") == true { return .works() }
    return .unknown("no cgroup below \(top) to look at")
  }

  private static func memoryFile(_ name: String, _ top: String) -> Finding {
    let with = children(top).filter { access("\($0)/memory.max", F_OK) == 0 }
    guard let first = with.first else { return .unknown("no cgroup with the memory controller to look at") }
    return access("\(first)/\(name)", F_OK) == 0 ? .works() : .fails("no such file in \(first)")
  }

  private static func children(_ top: String) -> [String] {
    // A directory that cannot be listed shows no child.
    guard let directory = try? openDirectory(AT_FDCWD, top), let names = try? entries(of: directory.raw) else {
      return []
    }
    return names.map { "\(top)/\($0)" }.filter { path in
      var status = stat()
      return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
  }

  private static func controllers(_ top: String) -> [String: ControllerPlace] {
    let available = Set((kernelText(top + "/cgroup.controllers") ?? "").split(separator: " ").map(String.init))
    // Without the table of mounts the path of a v1 hierarchy is left out.
    let mounts = ((try? MountEntry.ofThisProcess()) ?? []).filter { $0.type == "cgroup" }
    let table = ControllerTable(kernelText("/proc/cgroups") ?? "")
    return Dictionary(
      uniqueKeysWithValues: CgroupHierarchy.wanted.map { name in
        if available.contains(name) { return (name, .available) }
        let version1Name = name == "io" ? "blkio" : name
        let mount = mounts.first { $0.superOptions.contains(version1Name) }?.mountPoint
        return (name, table.place(of: version1Name, version1Mount: mount))
      }
    )
  }
}

/// `/proc/cgroups` (cgroups(7)): name, hierarchy, number of cgroups, enabled.
struct ControllerTable {
  private var rows: [Substring: (hierarchy: Int, isEnabled: Bool)] = [:]

  init(_ text: String) {
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let fields = line.split { $0 == "\t" || $0 == " " }
      guard fields.count == 4, let hierarchy = Int(fields[1]) else { continue }
      rows[fields[0]] = (hierarchy, fields[3] == "1")
    }
  }

  /// Where a controller is that v2 does not have.
  func place(of name: String, version1Mount: String?) -> ControllerPlace {
    guard let row = rows[Substring(name)] else { return version1Mount.map { .version1(mount: $0) } ?? .absent }
    if !row.isEnabled { return .disabled }
    return row.hierarchy == 0 ? .notDelegated : .version1(mount: version1Mount)
  }
}
