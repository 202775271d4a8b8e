import Glibc
import Linux
import RuntimeAPI
import Testing

@testable import Privileges

@Suite("A profile on the node is found below its directory only")
struct LocalProfileTests {
  static let text = #"{"defaultAction": "SCMP_ACT_LOG"}"#

  static func withDirectory(_ body: (String, LocalProfile) throws -> Void) throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    try ensureDirectories(path + "/seccomp/team")
    for name in ["/outside.json", "/seccomp/a.json", "/seccomp/team/b.json"] {
      let file = try openAt(AT_FDCWD, path + name, O_WRONLY | O_CREAT)
      try writeAll(file.raw, Array(text.utf8))
    }
    try body(path, LocalProfile(directory: path + "/seccomp"))
  }

  static func read(_ profile: LocalProfile, _ name: String) throws {
    let found = try profile.profile(named: name, for: RuntimeDefaultTests.target([]))
    #expect(found.defaultAction == .log)
  }

  @Test("Below the directory")
  func found() throws {
    try Self.withDirectory { path, profile in
      try Self.read(profile, "a.json")
      try Self.read(profile, "team/b.json")
      try Self.read(profile, "./team//b.json")
      #expect(symlink("/team/b.json", path + "/seccomp/inside") == 0)
      try Self.read(profile, "inside")
    }
  }

  @Test("Anything else is refused by name")
  func refused() throws {
    try Self.withDirectory { path, profile in
      #expect(symlink("../outside.json", path + "/seccomp/link") == 0)
      #expect(mkfifo(path + "/seccomp/fifo", 0o600) == 0)
      for name in [
        "", "/a.json", "../outside.json", "team/../a.json", "missing.json", "team", "fifo", "link", "a.json\0",
        path + "/outside.json", String(repeating: "a/", count: 3_000),
      ] {
        let error = #expect(throws: PrivilegesError.self, "\(name)") { try Self.read(profile, name) }
        #expect(error?.place == "seccompProfile.localhostProfile")
      }
      let file = try openAt(AT_FDCWD, path + "/seccomp/bad.json", O_WRONLY | O_CREAT)
      try writeAll(file.raw, Array(#"{"defaultAction": "SCMP_ACT_NO"}"#.utf8))
      let error = #expect(throws: PrivilegesError.self) { try Self.read(profile, "bad.json") }
      #expect(error?.description.hasPrefix("seccomp profile \"bad.json\": defaultAction: ") == true)
    }
  }
}
