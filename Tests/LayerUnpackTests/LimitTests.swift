import ArchiveTestKit
import Glibc
import Linux
import Testing
import UnpackPlan

@Suite("An archive that costs too much is refused by name (SEC-44)", .enabled(if: isRoot, "needs root"))
struct LimitTests {
  private func kind(
    _ change: (inout UnpackLimits) -> Void = { _ in },
    _ build: (inout TarWriter) -> Void
  ) throws -> UnpackFailure.Kind? {
    var tar = TarWriter()
    build(&tar)
    let unpacking = try Unpacking.of(tar.finished, change)
    #expect(try unpacking.outsideIsUntouched())
    return unpacking.failure?.kind
  }

  @Test("Content, entries, depth, names, links and attributes have limits")
  func counted() throws {
    #expect(try kind({ $0.bytes = 20_000 }) { $0.file("a", String(repeating: "x", count: 20_001)) } == .tooManyBytes)
    #expect(try kind({ $0.entries = 3 }) { tar in for index in 0..<4 { tar.file("f\(index)") } } == .tooManyEntries)
    #expect(try kind({ $0.entries = 4 }) { tar in for index in 0..<4 { tar.file("f\(index)") } } == nil)
    let deep = (0..<40).map { _ in "d" }.joined(separator: "/")
    #expect(try kind({ $0.depth = 39 }) { $0.directory(deep) } == .tooDeep)
    #expect(try kind({ $0.depth = 39 }) { $0.file(deep + "/f") } == .tooDeep)
    #expect(try kind({ $0.depth = 40 }) { $0.file(deep + "/f") } == nil)
    #expect(try kind { $0.file(String(repeating: "n", count: 256)) } == .pathTooLong)
    #expect(try kind { $0.symlink(String(repeating: "n/", count: 3000), "l") } == .pathTooLong)
    let value = [UInt8](repeating: 65, count: 5000)
    let attributes: (inout TarWriter) -> Void = { $0.entry("a") { $0.pax = [("SCHILY.xattr.user.big", value)] } }
    #expect(try kind({ $0.attributeBytes = 5000 }, attributes) == .attributesTooLarge)
    #expect(
      try kind({ $0.opaqueDirectories = 2 }) { tar in for index in 0..<3 { tar.file("d\(index)/.wh..wh..opq") } }
        == .tooManyOpaqueDirectories
    )
  }

  @Test("Depth is counted where links lead, not where names say")
  func depthThroughLinks() throws {
    let failure = try kind({ $0.depth = 50 }) { tar in
      tar.directory("a/a/a/a/a/a/a/a/a/a")
      tar.symlink("a/a/a/a/a/a/a/a/a/a", "s")
      for _ in 0..<6 {
        tar.directory("s/a/a/a/a/a/a/a/a/a/a")
        tar.symlink("s/a/a/a/a/a/a/a/a/a/a", "t")
        tar.directory("t/a/a/a/a/a/a/a/a/a/a")
        tar.symlink("t/a/a/a/a/a/a/a/a/a/a", "s2")
        tar.directory("s2/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a")
      }
    }
    #expect(failure == .tooDeep)
  }

  @Test("Links in a circle, links to nothing, and directories where files are end it")
  func links() throws {
    #expect(
      try kind {
        $0.symlink("b", "a")
        $0.symlink("a", "b")
        $0.file("a/f")
      } == .symlinkLoop
    )
    #expect(try kind { $0.link("nothing", "l") } == .invalidLink)
    #expect(try kind { $0.link("no/such/dir", "l") } == .invalidLink)
    #expect(
      try kind {
        $0.directory("d")
        $0.link("d", "l")
      } == .invalidLink
    )
    #expect(try kind { $0.link("/", "l") } == .invalidLink)
    #expect(
      try kind {
        $0.file("f")
        $0.file("f/below")
      } == .fileSystem
    )
  }

  @Test("Numbers out of range are refused, not cut off (SEC-43)")
  func numbers() throws {
    func device(_ major: UInt64, _ minor: UInt64) throws -> UnpackFailure.Kind? {
      try kind {
        $0.entry("d") {
          $0.type = "3"
          $0.major = major
          $0.minor = minor
        }
      }
    }
    #expect(try device(4096, 0) == .invalidDevice)
    #expect(try device(1, 1 << 20) == .invalidDevice)
    #expect(try device(1 << 33, 3) == .invalidDevice)
    #expect(try device(4095, 1 << 20 - 1) == nil)
    #expect(try kind { $0.entry("f") { $0.uid = 1 << 32 } } == .archive)
    #expect(try kind { $0.entry("f") { $0.uid = 1 << 32 - 1 } } == .archive)
  }

  @Test("What is cut off, empty or no archive is refused")
  func damaged() throws {
    var tar = TarWriter()
    tar.file("a", String(repeating: "x", count: 5000))
    #expect(try Unpacking.of(Array(tar.bytes.prefix(3000))).failure?.kind == .archive)
    #expect(try Unpacking.of([]).failure?.kind == .archive)
    #expect(try Unpacking.of(Array("no archive, only words".utf8)).failure?.kind == .archive)
    var broken = tar.finished
    broken[20] ^= 0xFF
    #expect(try Unpacking.of(broken).failure?.kind == .archive)
    // The magic number of gzip, then nothing that follows it.
    #expect(try Unpacking.of([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]).failure?.kind == .archive)
  }

  @Test("An archive may end behind its last byte of data, as umoci's do, and nowhere else")
  func missingEnd() throws {
    var tar = TarWriter()
    tar.file("a", String(repeating: "x", count: 700))
    let full = tar.bytes
    let last = full.count - (1024 - 700)
    for (count, isWhole) in [
      (full.count, true), (last, true), (last - 1, false), (last + 1, false), (last - 300, false),
    ] {
      let unpacking = try Unpacking.of(Array(full.prefix(count)))
      #expect(
        (unpacking.failure == nil) == isWhole,
        "\(count) of \(full.count): \(String(describing: unpacking.message))"
      )
      if isWhole { #expect(unpacking.report?.plainBytes == Int64(count) && unpacking.status("a")?.st_size == 700) }
    }
    // A header that is cut off, also where as much of it is left as the padding would not have been.
    tar.file("b", "y")
    for count in [1, 188, 511] {
      #expect(try Unpacking.of(Array(tar.bytes.prefix(full.count + count))).failure?.kind == .archive, "\(count)")
    }
  }

  @Test("A pax header beyond a mebibyte is refused before it is held in memory")
  func paxHeader() throws {
    var tar = TarWriter()
    tar.entry("PaxHeader") {
      $0.type = "x"
      $0.size = 1 << 32
    }
    let failure = try Unpacking.of(tar.bytes + [UInt8](repeating: 65, count: 3 << 20)).failure
    #expect(failure?.kind == .archive)
  }

  /// Runs a shell pipeline into the child's input and returns what became of it, with its greatest resident set.
  private func unpack(from script: String, _ change: (inout UnpackLimits) -> Void) throws -> (Unpacking, kilobytes: Int)
  {
    let unpacking = try Unpacking()
    var limits = UnpackLimits.standard
    change(&limits)
    let (shell, pid, report) = try startBoth(script, unpacking, limits)
    let kilobytes = greatestResidentSet(of: pid, until: report.raw)
    let bytes = try readAll(report.raw, limit: UnpackReport.limit)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    waitpid(shell, &status, 0)
    try unpacking.said(bytes)
    #expect(kilobytes > 0, "the child was never looked at")
    return (unpacking, kilobytes)
  }

  /// `VmHWM` of the child, looked at until it reports. (`ru_maxrss` would count what this process had when it spawned it.)
  private func greatestResidentSet(of pid: Int32, until report: Int32) -> Int {
    var greatest = 0
    var entry = pollfd(fd: report, events: Int16(POLLIN), revents: 0)
    var isRunning = true
    while isRunning {
      isRunning = poll(&entry, 1, 1) == 0
      // A child that is gone has no status any more.
      let status = (try? readKernelFile(AT_FDCWD, "/proc/\(pid)/status")) ?? ""
      let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      // Before execve the image is the spawning process's own.
      guard status.hasPrefix("Name:\tswiftlet-unpack\n"), let line else { continue }
      greatest = max(greatest, line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0)
    }
    return greatest
  }

  /// The pipe between the two is theirs alone: a shell that writes for ever ends when the child does.
  private func startBoth(
    _ script: String,
    _ unpacking: Unpacking,
    _ limits: UnpackLimits
  ) throws -> (shell: Int32, child: Int32, report: SharedFD) {
    let pipe = try Pipe()
    let shell = try spawnProgram(
      "/bin/sh",
      arguments: ["sh", "-c", script],
      environment: ["PATH=/usr/bin:/bin"],
      descriptors: [-1, pipe.writer.raw, -1]
    )
    let (pid, report) = try unpacking.start(descriptor: pipe.reader.raw, limits)
    return (shell, pid, report)
  }

  @Test("Bombs are refused by their ratio, within little memory", arguments: ["gzip -1", "zstd -q -1"])
  func bombs(_ compressor: String) throws {
    let script = "d=$(mktemp -d); truncate -s 64M $d/zeros; tar -cf - -C $d zeros | \(compressor); rm -r $d"
    let (unpacking, kilobytes) = try unpack(from: script) { $0.ratioFloor = 8 << 20 }
    #expect(unpacking.failure?.kind == .tooCompressed, "\(String(describing: unpacking.message))")
    #expect(kilobytes < 64 << 10)
  }

  @Test("A zstd window that does not fit the memory limit is refused", arguments: [27, 31])
  func windows(_ log: Int) throws {
    let script = "head -c 3M /dev/zero | zstd -q --ultra -1 --long=\(log) -c"
    let (unpacking, kilobytes) = try unpack(from: script) { _ in }
    #expect(unpacking.failure?.kind == .archive, "\(String(describing: unpacking.message))")
    #expect(unpacking.failure?.detail.contains("memory") == true)
    #expect(kilobytes < 64 << 10)
  }

  @Test(
    "Headers without an entry are refused, however many and of whichever kind; so are entries without end",
    arguments: [
      ("x", UnpackFailure.Kind.archive), ("g", .archive), ("L", .archive), ("K", .invalidName), ("0", .tooManyEntries),
    ] as [(Character, UnpackFailure.Kind)]
  )
  func headers(_ type: Character, _ expected: UnpackFailure.Kind) throws {
    var tar = TarWriter()
    tar.entry("same", data: type == "0" ? [] : Array("12 comment=x".utf8) + [10]) { $0.type = type }
    let block = try Scratch()
    let many = (0..<500).flatMap { _ in tar.bytes }
    let script = "while cat \(try block.file("headers", many)); do :; done"
    let (unpacking, kilobytes) = try unpack(from: script) { $0.entries = 20_000 }
    #expect(unpacking.failure?.kind == expected, "\(String(describing: unpacking.message))")
    #expect(kilobytes < 64 << 10)
    #expect(try unpacking.outsideIsUntouched())
  }

  @Test("An archive without end is refused when its bytes are used up")
  func endless() throws {
    let script = "d=$(mktemp -d); truncate -s 1G $d/zeros; tar -cf - -C $d zeros; rm -r $d"
    #expect(try unpack(from: script) { $0.bytes = 32 << 20 }.0.failure?.kind == .tooManyBytes)
    // After the end of the tar archive bytes go on, and are counted.
    let tail = "tar -cf - /dev/null 2>/dev/null; cat /dev/zero"
    #expect(try unpack(from: tail) { $0.bytes = 32 << 20 }.0.failure?.kind == .tooManyBytes)
  }

  @Test("Processor time is limited by the kernel")
  func processorTime() throws {
    let script = "d=$(mktemp -d); truncate -s 100G $d/zeros; tar -cf - -C $d zeros | cat; rm -r $d"
    let unpacking = try Unpacking()
    var limits = UnpackLimits.standard
    limits.cpuSeconds = 1
    limits.bytes = 1 << 50
    let (shell, pid, report) = try startBoth(script, unpacking, limits)
    #expect(try readAll(report.raw, limit: 1000) == [])
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    #expect([.signaled(SIGXCPU), .signaled(SIGKILL)].contains(Linux.ExitStatus(waitStatus: status)))
    waitpid(shell, &status, 0)
  }
}

