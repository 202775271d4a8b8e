import Glibc
import Linux
import Testing

@testable import Cgroups

@Suite(
  "A sealed program is in its cgroup from its first instruction on, and started as clean as any other",
  .enabled(if: getuid() == 0, "root is required")
)
struct SpawnIntoCgroupTests {
  /// Runs a script in the supervisor's leaf of a pod; what it printed and how it ended.
  private func run(
    _ script: String,
    _ descriptors: (Int32) -> [Int32] = { [-1, $0, -1] }
  ) throws -> (text: String, status: Linux.ExitStatus, leaf: String) {
    let hierarchy = try TestCgroup.hierarchy()
    try hierarchy.prepare()
    let pod = PodCgroup(hierarchy, pod: "spawn-\(UInt32.random(in: 1...UInt32.max))")
    try pod.make(hierarchy)
    defer { try? TestCgroup.remove(pod, hierarchy) }
    let output = try Pipe()
    try setNonBlocking(output.reader.raw)
    let busybox = try sealProgram(at: "/bin/busybox")
    let program = try spawnProgram(
      sealed: busybox.raw,
      arguments: ["sh", "-c", script],
      environment: ["PATH=/usr/bin:/bin"],
      descriptors: descriptors(output.writer.raw),
      cgroup: try pod.openSupervisor()
    )
    #expect(kill(program.pid, 0) == 0)
    #expect(try PidFD.waitForEnd(program.process.raw, milliseconds: 10_000))
    let status = try #require(try PidFD.reap(program.process.raw))
    let bytes: [UInt8]
    // Nothing was printed.
    do throws(SyscallError) { bytes = try readSome(output.reader.raw, capacity: 4096) } catch { bytes = [] }
    let text = String(decoding: bytes, as: UTF8.self)
    return (text, status, pod.path + "/shim")
  }

  @Test("the first thing that it reads says so")
  func cgroup() throws {
    let (text, status, leaf) = try run("grep ^0:: /proc/self/cgroup; exit 7")
    #expect(status == .exited(7))
    let path = try #require(text.split(separator: ":").last).trimmingPrefix("/").split(separator: "\n").first
    #expect(path.map { leaf.hasSuffix("/" + $0) } == true, "\(text) is not \(leaf)")
  }

  @Test("exactly the descriptors that were named arrive, and the program behind them")
  func descriptors() throws {
    let leaked = open("/dev/null", O_RDONLY)
    defer { close(leaked) }
    let script = "for n in 0 1 2 3 4 5 6 7 8 9; do test -e /proc/$$/fd/$n && printf $n; done; readlink /proc/$$/fd/0"
    let (text, status, _) = try run(script) { [-1, $0, -1, $0] }
    #expect(status == .exited(0))
    #expect(text == "01234/dev/null\n")
  }

  @Test("no signal is blocked or ignored, the session is its own, and the caller's signals are as before")
  func signals() throws {
    let old = signal(SIGUSR1, SIG_IGN)
    defer { signal(SIGUSR1, old) }
    var (before, after) = (sigset_t(), sigset_t())
    pthread_sigmask(SIG_BLOCK, nil, &before)
    let (text, _, _) = try run("grep -E '^Sig(Blk|Ign):' /proc/self/status; cut -d' ' -f6 /proc/$$/stat; echo $$")
    pthread_sigmask(SIG_BLOCK, nil, &after)
    let lines = text.split(separator: "\n")
    try #require(lines.count == 4)
    #expect(lines[0] == "SigBlk:\t0000000000000000" && lines[1] == "SigIgn:\t0000000000000000")
    #expect(lines[2] == lines[3])
    #expect((1...64).allSatisfy { sigismember(&before, $0) == sigismember(&after, $0) })
  }

  @Test("many threads that start programs at once get each its own")
  func threads() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for code in 0..<16 as Range<Int32> {
        group.addTask {
          let status = try run("exit \(code)").status
          #expect(status == .exited(code))
        }
      }
      try await group.waitForAll()
    }
  }

  @Test("what is no cgroup, or no program, is an error, and no child is left")
  func refused() throws {
    let program = try sealProgram(at: "/bin/busybox")
    let directory = try openDirectory(AT_FDCWD, "/tmp")
    let noCgroup = #expect(throws: SyscallError.self) {
      try spawnProgram(sealed: program.raw, arguments: ["true"], descriptors: [], cgroup: directory).pid
    }
    #expect(noCgroup?.errno == EBADF)
    let hierarchy = try TestCgroup.hierarchy()
    try hierarchy.prepare()
    let pod = PodCgroup(hierarchy, pod: "spawn-refused-\(getpid())")
    try pod.make(hierarchy)
    defer { try? TestCgroup.remove(pod, hierarchy) }
    let text = try sealBytes(Array("no program".utf8), name: "text")
    let noProgram = #expect(throws: SyscallError.self) {
      try spawnProgram(sealed: text.raw, arguments: ["x"], descriptors: [], cgroup: pod.openSupervisor()).pid
    }
    #expect(noProgram?.errno == EACCES || noProgram?.errno == ENOEXEC)
    #expect(try readKernelFile(AT_FDCWD, pod.path + "/shim/cgroup.procs").isEmpty)
  }
}
