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
