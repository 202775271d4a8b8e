import CLinux
import Glibc
import Linux
import Testing

@Suite("Programs are started clean, followed by pidfd, and reaped")
struct ProcessTests {
  private func run(_ script: String, descriptors: [Int32] = [-1, -1, -1]) throws -> Linux.ExitStatus {
    let pid = try spawnProgram(
      "/bin/sh",
      arguments: ["sh", "-c", script],
      environment: ["PATH=/usr/bin:/bin"],
      descriptors: descriptors
    )
    let process = try PidFD.open(pid)
    #expect(try PidFD.waitForEnd(process.raw, milliseconds: 10_000))
    return try #require(try PidFD.reap(process.raw))
  }

  @Test("exit codes and signals")
  func exits() throws {
    #expect(try run("exit 0") == .exited(0))
    #expect(try run("exit 255") == .exited(255))
    #expect(try run("kill -KILL $$") == .signaled(SIGKILL))
  }

  @Test("exactly the descriptors that were named arrive, in their places")
  func descriptors() throws {
    let output = try Pipe()
    // One that is not closed on exec, as libraries leave them.
    let leaked = dup(output.reader.raw)
    defer { close(leaked) }
    let status = try run(
      "for n in 0 1 2 3 4 5 6 7 8 9; do test -e /proc/$$/fd/$n && printf $n; done; readlink /proc/$$/fd/0 >&4",
      descriptors: [-1, output.writer.raw, -1, -1, output.writer.raw]
    )
    #expect(status == .exited(0))
    #expect(String(decoding: try readSome(output.reader.raw, capacity: 100), as: UTF8.self) == "01234/dev/null\n")
  }

  @Test("no signal is blocked or ignored, and the session is the program's own")
  func cleanState() throws {
    let output = try Pipe()
    let old = signal(SIGUSR1, SIG_IGN)
    defer { signal(SIGUSR1, old) }
    _ = try run(
      "grep -E '^Sig(Blk|Ign):' /proc/self/status | tr -d '\\t'; cut -d' ' -f6 /proc/$$/stat; echo $$",
      descriptors: [-1, output.writer.raw, -1]
    )
    let lines = String(decoding: try readSome(output.reader.raw, capacity: 1000), as: UTF8.self).split(separator: "\n")
    #expect(lines.first == "SigBlk:0000000000000000")
    // 32 and 33 are the C library's own: it neither ignores nor resets them, and they are what the test runner left.
    let ignored = lines.count > 1 ? UInt64(lines[1].dropFirst("SigIgn:".count), radix: 16) : nil
    #expect(ignored.map { $0 & ~0x1_8000_0000 } == 0)
    #expect(lines.count == 4 && lines[2] == lines[3])
  }

  @Test("more descriptors than there is room for are refused", arguments: [17, 18, 1000])
  func tooManyDescriptors(count: Int) {
    let error = #expect(throws: SyscallError.self) {
      try spawnProgram("/bin/true", arguments: ["true"], descriptors: Array(repeating: -1, count: count))
    }
    #expect(error?.errno == EINVAL)
  }

  @Test("a program that is not there is an error")
  func missing() {
    let error = #expect(throws: SyscallError.self) {
      try spawnProgram("/no/such/program", arguments: ["x"], descriptors: [-1, -1, -1])
    }
    #expect(error?.errno == ENOENT)
  }

  @Test("a sealed program holds what the kernel loads, and not the symbols")
  func sealedSize() throws {
    // This very program, which has symbols.
    let program = try sealProgram(at: "/proc/self/exe")
    var (copy, original) = (stat(), stat())
    #expect(fstat(program.raw, &copy) == 0 && stat("/proc/self/exe", &original) == 0)
    #expect(copy.st_size > 4096 && copy.st_size < original.st_size)
    #expect(try check("seals") { lx_is_sealed(program.raw) } == 1)
  }

  @Test(
    "what is no program is not sealed",
    arguments: ["/etc/passwd", "/dev/null", "/proc/self/cmdline", "/no/such/program"]
  )
  func noProgram(path: String) {
    let error = #expect(throws: SyscallError.self) { _ = try sealProgram(at: path) }
    #expect(error?.errno == (path.hasPrefix("/no") ? ENOENT : ENOEXEC))
  }

  @Test("nothing is reaped while it runs; a signal to what is gone is no error, a pidfd of what is gone is one")
  func reaping() throws {
    let pid = try spawnProgram("/bin/sleep", arguments: ["sleep", "1000"], descriptors: [-1, -1, -1])
    let process = try PidFD.open(pid)
    #expect(try PidFD.reap(process.raw) == nil)
    #expect(try PidFD.waitForEnd(process.raw, milliseconds: 0) == false)
    try PidFD.signal(process.raw, SIGTERM)
    #expect(try PidFD.waitForEnd(process.raw, milliseconds: 10_000))
    #expect(try PidFD.reap(process.raw) == .signaled(SIGTERM))
    try PidFD.signal(process.raw, SIGTERM)
    #expect(throws: SyscallError.self) { try PidFD.reap(process.raw) }
    #expect(throws: SyscallError.self) { _ = try PidFD.open(.max) }
  }
}

