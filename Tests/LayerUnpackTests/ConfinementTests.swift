import ArchiveTestKit
import CLinux
import CSeccomp
import Glibc
import Linux
import Testing
import UnpackPlan

@testable import LayerUnpack

@Suite("The child that parses has nothing but its target", .enabled(if: isRoot, "needs root"))
struct ConfinementTests {
  /// Starts a child whose archive never comes, waits until it reads, and looks at it from outside.
  private func withWaitingChild(_ body: (_ pid: Int32, _ unpacking: Unpacking) throws -> Void) throws {
    let unpacking = try Unpacking()
    let archive = try Pipe()
    let (pid, report) = try unpacking.start(descriptor: archive.reader.raw, .standard)
    defer {
      kill(pid, SIGKILL)
      var status: Int32 = 0
      waitpid(pid, &status, 0)
    }
    // The filter is the last thing that it puts on.
    var attempts = 0
    while try field("Seccomp", pid) != "2" {
      attempts += 1
      try #require(attempts < 2000, "the child never confined itself")
      usleep(5000)
    }
    try body(pid, unpacking)
    withExtendedLifetime(report) {}
  }

  private func field(_ name: String, _ pid: Int32) throws -> String {
    let text = try readKernelFile(AT_FDCWD, "/proc/\(pid)/status")
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
    return line.map { String($0.dropFirst(name.count + 1).filter { !$0.isWhitespace }) } ?? ""
  }

  private func link(_ path: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(path, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(0, count)).map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
  }

  @Test("Its root is the target, its capabilities are six, its namespaces its own")
  func confined() throws {
    try withWaitingChild { pid, unpacking in
      _ = try unpacking.scratch.file("target/marker", [])
      let root = try openDirectory(AT_FDCWD, "/proc/\(pid)/root/")
      #expect(try entries(of: root.raw) == ["marker"])
      let above = try openDirectory(AT_FDCWD, "/proc/\(pid)/root/..")
      #expect(try entries(of: above.raw) == ["marker"])
      let mounts = try readKernelFile(AT_FDCWD, "/proc/\(pid)/mountinfo").split(separator: "\n")
      #expect(mounts.count == 1)
      let mount = try #require(mounts.first.flatMap { MountEntry(line: $0) })
      #expect(mount.mountPoint == "/" && Set(["nosuid", "nodev", "noexec"]).isSubset(of: mount.options))
      #expect(mounts.first?.contains("shared:") == false && mounts.first?.contains("master:") == false)

      for set in ["CapEff", "CapPrm", "CapBnd"] { #expect(try field(set, pid) == "000000008800001b") }
      for set in ["CapInh", "CapAmb"] { #expect(try field(set, pid) == "0000000000000000") }
      #expect(try field("NoNewPrivs", pid) == "1")
      #expect(try field("Threads", pid) == "1")
      for space in ["mnt", "net", "ipc", "uts", "cgroup"] {
        #expect(link("/proc/\(pid)/ns/\(space)") != link("/proc/self/ns/\(space)"), "\(space)")
      }
    }
  }

  @Test("Its descriptors are the archive, the report, the root and nothing else; its limits are set")
  func resources() throws {
    try withWaitingChild { pid, _ in
      let directory = try openDirectory(AT_FDCWD, "/proc/\(pid)/fd")
      let targets = try entries(of: directory.raw).map { link("/proc/\(pid)/fd/\($0)") }
      #expect(targets.filter { $0 == "/dev/null" }.count == 2)
      #expect(targets.filter { $0.hasPrefix("pipe:") }.count == 2)
      #expect(targets.count == 5, "\(targets)")
      let limits = try readKernelFile(AT_FDCWD, "/proc/\(pid)/limits").split(separator: "\n")
      func limit(_ name: String) -> [Substring] {
        (limits.first { $0.hasPrefix(name) } ?? "").dropFirst(26).split(separator: " ").prefix(2).map { $0 }
      }
      #expect(limit("Max core file size") == ["0", "0"])
      #expect(limit("Max cpu time") == ["1800", "1800"])
      #expect(limit("Max file size") == ["68719476736", "68719476736"])
      #expect(limit("Max open files") == ["512", "512"])
      let space = try #require(limit("Max address space").first.flatMap { Int64($0) })
      #expect(space < 1 << 30 && limit("Max address space").count == 2)
    }
  }

  @Test("A child without root, without a target, or with limits it cannot read, reads nothing and says so")
  func refusal() throws {
    func outcome(_ program: String, _ arguments: [String], target: Int32) throws -> UnpackFailure? {
      let archive = try openAt(AT_FDCWD, "/dev/null", O_RDONLY)
      let (pid, bytes) = try { () throws -> (Int32, [UInt8]) in
        let (pid, reader) = try spawn(program, arguments, archive.raw, target)
        return (pid, try readAll(reader.raw, limit: 10_000))
      }()
      var status: Int32 = 0
      waitpid(pid, &status, 0)
      #expect(Linux.ExitStatus(waitStatus: status) == .exited(1))
      guard case .failed(let failure) = try UnpackMessage(parsing: bytes) else { return nil }
      return failure
    }
    let program = builtProgram("swiftlet-unpack")
    let limits = String(decoding: UnpackLimits.standard.serialized, as: UTF8.self)
    let scratch = try Scratch()
    let directory = try openDirectory(AT_FDCWD, scratch.path)
    let me = "\(getpid())"
    let target = directory.raw
    #expect(try outcome(program, ["u", "{}", me], target: target)?.kind == .request)
    #expect(try outcome(program, ["u", limits, "1"], target: target)?.kind == .request)
    #expect(try outcome(program, ["u"], target: target)?.kind == .request)
    #expect(try outcome(program, ["u", limits, me], target: -1)?.kind == .confinement)
    // setpriv execs in place, so the parent is the same.
    let failure = try outcome(
      "/usr/bin/setpriv",
      ["setpriv", "--bounding-set=-all", program, limits, me],
      target: target
    )
    #expect(failure?.kind == .confinement)
    #expect(failure?.detail.contains("root") == true)
  }

  private func spawn(
    _ program: String,
    _ arguments: [String],
    _ archive: Int32,
    _ target: Int32
  ) throws -> (Int32, SharedFD) {
    let pipe = try Pipe()
    let pid = try spawnProgram(
      program,
      arguments: arguments,
      descriptors: [archive, -1, -1, target, pipe.writer.raw]
    )
    return (pid, SharedFD(pipe.reader))
  }
}

/// One attempt to do what unpacking never does, made by a process that wears the filter.
struct Attempt: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let isAllowed: Bool
  let call: @Sendable () -> Void

  init(_ name: String, allowed: Bool = false, _ call: @escaping @Sendable () -> Void) {
    testDescription = name
    isAllowed = allowed
    self.call = call
  }

  static let all: [Attempt] = [
    Attempt("socket") { _ = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) },
    Attempt("executable mapping") { _ = mmap(nil, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) },
    Attempt("plain mapping", allowed: true) { _ = page() },
    Attempt("mprotect to executable") { _ = mprotect(page(), 4096, PROT_READ | PROT_EXEC) },
    Attempt("mprotect to read-only", allowed: true) { _ = mprotect(page(), 4096, PROT_READ) },
    Attempt("execve") {
      var arguments: [UnsafeMutablePointer<CChar>?] = [nil]
      execve("/bin/true", &arguments, &arguments)
    },
    Attempt("clone") { _ = lx_clone3(0, nil, -1, UInt64(SIGCHLD)) },
    Attempt("unshare") { _ = lx_unshare(Int32(LX_CLONE_NEWNS)) },
    Attempt("mount") { _ = lx_mount("x", "/", "tmpfs", 0, nil) },
    Attempt("open_tree") { _ = lx_open_tree(-1, "", 0) },
    Attempt("kill") { kill(getppid(), 0) },
    Attempt("kill of pid 1") { kill(1, 0) },
    Attempt("prctl") { _ = lx_prctl(Int32(LX_PR_SET_DUMPABLE), 1, 0, 0, 0) },
    Attempt("setuid") { _ = lx_setresuid(0) },
    Attempt("chroot") { _ = chroot("/") },
    Attempt("memfd_create") { _ = lx_memfd("x", 1) },
    Attempt("pidfd_open") { _ = lx_pidfd_open(1) },
    Attempt("seccomp") { _ = lx_seccomp_set_filter(nil, 0, 0) },
    Attempt("setrlimit") { _ = lx_setrlimit(0, 0, 0) },
    Attempt("openat", allowed: true) { _ = open("/dev/null", O_RDONLY) },
    Attempt("mkdirat", allowed: true) { _ = mkdirat(-1, "x", 0) },
    Attempt("openat2", allowed: true) { _ = lx_openat2(-1, "x", 0, 0, 0) },
  ]

