import Glibc
import Linux
import Testing

@testable import Shim

/// A directory of a test's own, removed with its owner.
final class Scratch: Sendable {
  let path: String
  let descriptor: Int32

  init() throws {
    var template = Array("/tmp/swl-shim.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SyscallError("mkdtemp", errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    descriptor = try openDirectory(AT_FDCWD, path).release()
  }

  deinit {
    close(descriptor)
    if let parent = try? openDirectory(AT_FDCWD, "/tmp") {
      try? removeTree(parent.raw, String(path.dropFirst("/tmp/".count)))
    }
  }

  func text(_ name: String) throws -> String {
    String(decoding: try readRegularFile(descriptor, name, limit: 1 << 20), as: UTF8.self)
  }
}

@Suite("A log file is rotated by its writer, and no record is lost or torn")
struct LogFileTests {
  private func record(_ number: Int) -> [UInt8] {
    Array(
      "\(String(repeating: "0", count: 6 - "\(number)".count))\(number) \(String(repeating: "x", count: 4000))\n".utf8
    )
  }

  @Test("rotation keeps the newest files, each filled and none beyond its size")
  func rotation() throws {
    let scratch = try Scratch()
    let file = try LogFile(scratch.descriptor, path: "web/0.log", largest: 20_000, files: 4)
    for number in 0..<100 { file.append(record(number)) }
    #expect(!file.isBlocked)
    let web = try openDirectory(scratch.descriptor, "web")
    #expect(try entries(of: web.raw) == ["0.log", "0.log.1", "0.log.2", "0.log.3"])
    var numbers: [Int] = []
    for name in ["0.log.3", "0.log.2", "0.log.1", "0.log"] {
      let text = try scratch.text("web/" + name)
      #expect(text.utf8.count <= 20_000)
      numbers += text.split(separator: "\n").compactMap { Int($0.prefix(6)) }
    }
    #expect(numbers == Array(84..<100))
  }

  @Test("one file only: the old content goes")
  func single() throws {
    let scratch = try Scratch()
    let file = try LogFile(scratch.descriptor, path: "0.log", largest: 20_000, files: 1)
    for number in 0..<9 { file.append(record(number)) }
    #expect(try entries(of: scratch.descriptor) == ["0.log"])
    #expect(try scratch.text("0.log").split(separator: "\n").compactMap { Int($0.prefix(6)) } == [8])
  }

  @Test("a file that is there already is appended to")
  func appends() throws {
    let scratch = try Scratch()
    try LogFile(scratch.descriptor, path: "0.log", largest: 20_000, files: 2).append(record(1))
    try LogFile(scratch.descriptor, path: "0.log", largest: 20_000, files: 2).append(record(2))
    #expect(try scratch.text("0.log").split(separator: "\n").compactMap { Int($0.prefix(6)) } == [1, 2])
  }

  @Test("links, directories and FIFOs in the way are errors", arguments: ["0.log", "web/0.log"])
  func inTheWay(_ path: String) throws {
    let scratch = try Scratch()
    try makeDirectory(scratch.descriptor, "outside")
    let isNested = path.contains("/")
    try check("symlinkat") {
      symlinkat(isNested ? "outside" : "outside/file", scratch.descriptor, isNested ? "web" : "0.log")
    }
    #expect(throws: SyscallError.self) { try LogFile(scratch.descriptor, path: path, largest: 1, files: 1) }
    let outside = try openDirectory(scratch.descriptor, "outside")
    #expect(try entries(of: outside.raw).isEmpty)
    unlinkat(scratch.descriptor, isNested ? "web" : "0.log", 0)
    let name = isNested ? "web" : "0.log"
    try check("mkfifoat") { mkfifoat(scratch.descriptor, name, 0o600) }
    #expect(throws: SyscallError.self) { try LogFile(scratch.descriptor, path: path, largest: 1, files: 1) }
  }

  @Test(
    "a path that leads out of the log directory is an error",
    arguments: ["../x.log", "a/../../x.log", "a/b/c.log"]
  )
  func outside(_ path: String) throws {
    let scratch = try Scratch()
    #expect(throws: SyscallError.self) { try LogFile(scratch.descriptor, path: path, largest: 1, files: 1) }
  }