@Suite("A lock belongs to the open file and goes with its last descriptor")
struct LockTests {
  @Test("exclusive and shared")
  func kinds() throws {
    let scratch = try ScratchDirectory()
    try scratch.write("lock", "")
    let first = try openAt(scratch.descriptor, "lock", O_RDWR)
    let second = try openAt(scratch.descriptor, "lock", O_RDWR)
    #expect(try FileLock.tryLock(first.raw, .shared))
    #expect(try FileLock.tryLock(second.raw, .shared))
    #expect(try !FileLock.tryLock(second.raw, .exclusive))
    try FileLock.unlock(first.raw)
    #expect(try FileLock.tryLock(second.raw, .exclusive))
    #expect(try FileLock.isHeld(first.raw))
    #expect(try !FileLock.isHeld(second.raw), "one's own lock does not count")
  }

  @Test("a duplicate holds the lock on, another descriptor's end does not lose it")
  func ownership() throws {
    let scratch = try ScratchDirectory()
    try scratch.write("lock", "")
    let other = try openAt(scratch.descriptor, "lock", O_RDWR)
    var copy: SharedFD?
    do {
      let first = try openAt(scratch.descriptor, "lock", O_RDWR)
      #expect(try FileLock.tryLock(first.raw, .exclusive))
      copy = SharedFD(try first.duplicate())
      // With the locks of POSIX this close would have lost it.
      _ = try openAt(scratch.descriptor, "lock", O_RDWR)
    }
    #expect(try FileLock.isHeld(other.raw))
    withExtendedLifetime(copy) {}
    copy = nil
    #expect(try !FileLock.isHeld(other.raw))
  }
}

@Suite("A packet arrives as a whole with its descriptors, or not at all")
struct PacketTests {
  private func pair(_ scratch: ScratchDirectory) throws -> (SharedFD, SharedFD) {
    let listener = try PacketSocket.listen(in: scratch.descriptor, named: "socket")
    let client = SharedFD(try PacketSocket.connect(in: scratch.descriptor, named: "socket"))
    return (client, SharedFD(try PacketSocket.accept(listener.raw)))
  }

  @Test("bytes, boundaries and descriptors")
  func packets() throws {
    let scratch = try ScratchDirectory()
    let (client, server) = try pair(scratch)
    let pipe = try Pipe()
    try PacketSocket.send(client.raw, Array("one".utf8))
    try PacketSocket.send(
      client.raw,
      [UInt8](repeating: 5, count: 100_000),
      descriptors: [pipe.reader.raw, pipe.writer.raw]
    )
    #expect(try PacketSocket.receive(server.raw).bytes == Array("one".utf8))
    var packet = try PacketSocket.receive(server.raw)
    #expect(packet.bytes.count == 100_000)
    #expect(packet.descriptors.count == 2)
    guard let writer = packet.descriptors.take(1) else { throw SyscallError("take", EBADF) }
    for place in [1, 2, -1] where packet.descriptors.take(place) != nil { Issue.record("\(place) was there") }
    try writeAll(writer.raw, [9])
    #expect(try readSome(pipe.reader.raw, capacity: 1) == [9])
    #expect(try PacketSocket.peer(of: server.raw).pid == getpid())
  }

  @Test("descriptors that nobody takes are closed")
  func closesDescriptors() throws {
    let scratch = try ScratchDirectory()
    let (client, server) = try pair(scratch)
    let reader: SharedFD
    do {
      let pipe = try Pipe()
      try PacketSocket.send(client.raw, [1], descriptors: [pipe.writer.raw])
      reader = SharedFD(pipe.reader)
    }
    do { _ = try PacketSocket.receive(server.raw) }
    #expect(try readSome(reader.raw, capacity: 1) == [], "end of file: the writing end is gone")
  }

  @Test("too many descriptors and too many bytes are refused before they are sent")
  func limits() throws {
    let scratch = try ScratchDirectory()
    let (client, _) = try pair(scratch)
    let tooMany = #expect(throws: SyscallError.self) {
      try PacketSocket.send(client.raw, [1], descriptors: [Int32](repeating: client.raw, count: 17))
    }
    #expect(tooMany?.errno == EINVAL)
    let tooLarge = #expect(throws: SyscallError.self) {
      try PacketSocket.send(client.raw, [UInt8](repeating: 0, count: PacketSocket.limit + 1))
    }
    #expect(tooLarge?.errno == EMSGSIZE)
  }

  @Test("the end of the other side is an empty packet, or EPIPE")
  func end() throws {
    let scratch = try ScratchDirectory()
    let server: SharedFD
    do { (_, server) = try pair(scratch) }
    #expect(try PacketSocket.receive(server.raw).bytes.isEmpty)
    let error = #expect(throws: SyscallError.self) { try PacketSocket.send(server.raw, [1]) }
    #expect(error?.errno == EPIPE)
  }

  @Test("nobody listens: ENOENT or ECONNREFUSED")
  func nobody() throws {
    let scratch = try ScratchDirectory()
    let missing = #expect(throws: SyscallError.self) {
      _ = try PacketSocket.connect(in: scratch.descriptor, named: "none")
    }
    #expect(missing?.errno == ENOENT)
    do { _ = try PacketSocket.listen(in: scratch.descriptor, named: "dead") }
    let dead = #expect(throws: SyscallError.self) {
      _ = try PacketSocket.connect(in: scratch.descriptor, named: "dead")
    }
    #expect(dead?.errno == ECONNREFUSED)
  }
}
