import ArchiveTestKit
import Glibc
import Testing
import UnpackPlan

/// What an archive tries, and what its layer must then be. The ideas are containerd's (SEC-40).
struct Breakout: CustomTestStringConvertible, Sendable {
  let name: String
  let build: @Sendable (inout TarWriter) -> Void
  let holds: @Sendable (Unpacking) throws -> Bool

  var testDescription: String { name }

  init(
    _ name: String,
    holds: @escaping @Sendable (Unpacking) throws -> Bool,
    build: @escaping @Sendable (inout TarWriter) -> Void
  ) {
    self.name = name
    self.build = build
    self.holds = holds
  }

  static func file(_ name: String, has text: String) -> @Sendable (Unpacking) throws -> Bool {
    { try $0.failure == nil && $0.content(name) == text }
  }

  static func same(_ one: String, _ other: String) -> @Sendable (Unpacking) throws -> Bool {
    { unpacking in
      let identity = try unpacking.identity(one)
      return try unpacking.failure == nil && identity != nil && identity == unpacking.identity(other)
    }
  }

  @Sendable static func refused(_ unpacking: Unpacking) throws -> Bool { unpacking.failure?.kind == .invalidWhiteout }

  @Sendable static func base(_ tar: inout TarWriter) {
    tar.directory("etc")
    tar.file("etc/passwd", "inside")
  }

