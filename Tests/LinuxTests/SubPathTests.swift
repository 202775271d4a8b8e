import CLinux
import Foundation
import Glibc
import Linux
import Synchronization
import Testing

@Suite("SEC-26: a path in a volume stays in the volume")
struct SubPathTests {
  /// A volume with a mode of its own, beside something that is not in it.
  private func withVolume(_ body: (ScratchDirectory, Int32) throws -> Void) throws {
    let scratch = try ScratchDirectory()
    try makeDirectory(scratch.descriptor, "outside")
    try write("secret", scratch.path + "/outside/secret")
    try makeDirectory(scratch.descriptor, "volume")
    let volume = try openDirectory(scratch.descriptor, "volume")
    try ensureDirectories(scratch.path + "/volume/dir/deep", mode: 0o755)
    try write("inside", scratch.path + "/volume/dir/file")
    let links = [
      "inside": "dir", "inside-up": "dir/../dir/deep", "dir/up": "..", "dir/out": "../../outside", "out": "../outside",
      "out-and-back": "../volume/dir", "absolute": scratch.path + "/outside",
      "absolute-inside": scratch.path + "/volume/dir",
      "root": "/", "loop": "loop", "dangling": "not-there", "chain": "inside/out", "proc": "/proc/self/root",
    ]
    for (name, target) in links { try check("symlinkat") { symlinkat(target, volume.raw, name) } }
    try check("fchmodat") { fchmodat(scratch.descriptor, "volume", 0o2770, 0) }
    try body(scratch, volume.raw)
    let outside = try openDirectory(scratch.descriptor, "outside")
    #expect(try entries(of: outside.raw) == ["secret"])
    #expect(try scratch.names == ["outside", "volume"])
  }

  private func write(_ text: String, _ path: String) throws {
    let file = try openAt(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL)
    try writeAll(file.raw, Array(text.utf8))
  }

  /// Where it led, below the volume.
  private func open(_ path: String, _ volume: Int32, _ scratch: ScratchDirectory) throws(SyscallError) -> String {
    let opened = try openSubPath(path, of: volume)
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/fd/\(opened.raw)", &buffer, buffer.count)
    let target = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return target.hasPrefix(scratch.path + "/volume") ? String(target.dropFirst(scratch.path.utf8.count + 7)) : target
  }

  @Test("What is there is opened, links inside are followed")
  func present() throws {
    try withVolume { scratch, volume in
      for (path, place) in [
        ("dir", "/dir"), ("dir/deep", "/dir/deep"), ("dir/deep/", "/dir/deep"), ("./dir//./deep", "/dir/deep"),
        (".", ""), ("dir/file", "/dir/file"), ("inside", "/dir"), ("inside/file", "/dir/file"),
        ("inside-up", "/dir/deep"), ("dir/up", ""), ("dir/up/dir/up/inside", "/dir"),
      ] {
        let found = try open(path, volume, scratch)
        #expect(found == place, "\(path)")
      }
    }
  }

  @Test("What is missing is made, with the mode of the volume's root")
  func missing() throws {
    try withVolume { scratch, volume in
      for (path, place) in [("new", "/new"), ("a/b/c", "/a/b/c"), ("inside/d/e", "/dir/d/e"), ("a/./x/", "/a/x")] {
        let found = try open(path, volume, scratch)
        #expect(found == place, "\(path)")
      }
      var root = stat()
      fstat(volume, &root)
      for made in ["new", "a", "a/b", "a/b/c", "a/x", "dir/d", "dir/d/e"] {
        var status = stat()
        try check("fstatat") { fstatat(volume, made, &status, AT_SYMLINK_NOFOLLOW) }
        #expect(status.st_mode == S_IFDIR | 0o2770, "\(made)")
        #expect((status.st_uid, status.st_gid) == (root.st_uid, root.st_gid), "\(made)")
      }
      var status = stat()
      try check("fstatat") { fstatat(volume, "dir/deep", &status, 0) }
      #expect(status.st_mode & 0o7777 == 0o755, "what was there before stays as it was")
    }
  }

