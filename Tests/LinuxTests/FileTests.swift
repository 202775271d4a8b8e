import Glibc
import Linux
import Synchronization
import Testing

private final class Flag: Sendable {
  let isDone = Atomic<Bool>(false)
}

@Suite("Files are replaced as a whole and read without being led astray")
struct FileTests {
  @Test("a reader sees the old content or the new one, never anything else")
  func replacedAsAWhole() async throws {
    let scratch = try ScratchDirectory()
    let versions = [[UInt8](repeating: 0x61, count: 40_000), [UInt8](repeating: 0x62, count: 70_000)]
    try replaceFile(in: scratch.descriptor, named: "file", with: versions[0], durability: .untilReboot)
    let flag = Flag()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for index in 1...200 {
          try replaceFile(in: scratch.descriptor, named: "file", with: versions[index % 2], durability: .untilReboot)
        }
        flag.isDone.store(true, ordering: .relaxed)
      }
      group.addTask {
        while !flag.isDone.load(ordering: .relaxed) {
          let seen = try readRegularFile(scratch.descriptor, "file", limit: 1 << 20)
          #expect(versions.contains(seen), "\(seen.count) bytes")
        }
      }
      try await group.waitForAll()
    }
    #expect(try scratch.names == ["file"])
  }

  @Test("a replacement that fails leaves the old file and nothing beside it")
  func failedReplacement() throws {
    let scratch = try ScratchDirectory()
    try makeDirectory(scratch.descriptor, "taken")
    try makeDirectory(scratch.descriptor, "taken/full")
    #expect(throws: SyscallError.self) {
      try replaceFile(in: scratch.descriptor, named: "taken", with: [1], durability: .synced)
    }
    #expect(try scratch.names == ["taken"])
  }

  @Test("a replacement does not write through a link")
  func replacesLink() throws {
    let scratch = try ScratchDirectory()
    try scratch.write("target", "old")
    try check("symlinkat") { symlinkat("target", scratch.descriptor, "link") }
    try scratch.write("link", "new")
    #expect(try readRegularFile(scratch.descriptor, "target", limit: 10) == Array("old".utf8))
    #expect(try readRegularFile(scratch.descriptor, "link", limit: 10) == Array("new".utf8))
  }

  @Test("only regular files are read, without waiting and without following a link")
  func regularFilesOnly() throws {
    let scratch = try ScratchDirectory()
    try check("mkfifoat") { mkfifoat(scratch.descriptor, "fifo", 0o600) }
    try check("symlinkat") { symlinkat("/etc/passwd", scratch.descriptor, "link") }
    try makeDirectory(scratch.descriptor, "directory")
    try scratch.write("large", "12345")
    for (name, code) in [("fifo", EINVAL), ("link", ELOOP), ("directory", EINVAL), ("large", EFBIG), ("none", ENOENT)] {
      let error = #expect(throws: SyscallError.self) { try readRegularFile(scratch.descriptor, name, limit: 4) }
      #expect(error?.errno == code, "\(name)")
    }
    let device = #expect(throws: SyscallError.self) { try readRegularFile(AT_FDCWD, "/dev/zero", limit: 4) }
    #expect(device?.errno == EINVAL)
    #expect(try readRegularFile(scratch.descriptor, "large", limit: 5).count == 5)
  }

  @Test("everything is written into a pipe that takes little at a time")
  func writesEverything() async throws {
    let pipe = try Pipe()
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
    let writer = pipe.writer.raw
    let thread = Task.detached { try writeAll(writer, bytes) }
    var seen: [UInt8] = []
    while seen.count < bytes.count { seen += try readSome(pipe.reader.raw, capacity: 1000) }
    try await thread.value
    #expect(seen == bytes)
  }

  @Test("what is read has an upper bound")
  func bounded() throws {
    let pipe = try Pipe()
    try writeAll(pipe.writer.raw, [UInt8](repeating: 1, count: 5000))
    let error = #expect(throws: SyscallError.self) { try readAll(pipe.reader.raw, limit: 4999) }
    #expect(error?.errno == EFBIG)
  }

  @Test("a sealed memory can be read by everybody and changed by nobody")
  func sealed() throws {
    let bytes = [UInt8](repeating: 7, count: 100_000)
    let memory = try sealBytes(bytes, name: "test")
    #expect(try readSealed(memory.raw, limit: 100_000) == bytes)
    let (raw, byte) = (memory.raw, UInt8(1))
    #expect(pwrite(raw, [byte], 1, 0) == -1 && errno == EPERM)
    #expect(ftruncate(raw, 0) == -1 && errno == EPERM)
    let tooLarge = #expect(throws: SyscallError.self) { try readSealed(raw, limit: 99_999) }
    #expect(tooLarge?.errno == EFBIG)
  }

  @Test("what is not sealed is not read")
  func notSealed() throws {
    let scratch = try ScratchDirectory()
    try scratch.write("file", "text")
    let file = try openAt(scratch.descriptor, "file", O_RDWR)
    #expect(throws: SyscallError.self) { try readSealed(file.raw, limit: 100) }
  }
}
