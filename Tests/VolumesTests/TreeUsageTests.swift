import CLinux
import Foundation
import Glibc
import Linux
import Synchronization
import Testing
import Volumes

@Suite("What a directory tree takes is added up piece by piece, whatever becomes of it meanwhile")
struct TreeUsageTests {
  private func usage(of scratch: Scratch, entries: Int = 7) throws -> TreeUsage {
    let root = try openDirectory(scratch.descriptor, "tree")
    var usage = try TreeUsage(of: root.raw)
    while try !usage.advance(entries: entries) {}
    return usage
  }

  /// du(1) in bytes of blocks.
  private func du(_ path: String) throws -> Int64 {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/du")
    process.arguments = ["-s", "-x", "--block-size=512", path]
    let pipe = Foundation.Pipe()
    process.standardOutput = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return 512 * (Int64(text.prefix { $0.isNumber }) ?? -1)
  }

  private func write(_ path: String, kibibytes: Int) throws {
    let file = try openAt(AT_FDCWD, path, O_WRONLY | O_CREAT)
    try writeAll(file.raw, [UInt8](repeating: 1, count: kibibytes << 10))
  }

  private func openDescriptors() throws -> Int {
    let own = try openDirectory(AT_FDCWD, "/proc/self/fd")
    return try entries(of: own.raw).count
  }

  @Test(
    "Files, sparse ones, links, names of one file, empty directories and odd names: the same as du says",
    arguments: ["/dev/shm", "/tmp"],
    [1, 7, 100_000]
  )
  func likeDu(_ folder: String, _ entries: Int) throws {
    let scratch = try Scratch(in: folder)
    let tree = scratch.path + "/tree"
    try ensureDirectories(tree + "/a/b/c")
    for index in 0..<40 {
      try makeDirectory(AT_FDCWD, tree + "/a/d\(index)")
      try write(tree + "/a/d\(index)/f", kibibytes: index)
    }
    try write(tree + "/a/b/large", kibibytes: 3000)
    for index in 0..<3 { try check("link") { link(tree + "/a/b/large", tree + "/a/name\(index)") } }
    try write(tree + "/sparse", kibibytes: 4)
    try check("truncate") { truncate(tree + "/sparse", 1 << 40) }
    try check("symlink") { symlink("/", tree + "/out") }
    try check("mkfifo") { mkfifo(tree + "/fifo", 0o600) }
    for byte in 1...255 where byte != 0x2F {
      let name: [CChar] = tree.utf8CString.dropLast() + [0x2F, CChar(truncatingIfNeeded: byte), 0x78, 0]
      try check("mkdir") { mkdir(name, 0o700) }
    }
    let usage = try usage(of: scratch, entries: entries)
    #expect(usage.isComplete)
    #expect(usage.bytes == (try du(tree)))
    #expect(usage.bytes > 3 << 20)
  }

  @Test(
    "A tree deeper than what can be open at a time",
    arguments: ["/dev/shm", "/tmp"],
    [31, 63, 64, 65, 66, 200, 1500]
  )
  func deep(_ folder: String, _ depth: Int) throws {
    let scratch = try Scratch(in: folder)
    try makeDirectory(scratch.descriptor, "tree")
    var current = try openDirectory(scratch.descriptor, "tree")
    for level in 0..<depth {
      // Others beside the way, before and after it in whatever order the filesystem has.
      for name in ["a\(level)", "way", "z\(level)"] { try makeDirectory(current.raw, name) }
      let file = try openAt(current.raw, "file", O_WRONLY | O_CREAT)
      try writeAll(file.raw, [1])
      current = try openDirectory(current.raw, "way")
    }
    let before = try openDescriptors()
    let root = try openDirectory(scratch.descriptor, "tree")
    var usage = try TreeUsage(of: root.raw)
    var steps = 0
    while try !usage.advance(entries: 1) {
      steps += 1
      if steps % 512 == 0 {
        // Other tests of this process have theirs.
        #expect(try openDescriptors() < before + 400)
      }
    }
    #expect(usage.isComplete)
    #expect(usage.bytes == (try du(scratch.path + "/tree")))
  }

  @Test(
    "What is mounted in it does not count, also of the same filesystem",
    .enabled(if: geteuid() == 0, "only root mounts")
  )
  func mounts() throws {
    let scratch = try Scratch()
    try ensureDirectories(scratch.path + "/tree/mount")
    try makeDirectory(scratch.descriptor, "other")
    try write(scratch.path + "/other/file", kibibytes: 64)
    let before = try usage(of: scratch).bytes
    let copy = try cloneMount(AT_FDCWD, scratch.path + "/other", recursive: false)
    let target = try openAt(AT_FDCWD, scratch.path + "/tree/mount", openPathOnly)
    try attachMount(copy.raw, to: target.raw)
    defer { lx_umount2(scratch.path + "/tree/mount", Int32(LX_UMOUNT_DETACH)) }
    #expect(try usage(of: scratch).bytes == before)
  }

  @Test("While directories move and vanish it comes to an end, and counts nothing that is outside")
  func moving() throws {
    let scratch = try Scratch()
    let tree = scratch.path + "/tree"
    try makeDirectory(scratch.descriptor, "tree")
    try makeDirectory(scratch.descriptor, "outside")
    try write(scratch.path + "/outside/huge", kibibytes: 16 << 10)
    try check("symlink") { symlink("../outside", tree + "/link") }
    var path = tree
    for level in 0..<100 {
      path += "/d\(level)"
      try makeDirectory(AT_FDCWD, path)
      try write(path + "/file", kibibytes: 1)
    }
    let whole = try usage(of: scratch).bytes
    let isOver = Atomic(false)
    let top = tree + "/d0/d1/d2/d3/d4"
    let low =
      top + "/d5/d6/d7/d8/d9/d10/d11/d12/d13/d14/d15/d16/d17/d18/d19/d20/d21/d22/d23/d24/d25/d26/d27/d28/d29/d30"
    Thread.detachNewThread {
      while !isOver.load(ordering: .relaxed) {
        rename(low + "/d31/d32/d33/d34/d35/d36/d37", tree + "/moved")
        rename(tree + "/moved", low + "/d31/d32/d33/d34/d35/d36/d37")
        lx_renameat2(AT_FDCWD, tree + "/link", AT_FDCWD, top + "/file", 2)
      }
    }
    defer { isOver.store(true, ordering: .relaxed) }
    var (rounds, incomplete) = (0, 0)
    let end = ContinuousClock.now + .seconds(40)
    while rounds < 500 || (incomplete == 0 && .now < end) {
      rounds += 1
      let usage = try usage(of: scratch, entries: 3)
      #expect(usage.bytes <= 2 * whole)
      if !usage.isComplete { incomplete += 1 }
    }
    #expect(incomplete > 0, "nothing moved")
  }
}

@Suite("Whether a filesystem has grown is seen without looking at its files")
struct DiskFillTests {
  @Test("A file changes it, reading does not")
  func changes() throws {
    // A filesystem that nobody else uses.
    let mount = try MemoryFilesystem.make(mode: 0o700, bytes: 1 << 20)
    let root = try openDirectory(mount.raw, ".")
    let empty = try DiskFill(of: root.raw)
    #expect(try DiskFill(of: root.raw) == empty)
    let file = try openAt(root.raw, "file", O_RDWR | O_CREAT)
    let created = try DiskFill(of: root.raw)
    #expect(created != empty)
    try writeAll(file.raw, [UInt8](repeating: 1, count: 8192))
    #expect(try DiskFill(of: root.raw) != created)
    try check("unlinkat") { [raw = root.raw] in unlinkat(raw, "file", 0) }
  }
}
