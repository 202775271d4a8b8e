import Glibc
import Linux

/// What exists on this machine that tests of runtimes make: reliability.md's first oracle, O1, as far as one process can
/// ask for it. Everything is a multiset of descriptions, so that a difference can be read.
public struct LeakSnapshot: Sendable {
  /// Descriptions of everything found, with how often.
  public let found: [String: Int]

  /// Looks at this process and at what carries its name: processes in cgroups of tests of this process, zombies that are
  /// its children, its mounts, its descriptors by type, directories and keyrings of its tests, and network namespaces.
  public static func ofThisProcess() throws -> LeakSnapshot {
    var found: [String: Int] = [:]
    func note(_ items: [String]) { for item in items { found[item, default: 0] += 1 } }
    note(try children())
    note(try mounts())
    note(try descriptors())
    note(try cgroups())
    note(directories())
    note(try keyrings())
    note(try networks())
    return LeakSnapshot(found: found)
  }

  /// What is there that was not there before, with how often.
  public func added(since before: LeakSnapshot) -> [String: Int] {
    var added: [String: Int] = [:]
    for (item, count) in found where count > before.found[item, default: 0] {
      added[item] = count - before.found[item, default: 0]
    }
    return added
  }

  // MARK: What is looked at

  /// Our children by command and state: a supervisor that was not reaped is a zombie here.
  private static func children() throws -> [String] {
    try childProcesses().map { "child \($0.name) in state \($0.state)" }
  }

  private static func childProcesses() throws -> [(pid: Int32, name: String, state: String)] {
    let own = "\(getpid())"
    return try numbers(in: "/proc").compactMap { pid in
      // It may end while we look.
      guard let stat = try? readKernelFile(AT_FDCWD, "/proc/\(pid)/stat", limit: 4096),
        let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")")
      else { return nil }
      let fields = stat[stat.index(after: close)...].split(separator: " ")
      guard fields.count > 1, fields[1] == own else { return nil }
      return (pid, String(stat[open...close]), String(fields[0]))
    }
  }

  private static func mounts() throws -> [String] {
    try MountEntry.ofThisProcess().map { "mount of \($0.type) on \($0.mountPoint)" }
  }

  /// Descriptors by what they are; the numbers behind sockets and pipes say nothing.
  private static func descriptors() throws -> [String] {
    try numbers(in: "/proc/self/fd").compactMap { number in
      guard let target = link("/proc/self/fd/\(number)") else { return nil }
      if target.hasPrefix("/proc/") || dispatchs.contains(target) { return nil }
      let kind = target.hasPrefix("/") ? target : String(target.prefix { $0 != ":" })
      return kind == "anon_inode" ? "descriptor of \(target)" : "descriptor of \(kind)"
    }
  }

  /// What libdispatch makes at its first use and keeps.
  private static let dispatchs: Set<String> = [
    "anon_inode:[timerfd]", "anon_inode:[eventpoll]", "anon_inode:[eventfd]",
  ]

  /// cgroups of pods of our tests, with the processes in them.
  private static func cgroups() throws -> [String] { try TestNames.cgroups.flatMap { try cgroups(below: $0) } }

  private static func cgroups(below path: String) throws -> [String] {
    guard let directory = try present({ () throws(SyscallError) in try openDirectory(AT_FDCWD, path) }) else {
      return []
    }
    var found = ["cgroup \(path)"] + (try processes(in: path).map { "process \($0) in \(path)" })
    for entry in try directories(in: directory.raw) { found += try cgroups(below: "\(path)/\(entry)") }
    return found
  }

  private static func directories(in directory: Int32) throws -> [String] {
    try entries(of: directory).filter { entry in
      var status = stat()
      return fstatat(directory, entry, &status, Int32(AT_SYMLINK_NOFOLLOW)) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
  }

  /// Worlds of our tests that were not removed.
  private static func directories() -> [String] {
    TestNames.directories.filter { access($0, F_OK) == 0 }.map { "directory \($0)" }
  }

  /// Session keyrings that containers of tests joined; their names carry the sandbox's.
  private static func keyrings() throws -> [String] {
    try readKernelFile(AT_FDCWD, "/proc/keys", limit: 16 << 20).split(separator: "\n").compactMap { line in
      guard let name = line.split(separator: " ").first(where: { $0.hasPrefix("_ses.") }) else { return nil }
      return TestNames.isOurs(keyring: name.dropFirst(5)) ? "keyring \(name)" : nil
    }
  }

  /// Network namespaces that our children keep.
  private static func networks() throws -> [String] {
    let own = link("/proc/self/ns/net")
    let others = try childProcesses().compactMap { link("/proc/\($0.pid)/ns/net") }.filter { $0 != own }
    return Set(others).map { "network namespace \($0)" }
  }

  // MARK: Reading

  /// Every process in a cgroup and below it; none where there is no such cgroup.
  static func processes(below path: String) throws -> [Int32] {
    guard let directory = try present({ () throws(SyscallError) in try openDirectory(AT_FDCWD, path) }) else {
      return []
    }
    var found = try processes(in: path)
    for entry in try directories(in: directory.raw) { found += try processes(below: path + "/" + entry) }
    return found
  }

  private static func processes(in path: String) throws -> [Int32] {
    do throws(SyscallError) {
      return try readKernelFile(AT_FDCWD, path + "/cgroup.procs").split(separator: "\n").compactMap { Int32($0) }
    } catch {
      // Removed while we look.
      if error.errno == ENOENT || error.errno == ENODEV { return [] }
      throw error
    }
  }

  private static func present(_ body: () throws(SyscallError) -> OwnedFD) throws(SyscallError) -> OwnedFD? {
    do throws(SyscallError) { return try body() } catch {
      if error.errno == ENOENT { return nil }
      throw error
    }
  }

  private static func numbers(in path: String) throws -> [Int32] {
    let directory = try openDirectory(AT_FDCWD, path)
    return try entries(of: directory.raw).compactMap { Int32($0) }
  }

  private static func link(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(path, &buffer, buffer.count)
    if count < 0 { return nil }
    return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
