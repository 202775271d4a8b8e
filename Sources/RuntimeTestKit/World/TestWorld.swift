import Cgroups
import Glibc
import Linux
import StateStore

/// Directories and cgroups of one test, apart from everybody else's: a run directory, logs, a layer with busybox, and an
/// instance's own place in the cgroup hierarchy.
public final class TestWorld: Sendable {
  /// The top of it all, in `/tmp`.
  public let directory: String
  /// Where its cgroups go.
  public let hierarchy: CgroupHierarchy
  /// The supervisor's program.
  public let shim: String

  /// `<directory>/run`.
  public var runDirectory: String { directory + "/run" }
  /// A read-only layer: busybox with all of its names, and the directories that mounts need.
  public var layer: String { directory + "/layer" }
  /// A directory of the host that containers see as `/shared`.
  public var shared: String { directory + "/shared" }

  /// Makes one.
  public init() throws {
    var template = Array("/tmp/swl.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SyscallError("mkdtemp", errno) }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    directory = path
    TestNames.add(directory: path)
    let instance = "test-\(getpid())-\(path.suffix(6))"
    hierarchy = try CgroupHierarchy.discover(instance: instance, underSystemd: CgroupHierarchy.isUnderSystemd)
    shim = try TestPrograms.shim()
    // Containers run as other users, too.
    try check("chmod") { chmod(path, 0o755) }
    for name in ["run", "logs", "state"] { try makeDirectory(AT_FDCWD, "\(path)/\(name)") }
    try makeDirectory(AT_FDCWD, shared, mode: 0o755)
    try check("chmod") { chmod(shared, 0o777) }
    try Busybox.install(in: layer)
  }

  /// Names of the cgroups of our pods that exist.
  public func pods() throws -> [String] {
    do throws(SyscallError) {
      let base = try openDirectory(AT_FDCWD, hierarchy.path())
      return try entries(of: base.raw).filter { $0.hasPrefix("pod-") }
    } catch {
      if error.errno == ENOENT { return [] }
      throw error
    }
  }

  /// Ends what still runs in it and removes everything.
  public func remove(pods own: [String]) throws {
    for pod in own { try PodCgroup(hierarchy, pod: pod).destroy() }
    if !CgroupHierarchy.isUnderSystemd { try PodCgroup(path: hierarchy.path()).destroy() }
    let parent = try openDirectory(AT_FDCWD, "/tmp/")
    try removeTree(parent.raw, String(directory.dropFirst("/tmp/".count)))
  }
}

/// Debian's statically linked busybox as an image.
enum Busybox {
  static let source = "/bin/busybox"

  /// Names that the cases use.
  private static let names = [
    "sh", "echo", "cat", "true", "false", "sleep", "kill", "seq", "awk", "head", "tail", "wc", "tr", "dd", "printf",
    "nc",
    "ps", "id", "pwd", "env", "hostname", "readlink", "mkdir", "mknod", "mount", "umount", "touch", "ls", "test", "[",
    "tty", "stty", "setsid", "grep", "sed", "cut", "stat", "date", "yes", "sort", "rm", "chmod", "chown", "ulimit",
    "ip",
  ]

  static func install(in layer: String) throws {
    for name in ["", "/bin", "/etc", "/proc", "/sys", "/dev", "/tmp", "/shared", "/root"] {
      try makeDirectory(AT_FDCWD, layer + name, mode: 0o755)
    }
    try check("chmod") { chmod(layer + "/tmp", 0o1777) }
    let program = try readRegularFile(AT_FDCWD, source, limit: 64 << 20)
    let bin = try openDirectory(AT_FDCWD, layer + "/bin")
    try replaceFile(in: bin.raw, named: "busybox", with: program, durability: .untilReboot, mode: 0o755)
    for name in names where name != "ulimit" { try check("symlinkat") { symlinkat("busybox", bin.raw, name) } }
    let etc = try openDirectory(AT_FDCWD, layer + "/etc")
    let users = Array("root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/:/bin/sh\n".utf8)
    try replaceFile(in: etc.raw, named: "passwd", with: users, durability: .untilReboot, mode: 0o644)
    try replaceFile(in: etc.raw, named: "not-executable", with: users, durability: .untilReboot, mode: 0o644)
    try replaceFile(
      in: bin.raw,
      named: "bad-format",
      with: Array("this is no program\n".utf8),
      durability: .untilReboot,
      mode: 0o755
    )
  }
}