  static let all: [Breakout] = [
    Breakout("an absolute link as parent", holds: file("etc/unbroken", has: "yes")) {
      $0.directory("etc")
      $0.symlink("/etc", "localetc")
      $0.file("/localetc/unbroken", "yes")
    },
    Breakout("a link up and out", holds: file("etc/unbroken", has: "yes")) {
      $0.directory("etc")
      $0.directory("dummy")
      $0.symlink("/dummy/../etc", "localetc")
      $0.file("/localetc/unbroken", "yes")
    },
    Breakout("a link to a link, absolute", holds: file("etc/unbroken", has: "yes")) {
      $0.directory("etc")
      $0.directory("dummy")
      $0.symlink("/etc", "/dummy/etc")
      $0.symlink("/dummy/etc", "localetc")
      $0.file("/localetc/unbroken", "yes")
    },
    Breakout("a link to a link, relative", holds: file("etc/unbroken", has: "yes")) {
      $0.directory("etc")
      $0.directory("dummy")
      $0.symlink("/etc", "/dummy/etc")
      $0.symlink("./dummy/etc", "localetc")
      $0.file("/dummy/etc/unbroken", "yes")
    },
    Breakout("a file emptied through a link", holds: file("etc/emptied", has: "")) {
      $0.directory("etc")
      $0.file("etc/emptied", "notempty")
      $0.symlink("/etc", "localetc")
      $0.file("/localetc/emptied", "")
    },
    Breakout("a link many levels up, written through", holds: file("etc/passwd", has: "inside")) {
      $0.symlink("../../../../../../../..", "up")
      $0.file("up/etc/passwd", "inside")
    },
    Breakout("a name with ..", holds: file("canary", has: "inside")) {
      $0.file("../../../etc/passwd", "inside")
      $0.file("../canary", "inside")
    },
    Breakout("a dead link as parent is made inside", holds: file("not/there/file", has: "inside")) {
      $0.symlink("/not/there", "dead")
      $0.file("dead/file", "inside")
    },
    Breakout("a hard link through a relative link", holds: same("breakouts/mypasswd", "etc/passwd")) {
      base(&$0)
      $0.directory("breakouts")
      $0.symlink("../../etc", "breakouts/d1")
      $0.link("/breakouts/d1/passwd", "breakouts/mypasswd")
    },
    Breakout("a hard link down and out", holds: same("breakouts/mypasswd", "etc/passwd")) {
      base(&$0)
      $0.directory("breakouts")
      $0.directory("downandout")
      $0.symlink("../downandout/../../etc", "breakouts/d1")
      $0.link("/breakouts/d1/passwd", "breakouts/mypasswd")
    },
    Breakout("a hard link through an absolute link", holds: same("localpasswd", "etc/passwd")) {
      base(&$0)
      $0.symlink("/etc", "localetc")
      $0.link("/localetc/passwd", "localpasswd")
    },
    Breakout("a hard link through a long relative link", holds: same("localpasswd", "etc/passwd")) {
      base(&$0)
      $0.symlink("../../../../../../../etc", "localetc")
      $0.link("/localetc/passwd", "localpasswd")
    },
    Breakout("a hard link through a link up and out", holds: same("localpasswd", "etc/passwd")) {
      base(&$0)
      $0.symlink("upandout/../../../etc", "localetc")
      $0.link("/localetc/passwd", "localpasswd")
    },
    Breakout("a hard link to a name with ..", holds: same("localpasswd", "etc/passwd")) {
      base(&$0)
      $0.link("../../../../../etc/passwd", "localpasswd")
    },
    Breakout("a hard link to an absolute name", holds: same("localpasswd", "etc/passwd")) {
      base(&$0)
      $0.link("/etc/passwd", "localpasswd")
    },
    Breakout(
      "a link in place of the root",
      holds: { try same("localpasswd", "etc/passwd")($0) && $0.report?.skipped[.rootEntry] == 1 }
    ) {
      base(&$0)
      $0.symlink("/etc/", "..")
      $0.link("/etc/passwd", "localpasswd")
    },
    Breakout(
      "a link without a name",
      holds: { try same("localpasswd", "etc/passwd")($0) && $0.report?.skipped[.rootEntry] == 1 }
    ) {
      base(&$0)
      $0.symlink("/etc/", "")
      $0.link("/etc/passwd", "localpasswd")
    },
    Breakout("a link whose name ends in ..", holds: same("localetc/localpasswd", "etc/passwd")) {
      base(&$0)
      $0.symlink("/etc/", "localetc/sub/..")
      $0.link("/etc/passwd", "/localetc/localpasswd")
    },
    Breakout("a directory whose name ends in a slash", holds: same("localetc/localpasswd", "etc/passwd")) {
      base(&$0)
      $0.directory("localetc/", mode: 0o770)
      $0.link("/etc/passwd", "/localetc/localpasswd")
    },
    Breakout(
      "a link in place of a directory",
      holds: { try same("localetc/localpasswd", "etc/passwd")($0) && $0.status("etc/gone") == nil }
    ) {
      base(&$0)
      $0.directory("localetc")
      $0.file("localetc/gone", "x")
      $0.symlink("/etc", "localetc")
      $0.link("/etc/passwd", "/localetc/localpasswd")
    },
    Breakout(
      "a link up and out in place of a directory",
      holds: { try same("localetc/localpasswd", "etc/passwd")($0) && $0.isLink("localetc") }
    ) {
      base(&$0)
      $0.directory("localetc")
      $0.symlink("../../etc", "localetc")
      $0.link("/etc/passwd", "/localetc/localpasswd")
    },
    Breakout(
      "a directory in place of a link",
      holds: { try same("localetc/localpasswd", "etc/passwd")($0) && $0.status("etc/localpasswd") == nil }
    ) {
      base(&$0)
      $0.symlink("/etc", "localetc")
      $0.directory("/localetc/")
      $0.link("/etc/passwd", "/localetc/localpasswd")
    },
    Breakout(
      "a directory and a file in place of a link and a hard link through it",
      holds: {
        try file("etc/passwd", has: "inside")($0) && file("etc/localpasswd", has: "inside")($0)
          && $0.content("localetc/localpasswd") == "different"
      }
    ) {
      base(&$0)
      $0.symlink("etc", "localetc")
      $0.link("/etc/passwd", "/localetc/localpasswd")
      $0.directory("/localetc/")
      $0.file("/localetc/localpasswd", "different")
    },
    Breakout(
      "a link to the root in place of a directory, written through, and a directory again",
      holds: { try file("foo/tmp/breakout", has: "third")($0) && $0.content("tmp/breakout") == "second" }
    ) {
      $0.directory("foo")
      $0.directory("foo/tmp")
      $0.file("foo/tmp/breakout", "first")
      $0.symlink("/", "foo")
      $0.file("foo/tmp/breakout", "second")
      $0.directory("foo")
      $0.directory("foo/tmp")
      $0.file("foo/tmp/breakout", "third")
    },
    Breakout(
      "a file in place of a hard link leaves the other name alone",
      holds: { try file("etc/passwd", has: "inside")($0) && $0.content("copy") == "different" }
    ) {
      base(&$0)
      $0.link("etc/passwd", "copy")
      $0.file("copy", "different")
    },
    Breakout(
      "a file in place of a link does not follow it",
      holds: { try file("etc/passwd", has: "inside")($0) && $0.content("pw") == "new" }
    ) {
      base(&$0)
      $0.symlink("etc/passwd", "pw")
      $0.file("pw", "new")
    },
    Breakout("a whiteout of the root's parent", holds: refused) { $0.file(".wh...") },
    Breakout("a whiteout of a parent", holds: refused) { $0.file("etc/.wh...") },
    Breakout("a whiteout of the root", holds: refused) { $0.file(".wh..") },
    Breakout("a whiteout of a directory by itself", holds: refused) { $0.file("etc/.wh..") },
    Breakout("a whiteout of nothing", holds: refused) { $0.file("etc/.wh.") },
    // Of what lower layers have; what the same layer has under that name stays.
    Breakout(
      "a whiteout of a link is not one of where it leads",
      holds: {
        try file("etc/passwd", has: "inside")($0) && isWhiteout($0, "localetc") && $0.status("etc/localetc") == nil
      }
    ) {
      base(&$0)
      $0.file(".wh.localetc")
    },
    Breakout("a whiteout below a name with ..", holds: { $0.failure == nil && isWhiteout($0, "etc") }) {
      $0.symlink("/dne", "localetc")
      $0.file("dne/../.wh.etc")
    },
    Breakout(
      "a whiteout through a link stays in the layer",
      holds: { try file("etc/passwd", has: "inside")($0) && isWhiteout($0, "etc/shadow") }
    ) {
      base(&$0)
      $0.symlink("/etc", "localetc")
      $0.file("localetc/.wh.shadow")
    },
    Breakout("a name inside what looks like a whiteout", holds: file(".wh.etc/somefile", has: "non-empty")) {
      base(&$0)
      $0.file(".wh.etc/somefile", "non-empty")
    },
    Breakout(
      "a whiteout below a dead link",
      holds: { try file("etc/passwd", has: "inside")($0) && isWhiteout($0, "dne/etc") }
    ) {
      base(&$0)
      $0.symlink("/dne", "localetc")
      $0.file("localetc/.wh.etc")
    },
    Breakout("a hard link to a symbolic link, whose target comes later", holds: same("localpasswd-dup", "etc/passwd")) {
      $0.directory("etc")
      $0.symlink("/etc/passwd", "localpasswd")
      $0.link("localpasswd", "localpasswd-dup")
      $0.file("/etc/passwd", "after")
    },
    Breakout(
      "a hard link to an absolute symbolic link",
      holds: { try same("localpasswd", "etc/passwd")($0) && $0.isLink("localpasswd") && $0.isLink("passwdlink") }
    ) {
      base(&$0)
      $0.symlink("/etc/passwd", "passwdlink")
      $0.link("/passwdlink", "localpasswd")
    },
    Breakout(
      "a hard link to a symbolic link that leads out",
      holds: { try same("localpasswd", "etc/passwd")($0) && $0.isLink("localpasswd") }
    ) {
      base(&$0)
      $0.symlink("../../../../../etc/passwd", "passwdlink")
      $0.link("/passwdlink", "localpasswd")
    },
  ]