@Suite("Directories without an entry of their own are counted", .enabled(if: isRoot, "needs root"))
struct ImpliedDirectoryTests {
  private func archive(_ count: Int) -> [UInt8] {
    let long = String(repeating: "x", count: 60)
    var tar = TarWriter()
    for index in 0..<count { tar.file("\(long)-\(index)/f") }
    return tar.finished
  }

  @Test("As many as allowed are reported, one more is refused by name")
  func limit() throws {
    // The root is one of them.
    let unpacking = try Unpacking.of(archive(999)) { $0.impliedDirectories = 1000 }
    #expect(unpacking.report?.impliedDirectories.count == 1000, "\(String(describing: unpacking.failure))")
    #expect(try Unpacking.of(archive(10)) { $0.impliedDirectories = 10 }.failure?.kind == .tooManyImpliedDirectories)
  }

  @Test("What gets an entry later, or is removed again, is none")
  func corrected() throws {
    let unpacking = try Unpacking.of { tar in
      tar.file("late/f")
      tar.directory("late")
      tar.file("gone/deep/f")
      tar.file("gone", "a file now")
      tar.file("kept/f")
      tar.directory(".")
    }
    #expect(unpacking.report?.impliedDirectories == [Array("kept".utf8)], "\(String(describing: unpacking.message))")
  }
}

