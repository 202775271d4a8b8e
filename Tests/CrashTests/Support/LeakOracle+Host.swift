import ArchiveTestKit
import Cgroups
import Glibc
import Linux

/// The parts of O1 that carry an instance's name and not a pod's: network, cgroup base, files that were being written, locks.
///
/// Not looked at, because nothing of ours makes it or nothing tells whose it is: sockets in `/proc/net/unix` (each is bound
/// through `/proc/self/fd`, and goes with its process), watches of inotify (go with their descriptors), cgroups that are
/// dying (`nr_dying_descendants` of the whole machine).
extension LeakOracle {
  func host() throws -> [String] {
    try interfaces() + firewall() + addresses() + forwarding() + base() + unfinishedFiles() + locks() + loops()
  }

  /// The bridge, and the host's ends of cables.
  private func interfaces() throws -> [String] {
    try names("/sys/class/net").filter { $0.hasPrefix(places.instance) }.map { "interface \($0)" }
  }

  private func firewall() throws -> [String] {
    // Without the program there is no network for pods.
    let nft = "/usr/sbin/nft"
    if access(nft, X_OK) != 0 { return [] }
    let pid = try spawnProgram(
      nft,
      arguments: ["nft", "list", "table", "inet", places.instance],
      environment: [],
      descriptors: [-1, -1, -1]
    )
    return try ForegroundNode.wait(pid) == .exited(0) ? ["nftables table \(places.instance)"] : []
  }

  private func addresses() throws -> [String] {
    try ["\(places.run)/network/pods", "\(places.run)/network/addresses", "\(places.state)/network/pods"].flatMap {
      directory in try names(directory).map { "address \(directory)/\($0)" }
    }
  }

  /// Interfaces that forward because of this instance.
  private func forwarding() throws -> [String] {
    let directory = "/run/swiftlet-forwarding"
    return try names(directory).filter { name in
      // One that goes meanwhile is another instance's, which was its last user.
      (try? readKernelFile(AT_FDCWD, "\(directory)/\(name)"))?.contains("\"\(places.instance)\"") == true
    }.map { "forwarding \($0)" }
  }

  private func base() -> [String] {
    let base = places.hierarchy.path()
    return !places.hierarchy.base.hasPrefix("swiftlet/") || access(base, F_OK) != 0 ? [] : ["cgroup \(base)"]
  }

  /// What a rename was to put in its place.
  private func unfinishedFiles() throws -> [String] {
    try files(below: [places.run, places.state]).filter { path, _ in
      let name = path.split(separator: "/").last ?? ""
      return name.hasPrefix(".") && name != ".claims"
    }.map { "file \($0.path)" }
  }

  private func locks() throws -> [String] {
    let held = try readKernelFile(AT_FDCWD, "/proc/locks", limit: 1 << 22).split(separator: "\n")
    return try files(below: [places.run, places.state]).flatMap { path, inode in
      held.filter { $0.contains(":\(inode) ") }.map { "lock on \(path): \($0)" }
    }
  }

  private func loops() throws -> [String] {
    try names("/sys/block").filter { name in
      // Most have none.
      (try? readKernelFile(AT_FDCWD, "/sys/block/\(name)/loop/backing_file"))?.contains(places.scratch.path) == true
    }.map { "loop device \($0)" }
  }

  private func names(_ path: String) throws -> [String] {
    do throws(SyscallError) {
      let directory = try openDirectory(AT_FDCWD, path)
      return try entries(of: directory.raw)
    } catch {
      if error.errno == ENOENT { return [] }
      throw error
    }
  }

  /// Paths and inodes of everything that is no directory, except what images consist of.
  private func files(below roots: [String]) throws -> [(path: String, inode: UInt64)] {
    var found: [(path: String, inode: UInt64)] = []
    var pending = roots
    while let directory = pending.popLast() {
      for name in try names(directory) {
        let path = "\(directory)/\(name)"
        var status = stat()
        // Gone meanwhile.
        guard lstat(path, &status) == 0 else { continue }
        if status.st_mode & S_IFMT == S_IFDIR {
          if !path.hasSuffix("/images/layers") { pending.append(path) }
        } else {
          found.append((path, UInt64(status.st_ino)))
        }
      }
    }
    return found
  }
}