  static func isWhiteout(_ unpacking: Unpacking, _ name: String) -> Bool {
    guard let status = unpacking.status(name) else { return false }
    return status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == 0
  }
}

@Suite("An archive cannot leave its layer (SEC-40)", .enabled(if: isRoot, "needs root"))
struct BreakoutTests {
  @Test("There are all of containerd's (TestBreakouts)")
  func number() { #expect(Breakout.all.count + 1 >= 35) }

  @Test("What tries to break out ends inside, or is refused", arguments: Breakout.all)
  func breakout(_ attempt: Breakout) throws {
    let unpacking = try Unpacking.of(attempt.build)
    #expect(unpacking.message != nil)
    #expect(try attempt.holds(unpacking), "\(String(describing: unpacking.message))")
    #expect(try unpacking.outsideIsUntouched())
  }

  @Test("Modes are not changed through a hard link to a link that leads out (CVE-2021-32760)")
  func chmodThroughLink() throws {
    let unpacking = try Unpacking()
    let canary = unpacking.scratch.path + "/canary"
    var tar = TarWriter()
    tar.symlink(canary, "sub/link")
    tar.entry("sketchy") {
      $0.type = "1"
      $0.link = "sub/link"
      $0.mode = 0o777
    }
    tar.file(canary, "mine", mode: 0o666)
    try unpacking.run(tar.finished) { _ in }
    #expect(unpacking.failure == nil)
    #expect(try unpacking.content(canary) == "mine")
    #expect(try unpacking.outsideIsUntouched())
  }
}
