import Glibc
import JSONText
import Linux
import Testing

@Suite("The payload does what tests rely on")
struct PayloadTests {
  @Test("Exit statuses", arguments: [0, 1, 7, 42, 125, 137, 255])
  func exitStatus(status: Int32) throws {
    #expect(try PayloadProgram.run(["exit", "\(status)"]).status == .exited(status))
  }

  @Test(
    "Ends by signals, faults and asked-for ones",
    arguments: [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGTERM, SIGKILL, SIGABRT, SIGUSR1]
  )
  func signal(number: Int32) throws {
    #expect(try PayloadProgram.run(["signal", "\(number)"]).status == .signaled(number))
  }

  @Test("A wrong command line is status 2", arguments: [[], ["nonsense"], ["exit"], ["exit", "x"], ["exit", "-1"]])
  func usage(arguments: [String]) throws {
    #expect(try PayloadProgram.run(arguments).status == .exited(2))
  }

  @Test("Prints numbered lines, all of them")
  func print() throws {
    let output = try PayloadProgram.run(["print", "20000", "a", "b"]).output
    #expect(output.split(separator: "\n").map(String.init) == (0..<20_000).map { "\($0) a b" })
    #expect(try PayloadProgram.run(["write", "no", "newline"]).output == "no newline")
    #expect(try PayloadProgram.run(["print-both", "3", "x"]).output == "0 x\n2 x\n")
  }

  @Test("Sees exactly its three descriptors")
  func descriptors() throws {
    let lines = try PayloadProgram.run(["fds"]).output.split(separator: "\n")
    #expect(lines.map { $0.prefix(2) } == ["0 ", "1 ", "2 "])
    #expect(lines.first == "0 /dev/null")
  }

  @Test("The dump is JSON and agrees with the kernel")
  func dump() throws {
    let output = try PayloadProgram.run(["dump"]).output
    let dump = try JSONValue(parsing: output)
    #expect(dump["status"]?["Uid"]?.string == "\(getuid()) \(geteuid()) \(getuid()) \(getuid())")
    #expect(dump["status"]?["Seccomp"]?.string == "0")
    #expect(dump["descriptors"]?.array?.count == 3)
    #expect(dump["environment"]?.array?.compactMap(\.string) == ["NAME=v\u{1}\"\\"])
    #expect(dump["arguments"]?.array?.compactMap(\.string) == ["payload", "dump"])
    #expect(dump["mountinfo"]?.array?.isEmpty == false)
    #expect(dump["rlimits"]?.members?.count == 16)
    #expect(dump["namespaces"]?["mnt"]?.string?.hasPrefix("mnt:[") == true)
    let null = dump["devices"]?.array?.first { $0["path"]?.string == "/dev/null" }
    #expect(null?["device"]?.string == "1:3" && null?["type"]?.string == "c")
  }

  @Test("Does not heed TERM once it says ready, and KILL ends it")
  func ignoresTermination() throws {
    let (pidfd, output) = try PayloadProgram.start(["ignore-term", "60"])
    #expect(try readSome(output.raw, capacity: 64) == Array("ready\n".utf8))
    try PidFD.signal(pidfd.raw, SIGTERM)
    #expect(try PidFD.waitForEnd(pidfd.raw, milliseconds: 100) == false)
    try PidFD.signal(pidfd.raw, SIGKILL)
    #expect(try PidFD.waitForEnd(pidfd.raw, milliseconds: 10_000))
    #expect(try PidFD.reap(pidfd.raw) == .signaled(SIGKILL))
  }

  @Test("Forks and reaps as many as it was told to")
  func forks() throws {
    #expect(try PayloadProgram.run(["forkstorm", "200"]).output == "forked 200\n")
  }

  @Test("Exchanges names an even number of times")
  func exchange() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    #expect(mkdir(path + "/a", 0o700) == 0 && symlink("target", path + "/b") == 0)
    let (output, status) = try PayloadProgram.run(["race-exchange", path + "/a", path + "/b", "1"])
    #expect(status == .exited(0))
    let count = output.split(separator: " ").last.flatMap { Int($0.dropLast()) }
    #expect((count ?? 0) > 1_000)
    var information = stat()
    #expect(lstat(path + "/a", &information) == 0 && information.st_mode & S_IFMT == S_IFDIR)
  }
}
