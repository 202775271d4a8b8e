import Glibc
import Linux
import Testing

/// What a container must not be able to change on the host (reliability.md, oracle O2): places that hostile images lead
/// to, image layers, and parts of the host that earlier escapes have gone for. Two snapshots are equal, or something got
/// out.
struct EscapeOracle {
  private let node: Node
  private let before: [String: String]

  init(_ node: Node) throws {
    self.node = node
    before = try Self.snapshot(node)
  }

  /// Fails the test for everything that is different now.
  func verify(_ what: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let after = try Self.snapshot(node)
    for key in Set(before.keys).union(after.keys).sorted() where before[key] != after[key] {
      Issue.record(
        "\(what): \(key) was \(before[key] ?? "absent") and is \(after[key] ?? "absent")",
        sourceLocation: sourceLocation
      )
    }
  }

  private static let hostFiles = [
    "/etc/passwd", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/etc/ld.so.preload",
    "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hostname",
  ]

  private static func snapshot(_ node: Node) throws -> [String: String] {
    var found: [String: String] = [:]
    for tree in [node.canary, node.root + "/layers"] { try collect(tree, into: &found) }
    for path in hostFiles {
      found[path] = describe(path) + ((try? readKernelFile(AT_FDCWD, path, limit: 1 << 20)).map { " " + $0 } ?? "")
    }
    for name in try Files.names("/dev") where !["pts", "shm", "mqueue", "hugepages"].contains(name) {
      found["/dev/" + name] = device("/dev/" + name)
    }
    found["names of /"] = try Files.names("/").joined(separator: " ")
    found["the node's own names"] = try Files.names(node.root).joined(separator: " ")
    found["the supervisor's program"] = describe(node.shim)
    found["mounts"] = try MountEntry.ofThisProcess()
      // Others work on this machine below these.
      .filter { $0.mountPoint.hasPrefix(node.root) || !$0.mountPoint.hasPrefix("/tmp/") }
      .map { "\($0.mountPoint) \($0.type)" }.joined(separator: ", ")
    return found
  }

  private static func collect(_ path: String, into found: inout [String: String]) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else { throw SyscallError("lstat", errno) }
    found[path] = describe(path)
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      for name in try Files.names(path) { try collect(path + "/" + name, into: &found) }
    case S_IFREG where status.st_size < 4096:
      found[path, default: ""] += " " + (try Files.text(path))
    default: break
    }
  }

  private static func describe(_ path: String) -> String {
    var s = stat()
    guard lstat(path, &s) == 0 else { return "errno \(errno)" }
    let isProc = path.hasPrefix("/proc/")
    let times =
      isProc
      ? "" : " modified \(s.st_mtim.tv_sec).\(s.st_mtim.tv_nsec) changed \(s.st_ctim.tv_sec).\(s.st_ctim.tv_nsec)"
    return "inode \(isProc ? 0 : s.st_ino) mode \(String(s.st_mode, radix: 8)) owner \(s.st_uid):\(s.st_gid) "
      + "size \(s.st_size) links \(s.st_nlink)" + times
  }

  /// Device nodes change their times with use, and terminals their owner.
  private static func device(_ path: String) -> String {
    var s = stat()
    guard lstat(path, &s) == 0 else { return "errno \(errno)" }
    return "inode \(s.st_ino) mode \(String(s.st_mode, radix: 8)) device \(s.st_rdev)"
  }
}
