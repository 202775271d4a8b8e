import ArchiveTestKit
import CExtendedAttributes
import CLinux
import Glibc
import Linux
import Testing
import UnpackPlan

@Suite("A layer is what its archive says", .enabled(if: isRoot, "needs root"))
struct FidelityTests {
  private func attribute(_ path: String, _ name: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = xa_lget(path, name, &buffer, buffer.count)
    return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  private func attributes(_ path: String) -> [String] {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = xa_llist(path, &buffer, buffer.count)
    return buffer.prefix(max(0, count)).split(separator: 0)
      .map { String(decoding: $0.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self) }.sorted()
  }

  @Test("Owners, modes with set-user-id, times with nanoseconds, links and nodes come out as written")
  func metadata() throws {
    let unpacking = try Unpacking.of { tar in
      tar.directory("./", mode: 0o750, mtime: 1_111_111_111)
      tar.directory("bin", mode: 0o1777, mtime: 1_222_222_222)
      tar.entry("bin/su", data: Array("#!".utf8)) {
        $0.mode = 0o6755
        $0.uid = 1_000_000
        $0.gid = 65534
        $0.pax = [("mtime", Array("1234567890.123456789".utf8)), ("atime", Array("1234567891.5".utf8))]
      }
      tar.link("bin/su", "bin/su2")
      tar.entry("bin/link") {
        $0.type = "2"
        $0.link = "su"
        $0.uid = 7
        $0.mtime = 1_333_333_333
      }
      tar.entry("dev/sda") {
        $0.type = "4"
        $0.major = 8
        $0.minor = 70_000
        $0.mode = 0o660
      }
      tar.entry("dev/zero") {
        $0.type = "3"
        $0.major = 1
        $0.minor = 5
        $0.mode = 0o666
      }
      tar.entry("fifo") {
        $0.type = "6"
        $0.mode = 0o620
      }
    }
    #expect(unpacking.failure == nil)
    let file = try #require(unpacking.status("bin/su"))
    #expect(file.st_mode == S_IFREG | 0o6755)
    #expect(file.st_uid == 1_000_000 && file.st_gid == 65534 && file.st_nlink == 2)
    #expect(file.st_mtim.tv_sec == 1_234_567_890 && file.st_mtim.tv_nsec == 123_456_789)
    #expect(file.st_atim.tv_sec == 1_234_567_891 && file.st_atim.tv_nsec == 500_000_000)
    let directory = try #require(unpacking.status("bin"))
    #expect(directory.st_mode == S_IFDIR | 0o1777 && directory.st_mtim.tv_sec == 1_222_222_222)
    let root = try #require(unpacking.status("."))
    #expect(root.st_mode == S_IFDIR | 0o750 && root.st_mtim.tv_sec == 1_111_111_111)
    let link = try #require(unpacking.status("bin/link"))
    #expect(link.st_uid == 7 && link.st_mtim.tv_sec == 1_333_333_333)
    let disk = try #require(unpacking.status("dev/sda"))
    #expect(disk.st_mode == S_IFBLK | 0o660 && UInt64(disk.st_rdev) == UInt64(lx_makedev(8, 70_000)))
    #expect(unpacking.status("dev/zero")?.st_mode == S_IFCHR | 0o666)
    #expect(unpacking.status("fifo")?.st_mode == S_IFIFO | 0o620)
    #expect(unpacking.report?.impliedDirectories == [Array("dev".utf8)])
  }

  @Test("Without an entry of its own the root is 0755")
  func impliedRoot() throws {
    let unpacking = try Unpacking.of { $0.file("a", "b") }
    #expect(unpacking.status(".")?.st_mode == S_IFDIR | 0o755)
  }

  @Test("Capabilities and user attributes are kept; what overlayfs obeys is left out and counted (SEC-43)")
  func extendedAttributes() throws {
    // Version 2 capability data: cap_net_raw=ep.
    let capability: [UInt8] = [1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    let unpacking = try Unpacking.of { tar in
      tar.entry("ping", data: [1]) {
        $0.mode = 0o4755
        $0.uid = 5
        $0.pax = [
          ("SCHILY.xattr.security.capability", capability), ("SCHILY.xattr.user.key", Array("value".utf8)),
          ("SCHILY.xattr.security.selinux", Array("x".utf8)),
        ]
      }
      for name in ["opaque", "redirect", "metacopy"] {
        tar.entry("d-\(name)") {
          $0.type = "5"
          $0.mode = 0o755
          $0.pax = [
            ("SCHILY.xattr.trusted.overlay.\(name)", Array("y".utf8)),
            ("SCHILY.xattr.user.overlay.\(name)", Array("y".utf8)),
          ]
        }
      }
      tar.entry("link") {
        $0.type = "2"
        $0.link = "ping"
        $0.pax = [("SCHILY.xattr.user.key", Array("value".utf8))]
      }
    }
    let report = try #require(unpacking.report, "\(String(describing: unpacking.message))")
    #expect(attributes(unpacking.target + "/ping") == ["security.capability", "user.key"])
    #expect(attribute(unpacking.target + "/ping", "user.key") == "value")
    #expect(unpacking.status("ping")?.st_mode == S_IFREG | 0o4755)
    for name in ["opaque", "redirect", "metacopy"] {
      #expect(attributes(unpacking.target + "/d-\(name)") == [])
    }
    #expect(report.skipped == [.extendedAttribute: 7, .unsupportedAttribute: 1])
  }

  @Test("Whiteouts become devices 0:0, opaque directories are reported, in whatever order they come")
  func whiteouts() throws {
    let unpacking = try Unpacking.of { tar in
      tar.directory("a")
      tar.file("a/.wh.gone")
      tar.directory("o")
      tar.file("o/kept", "x")
      tar.file("o/.wh..wh..opq")
      // A directory and a whiteout of the same name: only what lies below is hidden.
      tar.directory("first")
      tar.file("first/kept", "x")
      tar.file(".wh.first")
      tar.file(".wh.second")
      tar.directory("second")
      tar.file(".wh.third")
      tar.file("third/kept", "x")
      tar.file(".wh.file")
      tar.file("file", "new")
      tar.file("other", "new")
      tar.file(".wh.other")
      // Opaque, then not there any more.
      tar.file("was/.wh..wh..opq")
      tar.file("was", "a file now")
    }
    let report = try #require(unpacking.report, "\(String(describing: unpacking.message))")
    #expect(Breakout.isWhiteout(unpacking, "a/gone"))
    #expect(report.opaqueDirectories.map { String(decoding: $0, as: UTF8.self) } == ["first", "o", "second", "third"])
    #expect(try unpacking.content("first/kept") == "x" && unpacking.content("third/kept") == "x")
    #expect(try unpacking.content("file") == "new" && unpacking.content("other") == "new")
  }

  @Test("Names that are not UTF-8, and long ones, are kept byte by byte, and can be replaced")
  func names() throws {
    let raw: [UInt8] = [0x62, 0xFF, 0xFE, 0x2F, 0x78]
    let long = String(repeating: "é", count: 120) + "/" + String(repeating: "x", count: 200)
    let unpacking = try Unpacking.of { tar in
      tar.entry(bytes: raw, data: [49])
      tar.file(long, "long")
      tar.entry(bytes: [0x62, 0xFF, 0xFE], data: [50])
    }
    #expect(unpacking.failure == nil)
    #expect(try unpacking.content(long) == "long")
    let root = try openDirectory(AT_FDCWD, unpacking.target)
    let names = try entryNames(of: root.raw, atMost: 10).map { $0.map { UInt8(truncatingIfNeeded: $0) } }
    #expect(names.contains([0x62, 0xFF, 0xFE, 0]))
    var status = stat()
    let name = [0x62, 0xFF, 0xFE, 0].map { CChar(truncatingIfNeeded: $0) }
    #expect(fstatat(root.raw, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFREG)
  }

  @Test("A sparse file has its size and its holes")
  func sparse() throws {
    // GNU's sparse format 1.0: the map comes first in the data.
    var map = Array("2\n0\n3\n1048576\n4\n".utf8)
    map += [UInt8](repeating: 0, count: 512 - map.count)
    let unpacking = try Unpacking.of { tar in
      tar.entry("GNUSparseFile.0/s", data: map + Array("abcdefg".utf8)) {
        $0.pax = [
          ("GNU.sparse.major", [49]), ("GNU.sparse.minor", [48]), ("GNU.sparse.name", [115]),
          ("GNU.sparse.realsize", Array("2097152".utf8)),
        ]
      }
    }
    let status = try #require(unpacking.status("s"), "\(String(describing: unpacking.message))")
    #expect(status.st_size == 2_097_152 && status.st_blocks * 512 < 100_000)
    #expect(unpacking.report?.contentBytes == 2_097_152)
  }

  @Test("A tree of GNU tar comes out the same, and with the diffID that sha256sum computes")
  func differential() throws {
    let unpacking = try Unpacking()
    let made = unpacking.scratch.path + "/archive"
    let script = """
      set -e; d=$(mktemp -d); mkdir -p $d/a/b/c $d/empty; echo one > $d/a/one; echo two > $d/a/b/two
      ln $d/a/one $d/a/b/hard; ln -s ../one $d/a/b/soft; chmod 4711 $d/a/one; chown 12:34 $d/a/b; mkfifo $d/a/pipe
      touch -d '2001-02-03 04:05:06.789' $d/a/b $d/a/one; cp -a $d "$0".tree
      tar --format=pax -C $d -cf - . | gzip > "$0"; rm -rf $d; gzip -dc "$0" | sha256sum | cut -c1-64
      """
    let output = try Pipe()
    let pid = try spawnProgram(
      "/bin/sh",
      arguments: ["sh", "-c", script, made],
      environment: ["PATH=/usr/bin:/bin"],
      descriptors: [-1, output.writer.raw, 2]
    )
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    #expect(status == 0)
    let text = String(decoding: try readSome(output.reader.raw, capacity: 4096), as: UTF8.self)
    let digests = text.split(separator: "\n").map(String.init)
    let file = try openAt(AT_FDCWD, made, O_RDONLY)
    try unpacking.run(descriptor: file.raw, .standard)
    let report = try #require(unpacking.report, "\(String(describing: unpacking.message))")
    #expect([report.diffID] == digests)
    #expect(try describeTree(unpacking.target) == describeTree(made + ".tree"))
  }
}