  @Test("a rotation that failed half-way is carried on with, and nothing is lost")
  func interruptedRotation() throws {
    let scratch = try Scratch()
    let file = try LogFile(scratch.descriptor, path: "0.log", largest: 20_000, files: 3)
    for number in 0..<4 { file.append(record(number)) }
    // A directory where the rotated file is to go: the kernel refuses the rename.
    try makeDirectory(scratch.descriptor, "0.log.1")
    try makeDirectory(scratch.descriptor, "0.log.1/x")
    try makeDirectory(scratch.descriptor, "0.log.2")
    try makeDirectory(scratch.descriptor, "0.log.2/x")
    for number in 4..<8 { file.append(record(number)) }
    #expect(file.isBlocked)
    try removeTree(scratch.descriptor, "0.log.1")
    try removeTree(scratch.descriptor, "0.log.2")
    file.append([])
    #expect(!file.isBlocked)
    let all = try ["0.log.2", "0.log.1", "0.log"].filter { try entries(of: scratch.descriptor).contains($0) }
      .map { try scratch.text($0) }.joined()
    #expect(all.split(separator: "\n").compactMap { Int($0.prefix(6)) } == Array(0..<8))
  }

  @Test("the current file was taken away meanwhile: the next rotation makes a new one")
  func vanished() throws {
    let scratch = try Scratch()
    let file = try LogFile(scratch.descriptor, path: "0.log", largest: 20_000, files: 3)
    for number in 0..<4 { file.append(record(number)) }
    try removeTree(scratch.descriptor, "0.log")
    for number in 4..<8 { file.append(record(number)) }
    #expect(!file.isBlocked)
    #expect(try scratch.text("0.log").split(separator: "\n").compactMap { Int($0.prefix(6)) }.last == 7)
  }
}

@Suite("Whoever is attached gets every byte, however slowly they read")
struct LogPumpTests {
  @Test("a reader slower than the program gets everything and then the end")
  func slowReader() throws {
    let scratch = try Scratch()
    let output = try Pipe()
    let attached = try Pipe()
    try setNonBlocking(output.reader.raw)
    try setNonBlocking(attached.writer.raw)
    let stream = LogPump.Stream(output.reader, name: "stdout")
    let pump = LogPump(
      file: try LogFile(scratch.descriptor, path: "0.log", largest: 10 << 20, files: 1),
      streams: [stream]
    )
    stream.attached = consume attached.writer
    var writer: OwnedFD? = consume output.writer
    let count = 400_000
    var written = 0
    var seen: [UInt8] = []
    // One round is what the supervisor's loop does; the reader takes little each time.
    for _ in 0..<2000 {
      if let raw = writer?.raw {
        let bytes = (written..<min(count, written + 50_000)).map { UInt8(0x61 + $0 % 26) }
        try setNonBlocking(raw)
        let taken = write(raw, bytes, bytes.count)
        if taken > 0 { written += taken }
        if written == count { writer = nil }
      }
      if pump.isReadable(stream) { pump.read(stream) }
      if !stream.undelivered.isEmpty { pump.deliver(stream) }
      seen += (try? readWaiting(attached.reader.raw, 9000)) ?? []
      if seen.count == count { break }
    }
    #expect(seen == (0..<count).map { UInt8(0x61 + $0 % 26) })
    while stream.isOpen { pump.read(stream) }
    #expect(try readSome(attached.reader.raw, capacity: 1).isEmpty, "the end of file")
  }

  @Test("a program that ends while its reader still has bytes to take")
  func endBeforeDelivery() throws {
    let scratch = try Scratch()
    let output = try Pipe()
    let attached = try Pipe()
    try setNonBlocking(output.reader.raw)
    try setNonBlocking(attached.writer.raw)
    let stream = LogPump.Stream(output.reader, name: "stdout")
    let pump = LogPump(
      file: try LogFile(scratch.descriptor, path: "0.log", largest: 10 << 20, files: 1),
      streams: [stream]
    )
    stream.attached = consume attached.writer
    // More than a pipe takes.
    for _ in 0..<2 {
      try writeAll(output.writer.raw, [UInt8](repeating: 0x78, count: 60_000))
      pump.read(stream)
    }
    #expect(!stream.undelivered.isEmpty)
    _ = consume output.writer
    pump.finish()
    #expect(!stream.isOpen)
    var seen = 0
    while true {
      let bytes = try readSome(attached.reader.raw, capacity: 30_000)
      seen += bytes.count
      if !stream.undelivered.isEmpty { pump.deliver(stream) }
      if bytes.isEmpty { break }
    }
    #expect(seen == 120_000)
  }

  private func readWaiting(_ descriptor: Int32, _ capacity: Int) throws -> [UInt8] {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) > 0 ? try readSome(descriptor, capacity: capacity) : []
  }
}