@Suite("The files of an archive of images", .enabled(if: isRoot, "needs root"))
struct FilePurposeTests {
  @Test("come out with content only; nodes do not come out, links stay, owners and modes mean nothing")
  func content() throws {
    let unpacking = try Unpacking()
    var tar = TarWriter()
    tar.entry("a/b", data: Array("text".utf8)) {
      $0.mode = 0o6777
      $0.uid = 7
      $0.pax = [("SCHILY.xattr.user.key", [1])]
    }
    tar.symlink("../a/b", "c/link")
    tar.link("a/b", "hard")
    tar.entry("node") {
      $0.type = "4"
      $0.major = 8
    }
    tar.file(".wh.a")
    tar.symlink("/", "root")
    tar.file("root/../../escape", "in")
    let file = try openAt(AT_FDCWD, unpacking.scratch.file("archive", tar.finished), O_RDONLY)
    try unpacking.run(descriptor: file.raw, .standard, purpose: ["files"])
    #expect(unpacking.failure == nil && unpacking.report?.skipped == [.unknownType: 1])
    let status = try #require(unpacking.status("a/b"))
    #expect(status.st_mode == S_IFREG | 0o600 && status.st_uid == 0 && status.st_nlink == 2)
    #expect(try unpacking.content("c/link") == "text" && unpacking.content("escape") == "in")
    #expect(unpacking.status("node") == nil && unpacking.status("a") != nil)
    #expect(try unpacking.outsideIsUntouched())
  }

  @Test("What is no purpose is refused")
  func unknown() throws {
    let unpacking = try Unpacking()
    let file = try openAt(AT_FDCWD, unpacking.scratch.file("archive", [1]), O_RDONLY)
    try unpacking.run(descriptor: file.raw, .standard, purpose: ["other"])
    #expect(unpacking.failure?.kind == .request)
  }
}