  @Test(
    "What leads out is refused, and nothing is made on the way",
    arguments: [
      ("out", EXDEV), ("out/secret", EXDEV), ("out/new", EXDEV), ("dir/out", EXDEV), ("inside/out/new", EXDEV),
      ("chain", EXDEV), ("out-and-back", EXDEV), ("absolute", EXDEV), ("absolute/secret", EXDEV),
      ("absolute/new/dir", EXDEV), ("absolute-inside", EXDEV), ("root", EXDEV), ("root/etc", EXDEV), ("proc", EXDEV),
      ("dir/up/out", EXDEV), ("new/../../outside", EINVAL), ("..", EINVAL), ("dir/..", EINVAL), ("../outside", EINVAL),
      ("/", EINVAL), ("/dir", EINVAL), ("loop", ELOOP), ("loop/x", ELOOP), ("dangling", ENOENT), ("dangling/x", ENOENT),
      ("dir/file/x", ENOTDIR), ("dir/file/x/y", ENOTDIR), ("dir/file/", ENOTDIR),
      (String(repeating: "d/", count: 65), EINVAL), ("dir/" + String(repeating: "n", count: 256), ENAMETOOLONG),
    ]
  )
  func refused(_ path: String, _ code: Int32) throws {
    try withVolume { scratch, volume in
      let before = try entries(of: volume)
      let error = #expect(throws: SyscallError.self) { _ = try openSubPath(path, of: volume) }
      #expect(error?.errno == code, "\(path): \(error.map { "\($0)" } ?? "opened")")
      #expect(try entries(of: volume) == before, "\(path)")
    }
  }

  @Test("A directory that somebody puts in the place of the new one keeps its owner and its mode")
  func replacedMeanwhile() throws {
    let scratch = try ScratchDirectory()
    try makeDirectory(scratch.descriptor, "volume")
    let volume = try openDirectory(scratch.descriptor, "volume")
    try check("fchmod") { [raw = volume.raw] in fchmod(raw, 0o777) }
    try makeDirectory(volume.raw, "private", mode: 0o700)
    let theirs = try openDirectory(volume.raw, "private")
    try makeDirectory(theirs.raw, "inner")
    let path = scratch.path + "/volume"
    // A thread of its own: tasks wait for each other where many tests run at a time.
    let exchanged = Exchanges()
    Thread.detachNewThread {
      while !exchanged.isEnough {
        if lx_renameat2(AT_FDCWD, path + "/new", AT_FDCWD, path + "/private", 2) == 0 { exchanged.count() }
      }
    }
    var spoiled = 0
    while !exchanged.isEnough {
      _ = try openSubPath("new", of: volume.raw)
      var status = stat()
      try check("fstat") { [raw = theirs.raw] in fstat(raw, &status) }
      if status.st_mode & 0o7777 != 0o700 {
        spoiled += 1
        try check("fchmod") { [raw = theirs.raw] in fchmod(raw, 0o700) }
      }
      // Whichever of the two is new goes; the other one has something in it.
      while access(path + "/new", F_OK) == 0 {
        if rmdir(path + "/private") == 0 { rename(path + "/new", path + "/private") }
        rmdir(path + "/new")
      }
    }
    #expect(spoiled == 0)
  }

  @Test("Links of /proc are never followed, even where /proc is in the volume")
  func magicLinks() throws {
    let proc = try openDirectory(AT_FDCWD, "/proc")
    for path in ["self/root", "self/cwd", "self/exe", "self/root/etc", "self/fd/\(proc.raw)"] {
      let error = #expect(throws: SyscallError.self) { _ = try openSubPath(path, of: proc.raw) }
      #expect([ELOOP, EXDEV].contains(error?.errno), "\(path): \(error.map { "\($0)" } ?? "opened")")
    }
  }
}

/// Counts what an attacker has done.
private final class Exchanges: Sendable {
  private let made = Atomic<Int>(0)
  var isEnough: Bool { made.load(ordering: .relaxed) >= 20_000 }
  func count() { made.wrappingAdd(1, ordering: .relaxed) }
}