  private static func page() -> UnsafeMutableRawPointer? {
    mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
  }
}

@Suite("The filter lets nothing through that unpacking does not need", .enabled(if: isRoot, "needs root"))
struct FilterTests {
  /// The filter's program, exported once: the child between clone3 and its end must not allocate.
  private static func program() throws -> [UInt8] {
    let filter = try SystemCallFilter.make()
    defer { seccomp_release(filter) }
    let scratch = try Scratch()
    let path = try scratch.file("bpf", [])
    let file = try openAt(AT_FDCWD, path, O_RDWR)
    guard seccomp_export_bpf(filter, file.raw) == 0 else { throw SyscallError("seccomp_export_bpf", EIO) }
    return try readRegularFile(AT_FDCWD, path, limit: 1 << 20)
  }

  @Test("Each call ends the process or does not", arguments: Attempt.all)
  func call(_ attempt: Attempt) throws {
    let program = try Self.program()
    let pid = program.withUnsafeBytes { bytes in
      let pid = lx_clone3(0, nil, -1, UInt64(SIGCHLD))
      if pid == 0 {
        _ = lx_prctl(Int32(LX_PR_SET_NO_NEW_PRIVS), 1, 0, 0, 0)
        if lx_seccomp_set_filter(bytes.baseAddress, UInt32(bytes.count / 8), 0) != 0 { lx_exit(9) }
        attempt.call()
        lx_exit(0)
      }
      return pid
    }
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    let expected: Linux.ExitStatus = attempt.isAllowed ? .exited(0) : .signaled(SIGSYS)
    #expect(Linux.ExitStatus(waitStatus: status) == expected)
  }
}
